"""What one delivery of a desk says of tickets: pure, from its headers and its body.

Nothing is guessed: what is missing for a ticket that is not known yet is missing, and says so.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

from command_side.connect.expressions import (
    BadExpression,
    Truth,
    Value,
    found,
    listed,
    mapped,
    text,
)
from command_side.connect.moments import NoTime, moment
from command_side.connect.preset import LISTS, MOMENTS, Attributes, Change, Delivery, Preset, Reply
from command_side.connect.source import Choice, Source
from command_side.connect.unmapped import Came, Kind
from engine.sla.instants import micros, parsed, rfc3339

Clock = Callable[[object, str | None], datetime]
"""Makes an instant of what is written, by the zone of those that name none; raises NoTime."""


@dataclass(frozen=True, slots=True)
class Received:
    """A delivery, as it came: header names in lower case, the body as JSON has it."""

    headers: Mapping[str, str]
    body: Any
    received_at: datetime | None
    """None: it was written at some time or other, and what tells no time has none."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What it says of one ticket, as attributes of `POST /tickets`."""

    item: Mapping[str, Any]
    """For certain, `external_id` among it, and `updated_at` but where nobody knows the time."""
    first: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Besides, if the ticket is not known yet."""
    before: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """How it was until then, if the ticket is not known yet; empty: the delivery does not say."""
    was: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What has changed, as it was before, whatever else is known."""
    milestones: Sequence[tuple[str, str]] = ()
    """Since when, and what, was so before; for files alone."""
    names: Sequence[str] = ()
    """Others under which the ticket is known."""
    remarks: Sequence[str] = ()
    """What was left out of it, and why."""
    came: Sequence[Came] = ()
    """The desk's words for what a reading maps, and what became of them."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """It holds nothing for the clocks."""

    because: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """It should hold something, and does not: to be kept until the reading is mended."""

    because: str


EMPTIED = ("assigned_to", "team", "organization")
"""That nobody is assigned, or no team has it, is something to say. Others keep what they had."""

Read = Observed | Ignored | Unreadable


def read(
    received: Received,
    preset: Preset,
    source: Source,
    *,
    most: int | None = None,
    clock: Clock = moment,
) -> Sequence[Read]:
    """In the order in which the desk tells it; never empty. With more than `most` tickets in it,
    none of it is read."""
    root = {"headers": received.headers, "body": received.body}
    found = read_as(preset.deliveries, root, received, preset, source, most=most, clock=clock)
    return found or [Unreadable(f"no kind of delivery that {preset.desk} is known to send")]


def read_as(
    kinds: Iterable[Delivery],
    root: Mapping[str, Any],
    received: Received,
    preset: Preset,
    source: Source,
    *,
    most: int | None = None,
    clock: Clock = moment,
) -> Sequence[Read]:
    """By the first of these that it is one of; empty: it is none."""
    kind = next((one for one in kinds if Truth(one.when).holds(root)), None)
    if kind is None:
        return []
    if kind.ignored is not None:
        return [Ignored(kind.ignored)]
    told = (
        [root] if kind.each is None else [{**root, "one": one} for one in listed(kind.each, root)]
    )
    if not told:
        return [Ignored("an empty list")]
    if most is not None and len(told) > most:
        return [Unreadable(f"tells of {len(told):,} tickets; {most:,} are read at once")]
    if kind.body is not None:
        told = [{**within, "body": found(kind.body, within)} for within in told]
    return [_Reader(kind, preset, source, within, received, clock).read() for within in told]


class _Missing(Exception):
    """Without it nothing is known."""


class _Reader:
    """Reads one ticket of one delivery."""

    def __init__(
        self,
        kind: Delivery,
        preset: Preset,
        source: Source,
        within: object,
        received: Received,
        clock: Clock,
    ) -> None:
        self._kind, self._preset, self._source = kind, preset, source
        self._within, self._received, self._clock = within, received, clock
        self._remarks: list[str] = []
        self._came: list[Came] = []

    def read(self) -> Read:
        try:
            return replace(self._observed(), came=tuple(self._came))
        except _Missing as error:
            return Unreadable(str(error))

    def _observed(self) -> Observed:
        kind = self._kind
        item = self._attributes(kind.ticket)
        if "external_id" not in item:
            raise _Missing(f"{kind.about}: {kind.ticket['external_id'].find} finds no ticket")
        self._date(item)
        was, now = ({}, {}) if kind.changes is None else self._changed(kind.changes)
        item |= now | self._replies(kind.reply)
        first = self._attributes(kind.first)
        first = {name: value for name, value in first.items() if name not in item}
        chosen = self._chosen(item | first)
        for name, value in chosen.items():
            (item if self._is_certain(name, item) else first)[name] = value
        if kind.order is not None and (order := text(found(kind.order, self._within))):
            item["revision"] = revision(order)
        others = [one for one in (kind.identity, kind.alias) if one is not None]
        names = [name for one in others if (name := text(found(one, self._within))) is not None]
        before = self._before(was, first | item)
        milestones = self._milestones() if self._received.received_at is None else []
        return Observed(item, first, before, was, milestones, names, self._remarks)

    def _milestones(self) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for one in self._kind.milestones:
            at, status = self._moment("milestone", one.at), one.status.read(self._within)
            if at is not _NOTHING and status is not None:
                found.append((at, status))
        return found

    def _date(self, item: dict[str, Any]) -> None:
        """By the desk's time; where it tells none, by when it came, and that is said."""
        if "updated_at" in item:
            return
        stands = self._kind.changes is None and not self._kind.reply
        if self._received.received_at is None and stands:
            return  # since when it is so, another column may say
        if "updated_at" in self._kind.ticket:
            where = self._kind.ticket["updated_at"].find
            raise _Missing(f"{self._kind.about}: {where} finds no time")
        if self._received.received_at is None:
            return
        item["updated_at"] = rfc3339(micros(self._received.received_at))
        self._remarks.append("it tells no time: that of its receipt counts")

    def _attributes(self, wanted: Attributes) -> dict[str, Any]:
        return {
            name: value
            for name, where in wanted.items()
            if (value := self._value(name, where)) is not _NOTHING
        }

    def _value(self, name: str, where: Value) -> Any:
        if name in MOMENTS:
            return self._moment(name, where)
        if name in LISTS:
            return [word for one in listed(where.find, self._within) if (word := text(one))]
        value = where.read(self._within)
        if value is None:
            return None if name in EMPTIED and self._says_so(where) else _NOTHING
        if name == "status":
            return self._status(value)
        return value

    def _says_so(self, where: Value) -> bool:
        """Whether the delivery speaks of it at all, if only to say that there is none."""
        holder: object = self._within
        condition, path = "", where.find
        if path.endswith(" || null"):  # `condition && path || null`
            condition, _, path = path.removesuffix(" || null").rpartition(" && ")
        try:
            if condition and not Truth(condition).holds(self._within):
                return False
        except BadExpression:  # half of another one
            return False
        for name in path.split("."):
            if not isinstance(holder, Mapping) or name not in holder:
                return False
            holder = cast(Mapping[str, object], holder)[name]
            if holder is None or holder == "":
                return True
        return False

    def _moment(self, name: str, where: Value) -> Any:
        value = where.raw(self._within)
        if value is None or value == "":
            return _NOTHING
        try:
            return rfc3339(micros(self._clock(value, where.zone)))
        except NoTime as error:
            if name == "updated_at":
                raise _Missing(f"{self._kind.about}: {where.find}: {error}") from None
            self._remarks.append(f"{name}: {error}")
            return _NOTHING

    def _chosen(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """What the source's own rules make of it: priority, tier, team, other fields."""
        source, chosen = self._source, dict[str, Any]()
        priority = self._choice("priority", source.priorities, said.get("priority"))
        if priority is not None:
            chosen["priority"] = priority
        tier = self._choice("tier", source.tiers, said.get("organization"))
        if tier is not None:
            chosen["customer_tier"] = tier
        if source.teams is not None and (team := source.teams.read(self._within)):
            chosen["team"] = team
            if source.teams.map:
                self._came.append(Came("team", source.teams.came(self._within), team))
        for name, where in source.fields.items():
            if (value := where.read(self._within)) is not None:
                chosen[name] = value
        return chosen

    def _is_certain(self, name: str, item: Mapping[str, Any]) -> bool:
        """Whether what was chosen by is; of what is found anywhere in a delivery, all has to be."""
        if name in item or name in self._source.fields:
            return True
        by = {"priority": self._source.priorities.by, "customer_tier": self._source.tiers.by}
        if name == "customer_tier" and by[name] is None:
            return "organization" in item and bool(self._source.tiers.map)
        return not self._kind.first and (name == "team" or by.get(name) is not None)

    def _choice(self, kind: Kind, choice: Choice, value: str | None) -> str | None:
        came = choice.came(value, self._within)
        self._came.append(Came(kind, came, choice.of(came)))
        return self._came[-1].became

    # Comments
    def _replies(self, replies: Iterable[Reply]) -> dict[str, Any]:
        found_at: dict[str, Any] = {}
        for reply in replies:
            if not Truth(reply.when).holds(self._within):
                continue
            if (name := self._whose(reply)) is not None:
                value = self._moment(name, Value(find=reply.at))
                found_at[name] = self._updated_at() if value is _NOTHING else value
            break
        return found_at

    def _updated_at(self) -> str:
        if self._received.received_at is None:
            raise _Missing(f"{self._kind.about}: a reply without its time")
        return rfc3339(micros(self._received.received_at))

    def _whose(self, reply: Reply) -> str | None:
        """The attribute that a comment moves; None: none, as it is no reply."""
        if reply.public is not None and not Truth(reply.public).holds(self._within):
            self._remarks.append("an internal note is no reply")
            return None
        authors = [
            name for one in reply.author if (name := text(found(one, self._within))) is not None
        ]
        if reply.automatic is not None and Truth(reply.automatic).holds(self._within):
            return "automatic_reply_at"
        if self._source.agents.is_automatic(authors):
            return "automatic_reply_at"
        said = None if reply.by_agent is None else found(reply.by_agent, self._within)
        by_agent = said if isinstance(said, bool) else self._source.agents.knows(authors)
        if by_agent is None:
            who = authors[0] if authors else "somebody"
            self._came.append(Came("agent", who, None))
            self._remarks.append(f"the desk does not say whether {who} is an agent: see `agents`")
            return None
        return "last_agent_reply_at" if by_agent else "last_customer_reply_at"

    # What has changed
    def _changed(self, change: Change) -> tuple[dict[str, Any], dict[str, Any]]:
        """What it was, and what it is. The rest of a delivery may be older than its changes."""
        was, now = dict[str, Any](), dict[str, Any]()
        for one in listed(change.each, self._within):
            name = change.fields.get(str(found(change.field, one)).casefold())
            if name is None:
                continue
            for side, where in ((was, change.was), (now, change.now)):
                value = text(found(where, one))
                if name == "status" and value is not None:
                    value = self._status(value)
                if value is not None or name in EMPTIED:
                    side[name] = value
        return was, now

    def _before(self, was: dict[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
        """How it was until just before: since when, only earlier deliveries could tell."""
        created_at = known.get("created_at")
        if not was or created_at is None or "updated_at" not in known:
            return {}
        if parsed(created_at) >= parsed(known["updated_at"]):
            return {}
        if "priority" in was:
            was = {**was, "priority": self._source.priorities.choose(was["priority"], self._within)}
        return {"updated_at": rfc3339(parsed(known["updated_at"]) - 1), **was}

    def _status(self, value: str) -> str:
        known = mapped(value, self._preset.statuses)
        self._came.append(Came("status", known, self._source.status(known)))
        return self._came[-1].became or known


_NOTHING = object()


def revision(order: str) -> int:
    """Within what a revision may be; only the order of what has one time matters."""
    digits = "".join(one for one in order if one.isdecimal())[-1_000:]
    return int(digits or "0") % 2**31
