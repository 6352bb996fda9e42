"""What people are told of the desks: what came, what became of it, and what is to be mapped."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, Field

from command_side.connect import progress, suggested
from command_side.connect.counting import Counted, Reason, Unknown
from command_side.connect.inbox import Connected
from command_side.connect.source import Source
from command_side.connect.turned_away import Away
from command_side.connect.unmapped import REQUIRED, Key, still, words
from engine.sla.instants import micros, parsed, rfc3339
from engine.sla.policy import Policy

MOST_SHOWN = 20
"""Values of a desk that are named."""
INDENT = "    "
YAML = (
    "Lines for its block of `sources` that map it; each takes the place of the one that begins"
    " alike. A word in angle brackets is for you to decide: as it stands, it is refused."
)


class UnmappedValue(BaseModel):
    """What a desk says that neither its block nor the promises know."""

    kind: str = Field(description="status, priority, tier, team or agent")
    value: str = Field(description="As the desk has it; empty: none came, or all others.")
    count: int = Field(description="Deliveries with it, of those that are kept.")
    last_at: str = Field(description="When the newest of them came.")
    counts_as: str | None = Field(
        description="What stands for it; null: nothing that is promised anything."
    )
    because: str = Field(description="What is wrong, in words.")


class ApiReading(BaseModel):
    """How far the API of a desk has been read."""

    what: progress.What = Field(
        description="`backfill`: what was before; `reconciliation`: what no webhook has told."
    )
    since: str = Field(description="What has changed since then is read.")
    reached: str = Field(description="What had changed by then has been read.")
    tickets: int = Field(description="How many were read, each as often as it was looked at.")
    added: int = Field(description="Updates that nothing else had told.")
    known: int = Field(description="Updates that were known.")
    refused: int = Field(description="Updates that could not be taken.")
    because: dict[str, int] = Field(description="Why, and how many of each.")
    done_at: str | None = Field(description="When all had been read last.")
    next_at: str | None = Field(description="When it goes on; null: it is over.")
    error: str | None = Field(description="Why it does not go on now.")
    waits: bool = Field(description="That passes by itself: the desk asks for patience.")


class ConnectedSource(BaseModel):
    """A desk that is connected, and what it has sent."""

    source: str = Field(description="Its name, and the `source` of its tickets.")
    desk: str = Field(description="Which desk it is.")
    reachable: bool = Field(description="Its secret is set, or it needs none.")
    last_delivery_at: str | None = Field(description="When it sent last, of what is kept.")
    lag_seconds: float | None = Field(
        description="How long before its receipt the newest delivery had happened; null: it does"
        " not say, or there is none."
    )
    taken: int = Field(description="Deliveries of the last 24 hours that are in the log.")
    ignored: int = Field(description="Of the last 24 hours, those with nothing for the clocks.")
    parked: int = Field(
        description="Deliveries that no reading understands yet, and that nobody has let be."
    )
    let_be: int = Field(description="Such as somebody has let be: they ask for nobody.")
    oldest_parked_at: str | None = Field(description="When the first of those came.")
    refused: int = Field(
        description="Requests of the last 24 hours that were answered 401 or 429, as the process"
        " that answers has seen them; 1,000 at most."
    )
    refused_at: str | None = Field(description="When the last of those came.")
    refused_because: str | None = Field(description="What was wrong with it.")
    because: dict[str, int] = Field(
        description="Why deliveries are parked, the most frequent first; of the oldest 10,000."
    )
    unmapped: list[UnmappedValue] = Field(
        description="What is not mapped, the most frequent first, 20 at most; of the newest 20,000."
    )
    more_unmapped: int = Field(description="Besides those.")
    yaml: str = Field(description=f"{YAML} Empty: there is nothing to map.")
    by_reconciliation: int = Field(
        description="Updates that no webhook has told, and its API did when it was asked."
    )
    api: list[ApiReading] = Field(description="How far its API has been read, if it is.")


class ParkedReason(BaseModel):
    """Why deliveries are parked."""

    source: str = Field(description="Which desk sent them.")
    because: str = Field(description="What is missing.")
    count: int = Field(description="Deliveries, of the oldest 10,000.")
    oldest_at: str = Field(description="When the first of them came.")
    yaml: str = Field(description=f"{YAML} Empty: a mapping does not help.")


def connected_sources(
    connected: Mapping[str, Connected],
    policy: Policy,
    counted: Mapping[str, Counted],
    unknown: Sequence[Unknown],
    reasons: Sequence[Reason],
    readings: Sequence[progress.Reading],
    away: Mapping[str, Away],
) -> list[ConnectedSource]:
    return [
        _source(
            name,
            one,
            policy,
            counted[name],
            [each for each in unknown if each.source == name],
            {each.why: each.count for each in reasons if each.source == name},
            [each for each in readings if each.source == name],
            away.get(name),
        )
        for name, one in connected.items()
    ]


def _source(
    name: str,
    connected: Connected,
    policy: Policy,
    counted: Counted,
    unknown: Sequence[Unknown],
    because: Mapping[str, int],
    readings: Sequence[progress.Reading],
    away: Away | None,
) -> ConnectedSource:
    source = connected.source
    keyed = [(Key.of(one.key), one) for one in unknown]
    open_ = [(key, one) for key, one in keyed if still(key, source, policy)]
    shown = open_[:MOST_SHOWN]
    return ConnectedSource(
        source=name,
        desk=source.desk,
        reachable=source.unsigned or bool(connected.secrets),
        last_delivery_at=_at(counted.newest),
        lag_seconds=_lag(counted),
        taken=counted.taken,
        ignored=counted.ignored,
        parked=counted.parked,
        let_be=counted.let_be,
        oldest_parked_at=_at(counted.oldest_parked),
        refused=0 if away is None else away.count,
        refused_at=None if away is None else _at(away.newest),
        refused_because=None if away is None else away.because,
        because=dict(because),
        unmapped=[
            UnmappedValue(
                kind=key.kind,
                value=key.value,
                count=one.count,
                last_at=rfc3339(micros(one.newest)),
                counts_as=(told := words(key, source, policy)).counts_as,
                because=told.because,
            )
            for key, one in shown
        ],
        more_unmapped=len(open_) - len(shown),
        yaml=_yaml((key for key, _ in shown), source, policy),
        by_reconciliation=sum(one.added for one in readings if one.what == "reconciliation"),
        api=[_reading(one) for one in readings],
    )


def _reading(one: progress.Reading) -> ApiReading:
    return ApiReading(
        what=one.what,
        since=rfc3339(micros(one.since)),
        reached=rfc3339(micros(one.reached)),
        tickets=one.tickets,
        added=one.added,
        known=one.known,
        refused=one.refused,
        because=one.because,
        done_at=_at(one.done_at),
        next_at=_at(one.next_at),
        error=one.error,
        waits=one.waits,
    )


def parked_reasons(
    reasons: Iterable[Reason], connected: Mapping[str, Connected], policy: Policy
) -> list[ParkedReason]:
    return [_reason(one, connected.get(one.source), policy) for one in reasons]


def _reason(one: Reason, connected: Connected | None, policy: Policy) -> ParkedReason:
    keys: list[Key] = []
    if connected is not None:
        keyed = (Key.of(key) for key in one.keys)
        keys = [key for key in keyed if _explains(key, one.why, connected.source, policy)]
    return ParkedReason(
        source=one.source,
        because=one.why,
        count=one.count,
        oldest_at=rfc3339(micros(one.oldest)),
        yaml="" if connected is None else _yaml(keys, connected.source, policy),
    )


def _explains(key: Key, why: str, source: Source, policy: Policy) -> bool:
    """Whether that the value is not mapped is why something is parked."""
    attribute, _, _ = why.partition(":")
    if REQUIRED.get(attribute) == key.kind:
        return True
    return key.kind == "status" and words(key, source, policy).because == why


def _yaml(keys: Iterable[Key], source: Source, policy: Policy) -> str:
    return "\n".join(INDENT + line for line in suggested.lines(keys, source, policy))


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(micros(moment))


def _lag(counted: Counted) -> float | None:
    """None also where it tells no time, and was given that of its receipt."""
    if counted.told_at is None or counted.received_at is None:
        return None
    lag = micros(counted.received_at) - parsed(counted.told_at)
    return None if lag == 0 else max(lag, 0) / 1_000_000
