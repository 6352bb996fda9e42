"""What happens to the milestones of one ticket in a tick: raised, taken back, told after all.

Pure. When in a tick that is, `ticking` says.
"""

from collections.abc import Collection
from typing import Any, NamedTuple
from uuid import UUID

from command_side.deciding.about import about, said, subject
from command_side.deciding.casefile import Casefile, Muted
from command_side.deciding.events import Body, Personal, Raised, Ticket, ToldAfterAll
from command_side.deciding.following import told_of_withdrawal
from command_side.deciding.gathering import SILENCE_OVER, gathered
from command_side.deciding.reminding import cycles_of, is_so
from command_side.deciding.repeating import begun, repeats
from command_side.deciding.replayed import Replayed
from command_side.deciding.silencing import InForce
from command_side.deciding.telling import (
    Telling,
    alert_id,
    as_told,
    follow,
    heard_of,
    reach,
    withdrawn,
)
from engine.sla import escalation
from engine.sla.cycle import Cycle
from engine.sla.escalation import Consequences, Key, Raise
from engine.sla.matching import Subject
from engine.sla.milestones import level_of
from engine.sla.pairing import CycleMilestone
from engine.sla.routes import channels, taking
from engine.sla.timeline import Fold
from engine.sla.verdict import severity


class Draft(NamedTuple):
    """An event of this tick, as long as it may still be given what is to be told."""

    body: Body
    at: int
    """When it happened."""
    personal: Personal | None = None


class Milestones:
    """Those of one ticket, as it stands now."""

    def __init__(
        self,
        case: Casefile,
        fold: Fold,
        silences: InForce,
        events: list[Draft],
        telling: Telling,
        now: int,
    ) -> None:
        """What comes of it is added to `events`, and to `telling` what somebody is to be told."""
        self._case, self._fold, self._silences, self._now = case, fold, silences, now
        self._events, self._telling = events, telling
        self.look_at = list[int]()
        """When to look again at what is kept quiet."""
        self.muted_by = set[UUID]()
        """The silences that keep something quiet."""
        self._without_excuses: Collection[CycleMilestone] | None = None
        self._before_repair: Collection[CycleMilestone] | None = None
        self._cycles = cycles_of(fold)

    def record(self, result: Consequences) -> None:
        """Takes back what is not so, tells what was muted and is still so, and raises what is due;
        the head knows afterwards whether anything is muted."""
        taken_back = [self._retract(key, result.level) for key in result.retracts]
        for body, reached in taken_back:  # once it is known what is left
            self._tell_withdrawn(body, reached)
        head = self._case.head
        head.muted = False  # but for what `_note_quiet` finds
        self._unmute(result.level)
        for one in result.raises:
            self._raise(one, result.level)
        head.muted = head.muted or bool(self._case.muted())

    def _retract(self, key: Key, level: int) -> tuple[Ticket.Retracted, int]:
        """What it records, and the level with which it was told of."""
        raised = self._case.take_back(key)
        head, raising = self._case.head, (key[:3], raised.generation)
        head.repeats = [one for one in head.repeats if (one.of, one.generation) != raising]
        because, reason = None, "by what is known now, it has not happened"
        if (key.clock, key.started_at) not in self._cycles:
            reason = "by what is known now, the clock did not start at that time"
        elif raised.raised_at > self._now:
            reason = "the clock was ahead when it was raised, and has been set back"
        elif self._is_excused(key):
            because, reason = "excused", "the time that led to it is excused"
        elif self._is_repaired(key):
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
            to=told_of_withdrawal(self._case, self._fold, key, raised, level, self._now),
            **about(self._case, self._fold, self._cycles.get((key.clock, key.started_at))),
        )
        self._events.append(Draft(body, self._now, said(self._case)))
        return body, reach(raised)

    def _tell_withdrawn(self, body: Ticket.Retracted, reached: int) -> None:
        if not (body.to and isinstance(self._case, Replayed)):
            return
        cycle = body.clock, body.cycle_started_at
        left = [
            one.to for one in self._case.told_of() if (one.clock, one.cycle_started_at) == cycle
        ]
        for channel in body.to:
            stands = any(channel in to for to in left)
            told = withdrawn(body, self._now, stands=stands)
            self._telling.tell((channel,), told, level=reached)

    def _is_excused(self, key: Key) -> bool:
        """Whether a milestone that has not happened would have, had all time counted."""
        if not self._fold.excuses or not isinstance(self._case, Replayed):
            return False
        if self._without_excuses is None:
            self._without_excuses = self._case.without_excuses(self._now)
        return key[:3] in self._without_excuses

    def _is_repaired(self, key: Key) -> bool:
        """Whether it would have, had no version been put into force afterwards."""
        if self._before_repair is None:
            case = self._case
            self._before_repair = (
                case.before_repair(self._now) if isinstance(case, Replayed) else ()
            )
        return key[:3] in self._before_repair

    def _unmute(self, level: int) -> None:
        """Tells what was muted, is muted no more, and still holds."""
        newest: dict[tuple[str, int, str], Muted] = {}
        for one in self._case.muted():
            known = newest.get(one.key[:3])
            if is_so(self._cycles, *one.key[:3], level) and (known is None or known.key < one.key):
                newest[one.key[:3]] = one
        after_all: list[ToldAfterAll] = []
        for one in newest.values():
            key = one.key
            cycle = self._cycles[key.clock, key.started_at]
            loudness = severity(cycle)
            if not cycle.counts and not level_of(key.milestone):
                continue  # it may be opened again
            subject = self._subject(key.milestone, cycle, loudness, level)
            if self._note_quiet(subject) is not None:
                continue
            routes = taking(self._fold.policy.routes, subject)
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
            self._case.settle_muted(key, one.body.generation)
            heard = heard_of(unmuted, one.body.generation, subject.level)
            self._case.note_told(key, heard)
            self._repeat(unmuted, key, one.body.generation, one.at)
            now_so = as_told(
                one.body,
                one.at,
                cycle,
                severity=loudness,
                escalation_level=level,
                remaining=None if cycle.target is None else cycle.target - cycle.elapsed,
                muted=one.how,
            )
            silenced = dict.fromkeys(to, SILENCE_OVER) if one.how == "silenced" else None
            self._telling.tell(to, now_so, silenced or gathered(routes, subject))
        if after_all:
            body = Ticket.Unmuted(
                alerts=tuple(after_all), escalation_level=level, **about(self._case, self._fold)
            )
            self._events.append(Draft(body, self._now, said(self._case)))

    def _raise(self, one: Raise, level: int) -> None:
        crossing = one.crossing
        cycle = self._cycles[crossing.clock, crossing.started_at]
        raised_level = level_of(crossing.milestone)
        loudness = severity(cycle) if raised_level else crossing.milestone
        subject = self._subject(crossing.milestone, cycle, loudness, level)
        suppressed = one.suppressed
        quiet = self._note_quiet(subject) if suppressed in (None, "snoozed") else None
        if quiet is not None:
            suppressed = suppressed or "silenced"
        key = escalation.key_of(crossing)
        generation = self._case.count_raise(key)
        remaining = (
            cycle.target - cycle.elapsed
            if cycle.counts and cycle.target is not None
            else crossing.remaining
        )
        at = escalation.told_at(crossing.milestone, one.at, crossing.due_at)
        routes = [] if suppressed else taking(self._fold.policy.routes, subject)
        to = channels(routes)
        common: dict[str, Any] = {
            "alert_id": alert_id(self._case.ticket, *key[:3], generation),
            "clock": crossing.clock,
            "cycle": crossing.cycle,
            "cycle_started_at": crossing.started_at,
            "generation": generation,
            "ordinal": crossing.ordinal,
            "due_at": crossing.due_at,
            "remaining": remaining,
            "raised_at": self._now,
            "escalation_level": level,
            "severity": loudness,
            "suppressed": suppressed,
            "silenced_by": quiet or (),
            "to": to,
            "tell": follow(routes),
            "repeats": repeats(routes),
            **about(self._case, self._fold, cycle),
        }
        if raised_level:
            name = self._fold.policy.level_name(raised_level)
            body = Ticket.Escalated(**common, level=raised_level, level_name=name)
        else:
            body = Ticket.AlertRaised(**common)
        self._events.append(Draft(body, at, said(self._case)))
        if not suppressed:
            self._case.settle_muted(key, generation)
        if routes:
            self._case.note_told(key, heard_of(body, generation, reach(body)))
            gather = gathered(routes, subject)
            self._telling.tell(to, as_told(body, at, cycle), gather)
            self._repeat(body, key, generation, at)

    def _subject(self, milestone: str, cycle: Cycle, loudness: str, level: int) -> Subject:
        """What routes and silences are compared with."""
        raised_level = level_of(milestone)
        return subject(
            self._case,
            self._fold,
            self._now,
            type="escalation" if raised_level else "alert",
            severity=loudness,
            level=raised_level or level,
            clock=cycle.rules.name,
            cycle=cycle,
        )

    def _note_quiet(self, subject: Subject) -> tuple[UUID, ...] | None:
        """The silences that keep it quiet, none of them where a snooze alone does; None: it may be
        told. Whatever is kept quiet is noted: in the head, by whom, and when to look again."""
        snoozed_until = self._case.head.snoozed_until
        silences = self._silences.matching(subject, self._now)
        ends = [one.ends_at(self._now) for one in silences]
        if snoozed_until is not None and self._now < snoozed_until:
            ends.append(snoozed_until)
        if not ends:
            return None
        self._case.head.muted = True
        self.look_at.append(max(ends))
        quiet = tuple([one.silence_id for one in silences])
        self.muted_by.update(quiet)
        return quiet

    def _repeat(self, alert: Raised | ToldAfterAll, key: Key, generation: int, at: int) -> None:
        """Whoever wants to be reminded of it will be."""
        if alert.repeats:
            kept = [one for one in self._case.head.repeats if one.of != key[:3]]
            self._case.head.repeats = kept + begun(
                alert.repeats, key[:3], generation, at, self._now
            )
