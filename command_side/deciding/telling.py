"""Deciding who is told of what one tick found on a ticket: one notice for each that is told alike.

Pure.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from uuid import NAMESPACE_URL, UUID, uuid5

from msgspec.structs import replace

from command_side.deciding.casefile import ToldOf
from command_side.deciding.events import Gather, Notice, Raised, Tell, Ticket, Told, ToldAfterAll
from command_side.deciding.gathering import sooner
from command_side.deciding.naming import named
from command_side.deciding.on_call import RotaBook
from engine.sla.calendar import ALWAYS
from engine.sla.cycle import Cycle
from engine.sla.escalation import RANK
from engine.sla.milestones import level_of
from engine.sla.pairing import Raising
from engine.sla.policy import Policy
from engine.sla.routes import Route, channels

TYPES = (
    "alert",
    "escalation",
    "reminder",
    "retracted",
    "ended",
    "acknowledged",
    "snoozed",
    "transition",
)


class Telling:
    """Gathers it, channel by channel."""

    def __init__(self) -> None:
        self._told: dict[str, list[Told]] = {}
        self._gather: dict[str, Gather | None] = {}
        self._levels: dict[str, int] = {}

    def tell(
        self,
        to: Sequence[str],
        told: Told,
        gather: Mapping[str, Gather | None] | None = None,
        *,
        level: int = 0,
    ) -> None:
        """`gather` says by channel what it is to be one message with; None: it is not to wait.
        `level` is the highest that was told of what this follows: whoever is on call from that
        level on is meant, whatever is left of it."""
        for channel in to:
            self._levels[channel] = max(level, self._levels.get(channel, 0))
            one = gather.get(channel) if gather else None
            before = self._gather.get(channel, one) if channel in self._told else one
            self._gather[channel] = sooner(before, one)
            self._told.setdefault(channel, []).append(told)

    def notices(
        self,
        policy: Policy,
        on_call: RotaBook,
        at: int,
        told_by: Callable[[str], Iterable[Notice]],
        before: Sequence[Policy] = (),
    ) -> tuple[Notice, ...]:
        """Channels that are told the same share one; rotations tell whoever is on call, and of one
        that is gone, or told by others under a version `before`, those who were `told_by` it."""
        if not self._told:  # as of nearly every update
            return ()
        alike: list[tuple[list[str], list[Told], Gather | None]] = []
        for channel, told in self._told.items():
            gather = None if channel in policy.alone else self._gather[channel]
            same = next((to for to, *what in alike if what == [told, gather]), None)
            if same is not None:
                same.append(channel)
            else:
                alike.append(([channel], told, gather))
        told = [
            Notice(
                to=tuple(to), alerts=tuple([_called(one, policy) for one in alerts]), gather=gather
            )
            for to, alerts, gather in alike
        ]
        return tuple(
            [
                replace(one, alerts=tuple(sorted(one.alerts, key=_worst_first)))
                for one in named(
                    told, policy.rotations, policy.alone, on_call, at, told_by, self._levels, before
                )
            ]
        )


def _called(told: Told, policy: Policy) -> Told:
    """A level by its name, whatever is told of it."""
    level = level_of(told.milestone)
    return replace(told, level_name=policy.level_name(level)) if level else told


def but_for(channel: str, notices: tuple[Notice, ...]) -> tuple[Notice, ...]:
    """Without what this channel would be told; none is named: all of them."""
    if not channel:
        return notices
    left = [replace(one, to=tuple([to for to in one.to if to != channel])) for one in notices]
    return tuple([one for one in left if one.to])


def as_told(
    body: Raised,
    at: int,
    cycle: Cycle,
    *,
    severity: str | None = None,
    escalation_level: int | None = None,
    remaining: int | None = None,
    muted: str | None = None,
) -> Told:
    """What a notice says of a milestone of a cycle; of one that was muted, what is so now."""
    level = body.level if isinstance(body, Ticket.Escalated) else 0
    of_ticket = body.escalation_level if escalation_level is None else escalation_level
    return Told(
        type="escalation" if level else "alert",
        alert_id=body.alert_id,
        clock=body.clock,
        cycle=body.cycle,
        generation=body.generation,
        milestone=f"level:{level}" if level else body.severity,
        severity=severity or body.severity,
        escalation_level=level or of_ticket,
        occurred_at=at,
        raised_at=body.raised_at,
        due_at=body.due_at,
        remaining=body.remaining if muted is None else remaining,
        muted=muted,
        calendar=hours_of(cycle),
    )


def hours_of(cycle: Cycle) -> str | None:
    """By whose hours what remains counts; None: round the clock."""
    return None if cycle.calendar is ALWAYS else cycle.calendar.name


def withdrawn(body: Ticket.Retracted, at: int, *, stands: bool) -> Told:
    """What a notice says of a milestone taken back, and whether anything else of its cycle that
    had been told there stands."""
    level = level_of(body.milestone)
    return Told(
        type="retracted",
        alert_id=body.alert_id,
        clock=body.clock,
        cycle=body.cycle,
        generation=body.generation,
        milestone=body.milestone,
        severity=None if level else body.milestone,
        escalation_level=body.escalation_level,
        occurred_at=at,
        raised_at=body.raised_at,
        reason=body.reason,
        because=body.because,
        stands="some" if stands else "none",
    )


def alert_id(ticket: UUID, clock: str, started_at: int, milestone: str, generation: int) -> str:
    """The same whoever raises it."""
    identity = f"{clock}|{started_at}|{milestone}|{generation}"
    return str(uuid5(NAMESPACE_URL, f"{ticket}|{identity}"))


def milestone_of(body: Raised) -> str:
    return f"level:{body.level}" if isinstance(body, Ticket.Escalated) else body.severity


def reach(body: Raised) -> int:
    """The level that its notice told of: of an escalation the level itself, else the ticket's."""
    return level_of(milestone_of(body)) or body.escalation_level


def raising_of(body: Raised | Ticket.Retracted) -> Raising:
    """Which milestone was raised, or taken back, and for the how many-eth time."""
    match body:
        case Ticket.AlertRaised():
            milestone = body.severity
        case Ticket.Escalated():
            milestone = f"level:{body.level}"
        case _:
            milestone = body.milestone
    return (body.clock, body.cycle_started_at, milestone), body.generation


def follow(routes: Sequence[Route]) -> Tell | None:
    """Whom it is told what becomes of an alert that went by these routes; None: those who usually
    are."""
    to = channels(routes)
    usually: Tell = {"acknowledged": (), "ended": to, "withdrawn": to}
    wanted = {what: channels(routes, what) for what in usually}
    return {what: to for what, to in wanted.items() if to != usually[what]} or None


def followers(one: Raised | ToldAfterAll, what: str) -> tuple[str, ...]:
    """Whom it is told that an alert has `ended`, was `withdrawn` or `acknowledged`."""
    if one.tell is not None and what in one.tell:
        return one.tell[what]
    return () if what == "acknowledged" else one.to


def heard_of(one: Raised | ToldAfterAll, generation: int, reach: int) -> ToldOf:
    """What those hear who follow it, when its cycle is over."""
    return ToldOf(generation, dict.fromkeys(followers(one, "ended"), generation), reach)


def _worst_first(one: Told) -> tuple[int, int, int]:
    """Alerts by severity, then escalations from the highest, then what is withdrawn."""
    return (
        TYPES.index(one.type),
        -RANK.get(one.milestone, 0),
        -level_of(one.milestone),
    )
