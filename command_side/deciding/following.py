"""Deciding what those who were told of an alert are told of what has become of it.

Pure. Of every cycle that somebody follows, its end is told once, and once that it runs again.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from command_side.deciding.about import about, said, subject
from command_side.deciding.casefile import Casefile, Followed, ToldOf
from command_side.deciding.encoding import encode
from command_side.deciding.events import Gather, Raised, Ticket, Told
from command_side.deciding.head import Repeated
from command_side.deciding.naming import NO_LEVELS
from command_side.deciding.records import NewEvent
from command_side.deciding.replayed import Replayed
from command_side.deciding.telling import (
    Telling,
    alert_id,
    but_for,
    followers,
    milestone_of,
    reach,
)
from engine.sla.cycle import Cycle
from engine.sla.escalation import RANK, Key
from engine.sla.instants import moment
from engine.sla.milestones import level_of
from engine.sla.routes import taking
from engine.sla.timeline import Fold
from engine.sla.verdict import severity, state_of


class Turn(NamedTuple):
    """A followed cycle is over, runs again, or is over otherwise than it was."""

    of: Followed
    cycle: Cycle
    over: str | None
    """As its followers will know."""

    @property
    def is_news(self) -> bool:
        """That it is over otherwise is none."""
        return (self.over is None) != (self.of.over is None)


class Alert(NamedTuple):
    """One that was told."""

    rank: tuple[int, int]
    """The worse alert counts more, then the higher level."""
    milestone: str
    generation: int
    alert_id: str


def turns(case: Casefile, fold: Fold) -> list[Turn]:
    """What its followers, or some of them, do not know yet. To be asked before `keep_raised`: that
    keeps what was raised of the newest cycle of each clock alone."""
    found: list[Turn] = []
    for of in sorted(case.followed(), key=lambda one: (one.clock, one.started_at)):
        cycle = _cycle(fold, of.clock, of.started_at)
        if cycle is None:
            continue  # what was raised of it is about to be taken back
        over = None if cycle.ended_at is None else state_of(cycle)
        if over and of.over and (now := _told_now(case, of)):
            found.append(Turn(of._replace(told=now, over=None), cycle, over))
        elif over != of.over:
            found.append(Turn(of, cycle, over))
    return found


def _told_now(case: Casefile, of: Followed) -> Mapping[str, ToldOf]:
    """What its followers hear of now, although it was over before."""
    now = {key.milestone for key in case.told_now if key[:2] == (of.clock, of.started_at)}
    return {
        milestone: told._replace(
            to={to: each for to, each in told.to.items() if each == told.generation}
        )
        for milestone, told in of.told.items()
        if milestone in now
    }


def tell_turns(
    case: Casefile, fold: Fold, found: Iterable[Turn], telling: Telling, now: int
) -> None:
    """Tells those who follow, and whoever asks for it; the head remembers."""
    level = case.level(fold, now)
    for turn in found:
        of, cycle, over = turn
        case.keep_over(of.clock, of.started_at, over)
        if not turn.is_news:
            continue
        worst: dict[str, Alert] = {}
        highest: dict[str, int] = {}
        alerts: list[Alert] = []
        for milestone, told in of.told.items():
            which = case.ticket, of.clock, of.started_at, milestone
            alerts.append(_alert(*which, told.generation))
            for channel, generation in told.to.items():
                alert = _alert(*which, generation)
                worst[channel] = max(alert, worst.get(channel, alert))
                highest[channel] = max(told.reach, highest.get(channel, 0))
        if over is None:
            more: dict[str, Any] = {"before": of.over, "after": state_of(cycle)}
            _tell(telling, worst, "transition", cycle, level, now, now, more, highest=highest)
        else:
            at = now if cycle.ended_at is None else cycle.ended_at
            ends = of.clock, of.started_at
            case.head.repeats = [one for one in case.head.repeats if one.of[:2] != ends]
            _ask(case, fold, "ended", cycle, level, worst, max(alerts), now)
            more = {"state": over}
            _tell(telling, worst, "ended", cycle, level, at, now, more, highest=highest)


def answered(
    case: Replayed, fold: Fold, what: str, until: int, by: str, now: int, but: str = ""
) -> list[NewEvent]:
    """Of a ticket that was acknowledged or snoozed: those who were told what still goes on, `but`
    for the channel that it came by."""
    level, telling = case.level(fold, now), Telling()
    going_on: dict[tuple[str, int], list[Raised]] = {}
    for one in case.told_of():
        going_on.setdefault((one.clock, one.cycle_started_at), []).append(one)
    for (clock, started_at), alerts in going_on.items():
        cycle = _cycle(fold, clock, started_at)
        if cycle is None or not cycle.counts:
            continue
        worst: dict[str, Alert] = {}
        highest: dict[str, int] = {}
        told: list[Alert] = []
        for one in alerts:
            milestone = milestone_of(one)
            alert = _alert(case.ticket, clock, started_at, milestone, one.generation)
            told.append(alert)
            for channel in followers(one, "acknowledged"):
                worst[channel] = max(alert, worst.get(channel, alert))
                highest[channel] = max(reach(one), highest.get(channel, 0))
        _ask(case, fold, what, cycle, level, worst, max(told), now)
        _tell(telling, worst, what, cycle, level, now, now, {"until": until}, highest=highest)
    return informed(case, fold, telling, now, by, but)


def remind(
    case: Casefile,
    of: Repeated,
    cycle: Cycle,
    telling: Telling,
    level: int,
    now: int,
    gather: Mapping[str, Gather | None],
) -> None:
    """Tells once more of an alert of a cycle that is still so."""
    alert = _alert(case.ticket, of.clock, of.started_at, of.milestone, of.generation)
    worst = dict.fromkeys(of.to, alert)
    more = {"count": of.count, "route": of.route}
    case.note_reminded(of.of, of.generation, level)
    _tell(telling, worst, "reminder", cycle, level, of.at, now, more, gather)


def told_of_withdrawal(
    case: Casefile, fold: Fold, key: Key, told: Raised, level: int, now: int
) -> tuple[str, ...]:
    """Those who were told of what it takes back and follow it, and whoever asks for it."""
    to = followers(told, "withdrawn")
    routes = [route for route in fold.policy.routes if route.names_types]
    if routes and (told.to or told.tell):
        withdrawal = subject(
            case,
            fold,
            now,
            type="withdrawn",
            severity=told.severity,
            level=level_of(key.milestone) or level,
            clock=key.clock,
            cycle=_cycle(fold, key.clock, key.started_at),
        )
        to += tuple([one for route in taking(routes, withdrawal) for one in route.to])
    return tuple(dict.fromkeys(to))


def informed(
    case: Casefile, fold: Fold, telling: Telling, now: int, by: str | None = None, but: str = ""
) -> list[NewEvent]:
    """What is told, as an event; none where nobody is."""
    found = telling.notices(fold.policy, case.on_call, now, case.told_by, case.policies)
    notices = but_for(but, found)
    if not notices:
        return []
    body = Ticket.Informed(notices=notices, **about(case, fold))
    return [encode(body, occurred_at=moment(now), personal=said(case, by))]


def _ask(
    case: Casefile,
    fold: Fold,
    what: str,
    cycle: Cycle,
    level: int,
    worst: dict[str, Alert],
    alert: Alert,
    now: int,
) -> None:
    """Adds the channels of routes that name such a type: it is about this alert."""
    routes = [route for route in fold.policy.routes if route.names_types]
    if not routes:
        return
    kind = subject(
        case,
        fold,
        now,
        type=what,
        severity=_severity(alert.milestone, cycle),
        level=level,
        clock=cycle.rules.name,
        cycle=cycle,
    )
    for route in taking(routes, kind):
        for channel in route.to:
            worst.setdefault(channel, alert)


def _tell(
    telling: Telling,
    worst: dict[str, Alert],
    what: str,
    cycle: Cycle,
    level: int,
    at: int,
    now: int,
    more: dict[str, Any],
    gather: Mapping[str, Gather | None] | None = None,
    highest: Mapping[str, int] = NO_LEVELS,
) -> None:
    """`highest` has by channel the highest level that was told there of what this follows."""
    for channel, alert in worst.items():
        told = Told(
            type=what,
            alert_id=alert.alert_id,
            clock=cycle.rules.name,
            cycle=cycle.number,
            generation=alert.generation,
            milestone=alert.milestone,
            severity=_severity(alert.milestone, cycle),
            escalation_level=level_of(alert.milestone) or level,
            occurred_at=at,
            raised_at=now,
            due_at=cycle.due_at(),
            remaining=None if cycle.target is None else cycle.target - cycle.elapsed,
            **more,
        )
        telling.tell((channel,), told, gather, level=highest.get(channel, 0))


def _alert(ticket: UUID, clock: str, started_at: int, milestone: str, generation: int) -> Alert:
    rank = RANK.get(milestone, 0), level_of(milestone)
    return Alert(
        rank, milestone, generation, alert_id(ticket, clock, started_at, milestone, generation)
    )


def _severity(milestone: str, cycle: Cycle) -> str:
    return severity(cycle) if level_of(milestone) else milestone


def _cycle(fold: Fold, clock: str, started_at: int) -> Cycle | None:
    """Of several that began together only the last lasted."""
    cycles = fold.clocks[clock].cycles() if clock in fold.clocks else ()
    return next((one for one in reversed([*cycles]) if one.started_at == started_at), None)
