"""Deciding who is reminded now, and of what nobody is any more.

Pure. Whoever is not reminded when it was due stands in the log as well: the head of a ticket can be
made anew from that.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from command_side.deciding.about import subject
from command_side.deciding.casefile import Casefile
from command_side.deciding.encoding import encode
from command_side.deciding.events import KeptBack, Ticket
from command_side.deciding.following import informed, remind
from command_side.deciding.from_head import FromHead
from command_side.deciding.gathering import gathered
from command_side.deciding.head import Repeated
from command_side.deciding.records import Append, NewEvent
from command_side.deciding.repeating import go_on
from command_side.deciding.silencing import InForce
from command_side.deciding.telling import Telling, alert_id
from engine.sla.cycle import Cycle
from engine.sla.instants import moment
from engine.sla.matching import Subject
from engine.sla.milestones import level_of
from engine.sla.timeline import Fold
from engine.sla.verdict import severity

Cycles = Mapping[tuple[str, int], Cycle]
"""By clock and start."""


class Reminders(NamedTuple):
    """What became of those that were due."""

    next_at: Sequence[int]
    """When the next ones are."""
    kept_back: Sequence[KeptBack]


def cycles_of(fold: Fold) -> Cycles:
    return {
        (name, cycle.started_at): cycle
        for name, clock in fold.clocks.items()
        for cycle in clock.cycles()
    }


def is_so(cycles: Cycles, clock: str, started_at: int, milestone: str, level: int) -> bool:
    """Whether the clock still stands there, or the ticket on that level."""
    if raised_level := level_of(milestone):
        return raised_level == level
    cycle = cycles.get((clock, started_at))
    return cycle is not None and severity(cycle) == milestone


def remind_of_all(
    case: Casefile, fold: Fold, silences: InForce, telling: Telling, level: int, now: int
) -> Reminders:
    """Tells once more what is still so, where it is due, and forgets what is not, or whose route
    repeats no more."""
    cycles = cycles_of(fold)
    repeating = {one.name: one for one in fold.policy.routes if one.repeat is not None}
    kept: list[Repeated] = []
    kept_back: list[KeptBack] = []

    def keep_back(one: Repeated, because: str, silenced_by: tuple[UUID, ...] = ()) -> None:
        alert = alert_id(case.ticket, *one.of, one.generation)
        kept_back.append(
            KeptBack(alert_id=alert, route=one.route, because=because, silenced_by=silenced_by)
        )

    for one in case.head.repeats:
        cycle = cycles.get(one.of[:2])
        if cycle is None or not cycle.counts:
            continue  # it is taken back, or over
        if one.route not in repeating:
            keep_back(one, "unrouted")
            continue
        if not is_so(cycles, *one.of, level):
            keep_back(one, "changed")
            continue
        if one.next_at <= now:
            told = _subject(case, fold, one, cycle, level, now)
            muted_by = tuple([silence.silence_id for silence in silences.matching(told, now)])
            if case.head.snoozed_until is not None and now < case.head.snoozed_until:
                keep_back(one, "snoozed", muted_by)
            elif muted_by:
                keep_back(one, "silenced", muted_by)
            else:
                one.count += 1
                gather = gathered((repeating[one.route],), told)
                remind(case, one, cycle, telling, level, now, gather)
            go_on(one, now)
        if not one.is_done:
            kept.append(one)
    case.head.repeats = kept
    return Reminders([one.next_at for one in kept], kept_back)


def remind_alone(case: FromHead, silences: InForce, now: int) -> Append:
    """Of a ticket that somebody has taken on, where nothing else is due: its level is what it was.

    Raises NeedsStream where more is."""
    head, fold = case.head, case.only_reminds(now)
    fold.count_to(now)
    telling = Telling()
    reminders = remind_of_all(case, fold, silences, telling, head.level, now)
    told = informed(case, fold, telling, now) + not_reminded(reminders.kept_back, now)
    due = [*reminders.next_at, *([] if head.due is None else [head.due])]
    next_at = moment(min(due)) if due else None
    return Append(
        case.ticket, head.source, head.external_id, case.version, told, head.dump(), next_at
    )


def not_reminded(reminders: Sequence[KeptBack], now: int) -> list[NewEvent]:
    """As an event; none where nobody is kept from being reminded."""
    if not reminders:
        return []
    body = Ticket.NotReminded(reminders=tuple(reminders))
    return [encode(body, occurred_at=moment(now))]


def _subject(
    case: Casefile, fold: Fold, one: Repeated, cycle: Cycle, level: int, now: int
) -> Subject:
    """What silences are compared with, and by what routes gather."""
    raised_level = level_of(one.milestone)
    return subject(
        case,
        fold,
        now,
        type="escalation" if raised_level else "alert",
        severity=severity(cycle),
        level=raised_level or level,
        clock=one.clock,
        cycle=cycle,
    )
