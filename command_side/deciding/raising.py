"""Deciding what follows from time: milestones raised or taken back, futures that take effect.

Pure: what is known of one ticket comes in, what is to be appended goes out.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from msgspec import structs

from command_side.deciding.about import about, said, subject
from command_side.deciding.casefile import Casefile, Muted
from command_side.deciding.encoding import encode
from command_side.deciding.events import (
    Body,
    Facts,
    KeptBack,
    Milestone,
    Personal,
    Raised,
    Ticket,
    ToldAfterAll,
)
from command_side.deciding.following import informed, tell_turns, told_of_withdrawal, turns
from command_side.deciding.from_head import FromHead
from command_side.deciding.gathering import SILENCE_OVER, gathered
from command_side.deciding.records import Append, NewEvent
from command_side.deciding.reminding import (
    cycles_of,
    is_so,
    not_reminded,
    remind_alone,
    remind_of_all,
)
from command_side.deciding.repeating import begun, repeats
from command_side.deciding.replayed import Replayed, without_moments
from command_side.deciding.silencing import InForce
from command_side.deciding.telling import (
    Telling,
    alert_id,
    as_told,
    follow,
    followers,
    reach,
    withdrawn,
)
from command_side.deciding.transitions import tell_transitions
from engine.sla import escalation
from engine.sla.cycle import Cycle
from engine.sla.escalation import Key, Raise
from engine.sla.instants import moment
from engine.sla.matching import Subject
from engine.sla.milestones import level_of
from engine.sla.pairing import CycleMilestone
from engine.sla.routes import channels, taking
from engine.sla.timeline import Fold
from engine.sla.verdict import severity


@dataclass(slots=True)
class Due:
    """What is to be appended for one ticket, and how many milestones that settles."""

    append: Append
    settled: int
    retargeted: bool
    """Its promises moved: by the policy, or by what is excused."""
    muted_by: frozenset[UUID] | None = None
    """The silences that keep something from being told; None: none does, nor did before."""
    raised: Sequence[int] = ()
    """When each milestone that is raised was due, or came to be known if that was later."""


def raise_due(case: Casefile, *, silences: InForce, now: int) -> Due:
    """Raises and takes back everything that is due for a ticket by `now`.

    Raises NeedsStream when the head alone cannot say.
    """
    head = case.head
    previous = case.stands_under() or head.policy
    case.come_under_newest_excuses()
    if head.acknowledged and isinstance(case, FromHead):
        # Where anything but reminders is due it raises NeedsStream: the case comes back, replayed.
        return Due(remind_alone(case, silences, now), 0, False)
    fold = case.caught_up(now)
    retargeted, excused = case.retargeted(fold, previous, now), case.excused_anew(fold, now)
    # Where something known beforehand has taken effect, the stream has been read.
    current = None
    if isinstance(case, Replayed) and case.was_pending(now):
        current = case.current(now)
    resumed, under_another_rule = case.resumed(fold), case.turned(fold)
    moved = current is not None or bool(resumed) or under_another_rule
    writer = _Writer(case, fold, silences, now)
    if fold.policy.tells_transitions:
        tell_transitions(case, fold, case.told_to(), writer.telling, now)
    if retargeted or excused is not None or moved:
        case.keep_fold(fold)
    if retargeted:
        body = Ticket.Retargeted(
            previous_policy=previous, policy=fold.policy.version, facts=case.facts(fold, now)
        )
        writer.add(body, fold.policy.accepted_at, _who_had_it(case, body.facts))
        head.hear(fold.policy.accepted_at)
    if excused is not None:
        body = Ticket.Excused(previous_excuses=excused, facts=case.facts(fold, now))
        changed_at = case.excuses.changed_at(body.facts.excuses)
        writer.add(body, changed_at, _who_had_it(case, body.facts))
        head.hear(changed_at)
    if moved:
        plain, personal = current or (None, None)
        body = Ticket.Moved(
            policy=fold.policy.version,
            facts=case.facts(fold, now),
            current=None if plain is None else without_moments(plain),
            resumed=resumed,
        )
        at = max([*fold.resumed.values(), fold.turned_at or 0]) if current is None else fold.at
        writer.add(body, at, Personal(current=personal, had=case.had(body.facts)))
    head.heard = min(head.heard, now)  # after it, if it was heard by a clock that was ahead
    fold.count_to(now)
    result = escalation.consequences(
        fold,
        crossings=fold.crossings(),
        raised=case.standing(fold, now),
        acknowledgements=case.acknowledgements,
        snoozed_until=head.snoozed_until,
        heard=head.heard,
        now=now,
    )
    for key in result.retracts:
        writer.retract(key, result.level)
    was_muted, head.muted = head.muted, False
    unmuted = writer.unmute(result.level)
    for one in result.raises:
        writer.raise_(one, result.level)
    head.muted = head.muted or bool(case.muted())
    if head.repeats:
        reminders = remind_of_all(case, fold, silences, writer.telling, result.level, now)
        writer.look_at += reminders.next_at
        writer.kept_back = reminders.kept_back
    turned = turns(case, fold)
    case.keep_raised(fold)
    if head.acknowledged:
        head.level = result.level
    if turned:
        tell_turns(case, fold, turned, writer.telling, now)
    # All else that was owed is settled: what is left are levels that an acknowledgement holds.
    head.owes, head.due = result.holds, result.next_at
    if result.next_at is not None:
        writer.look_at.append(result.next_at)
    next_at = min(writer.look_at, default=None)
    append = Append(
        case.ticket,
        head.source,
        head.external_id,
        case.version,
        writer.encoded(),
        head.dump(),
        None if next_at is None else moment(next_at),
    )
    return Due(
        append,
        len(result.raises) + len(result.retracts) + unmuted,
        retargeted or excused is not None,
        frozenset(writer.muted_by) if was_muted or head.muted else None,
        [max(one.at, head.heard) for one in result.raises],
    )


def _who_had_it(case: Casefile, facts: Facts) -> Personal | None:
    had = case.had(facts)
    return Personal(had=had) if had else None


class _Writer:
    """Turns consequences into events of one ticket."""

    def __init__(self, case: Casefile, fold: Fold, silences: InForce, now: int) -> None:
        self.case, self.fold, self.silences, self.now = case, fold, silences, now
        self.events = list[tuple[Body, int, Personal | None]]()
        """With their instants and what is personal of them."""
        self.telling = Telling()
        self.look_at = list[int]()
        """When to look again: at what is muted, at reminders, at the next milestone."""
        self.muted_by = set[UUID]()
        self.kept_back: Sequence[KeptBack] = ()
        """Who is not reminded."""
        self.without_excuses: Collection[CycleMilestone] | None = None
        self.before_repair: Collection[CycleMilestone] | None = None
        self.cycles = cycles_of(fold)

    def add(self, body: Body, at: int, personal: Personal | None = None) -> None:
        self.events.append((body, at, personal))

    def encoded(self) -> list[NewEvent]:
        """All of them; the last carries what is to be told of all."""
        informing: list[NewEvent] = []
        if self.events and isinstance(self.events[-1][0], Milestone | Ticket.Unmuted):
            body, at, personal = self.events[-1]
            notices = self.telling.notices(
                self.fold.policy, self.case.on_call, self.now, self.case.told_by, self.case.policies
            )
            self.events[-1] = structs.replace(body, notices=notices), at, personal
        else:
            informing = informed(self.case, self.fold, self.telling, self.now)
        found = [
            encode(body, occurred_at=moment(at), personal=personal)
            for body, at, personal in self.events
        ]
        return found + informing + not_reminded(self.kept_back, self.now)

    def raise_(self, one: Raise, level: int) -> None:
        crossing = one.crossing
        cycle = self.cycles[crossing.clock, crossing.started_at]
        raised_level = level_of(crossing.milestone)
        loudness = severity(cycle) if raised_level else crossing.milestone
        subject = self.subject(crossing.milestone, cycle, loudness, level)
        suppressed = one.suppressed
        quiet = self.note_quiet(subject) if suppressed in (None, "snoozed") else None
        if quiet is not None:
            suppressed = suppressed or "silenced"
        key = escalation.key_of(crossing)
        generation = self.case.count_raise(key)
        remaining = (
            cycle.target - cycle.elapsed
            if cycle.counts and cycle.target is not None
            else crossing.remaining
        )
        at = escalation.told_at(crossing.milestone, one.at, crossing.due_at)
        routes = [] if suppressed else taking(self.fold.policy.routes, subject)
        to = channels(routes)
        common: dict[str, Any] = {
            "alert_id": alert_id(self.case.ticket, *key[:3], generation),
            "clock": crossing.clock,
            "cycle": crossing.cycle,
            "cycle_started_at": crossing.started_at,
            "generation": generation,
            "ordinal": crossing.ordinal,
            "due_at": crossing.due_at,
            "remaining": remaining,
            "raised_at": self.now,
            "escalation_level": level,
            "severity": loudness,
            "suppressed": suppressed,
            "silenced_by": quiet or (),
            "to": to,
            "tell": follow(routes),
            "repeats": repeats(routes),
            **about(self.case, self.fold, cycle),
        }
        if raised_level:
            name = self.fold.policy.level_name(raised_level)
            body = Ticket.Escalated(**common, level=raised_level, level_name=name)
        else:
            body = Ticket.AlertRaised(**common)
        self.add(body, at, said(self.case))
        if not suppressed:
            self.case.say(key, generation)
        if routes:
            self.case.note_told(key, generation, followers(body, "ended"))
            gather = gathered(routes, subject)
            self.telling.tell(to, as_told(body, self.fold.policy, at, cycle), gather)
            self.repeat(body, key, generation, at)

    def subject(self, milestone: str, cycle: Cycle, loudness: str, level: int) -> Subject:
        """What routes and silences are compared with."""
        raised_level = level_of(milestone)
        return subject(
            self.case,
            self.fold,
            self.now,
            type="escalation" if raised_level else "alert",
            severity=loudness,
            level=raised_level or level,
            clock=cycle.rules.name,
            cycle=cycle,
        )

    def note_quiet(self, subject: Subject) -> tuple[UUID, ...] | None:
        """The silences that keep it quiet, none of them where a snooze alone does; None: it may be
        told. Whatever is kept quiet is noted: in the head, by whom, and when to look again."""
        snoozed_until = self.case.head.snoozed_until
        silences = self.silences.matching(subject, self.now)
        ends = [one.ends_at(self.now) for one in silences]
        if snoozed_until is not None and self.now < snoozed_until:
            ends.append(snoozed_until)
        if not ends:
            return None
        self.case.head.muted = True
        self.look_at.append(max(ends))
        quiet = tuple([one.silence_id for one in silences])
        self.muted_by.update(quiet)
        return quiet

    def unmute(self, level: int) -> int:
        """Tells what was muted, is so no more, and is still so; how many milestones that are."""
        newest: dict[tuple[str, int, str], Muted] = {}
        for one in self.case.muted():
            known = newest.get(one.key[:3])
            if is_so(self.cycles, *one.key[:3], level) and (known is None or known.key < one.key):
                newest[one.key[:3]] = one
        after_all: list[ToldAfterAll] = []
        for one in newest.values():
            key = one.key
            cycle = self.cycles[key.clock, key.started_at]
            loudness = severity(cycle)
            if not cycle.counts and not level_of(key.milestone):
                continue  # it may be opened again
            subject = self.subject(key.milestone, cycle, loudness, level)
            if self.note_quiet(subject) is not None:
                continue
            routes = taking(self.fold.policy.routes, subject)
            to = channels(routes)
            unmuted = ToldAfterAll(
                clock=key.clock,
                milestone=key.milestone,
                alert_id=one.body.alert_id,
                type=subject.type,
                to=to,
                tell=follow(routes),
                repeats=repeats(routes),
            )
            after_all.append(unmuted)
            self.case.say(key, one.body.generation)
            self.case.note_told(key, one.body.generation, followers(unmuted, "ended"))
            self.repeat(unmuted, key, one.body.generation, one.at)
            now_so = as_told(
                one.body,
                self.fold.policy,
                one.at,
                cycle,
                severity=loudness,
                escalation_level=level,
                remaining=None if cycle.target is None else cycle.target - cycle.elapsed,
                muted=one.how,
            )
            silenced = dict.fromkeys(to, SILENCE_OVER) if one.how == "silenced" else None
            self.telling.tell(to, now_so, silenced or gathered(routes, subject))
        if after_all:
            body = Ticket.Unmuted(
                alerts=tuple(after_all), escalation_level=level, **about(self.case, self.fold)
            )
            self.add(body, self.now, said(self.case))
        return len(after_all)

    def repeat(self, alert: Raised | ToldAfterAll, key: Key, generation: int, at: int) -> None:
        """Whoever wants to be reminded of it will be."""
        if alert.repeats:
            kept = [one for one in self.case.head.repeats if one.of != key[:3]]
            self.case.head.repeats = kept + begun(alert.repeats, key[:3], generation, at, self.now)

    def is_excused(self, key: Key) -> bool:
        """Whether a milestone that has not happened would have, had all time counted."""
        if not self.fold.excuses or not isinstance(self.case, Replayed):
            return False
        if self.without_excuses is None:
            self.without_excuses = self.case.without_excuses(self.now)
        return key[:3] in self.without_excuses

    def is_repaired(self, key: Key) -> bool:
        """Whether it would have, had no version been put into force afterwards."""
        if self.before_repair is None:
            case = self.case
            self.before_repair = case.before_repair(self.now) if isinstance(case, Replayed) else ()
        return key[:3] in self.before_repair

    def retract(self, key: Key, level: int) -> None:
        raised = self.case.take_back(key)
        head, raising = self.case.head, (key[:3], raised.generation)
        head.repeats = [one for one in head.repeats if (one.of, one.generation) != raising]
        because, reason = None, "by what is known now, it has not happened"
        if (key.clock, key.started_at) not in self.cycles:
            reason = "by what is known now, the clock did not start at that time"
        elif raised.raised_at > self.now:
            reason = "the clock was ahead when it was raised, and has been set back"
        elif self.is_excused(key):
            because, reason = "excused", "the time that led to it is excused"
        elif self.is_repaired(key):
            because, reason = "repaired", "what had been promised was corrected afterwards"
        body = Ticket.Retracted(
            alert_id=raised.alert_id,
            clock=key.clock,
            cycle=raised.cycle,
            cycle_started_at=key.started_at,
            milestone=key.milestone,
            generation=raised.generation,
            ordinal=raised.ordinal,
            raised_at=raised.raised_at,
            escalation_level=level,
            reason=reason,
            suppressed=raised.suppressed,
            because=because,
            to=told_of_withdrawal(self.case, self.fold, key, raised, level, self.now),
            **about(self.case, self.fold, self.cycles.get((key.clock, key.started_at))),
        )
        self.add(body, self.now, said(self.case))
        self.telling.tell(body.to, withdrawn(body, self.fold.policy, self.now), level=reach(raised))
