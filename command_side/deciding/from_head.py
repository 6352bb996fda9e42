"""A casefile of a head only: enough for what merely goes on, whatever the length of the stream."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from command_side.deciding.casefile import Casefile, Followed, Muted, PolicyBook, ToldOf
from command_side.deciding.events import Notice, Raised
from command_side.deciding.excusing import NOTHING_AGREED, ExcuseBook
from command_side.deciding.head import RETRACTED, Head, NeedsStream, RaisedOf, remember
from command_side.deciding.holding import Holder, Holders, held
from command_side.deciding.observed import ObservedItem
from engine.sla import escalation, stored_fold
from engine.sla.cycle import Cycle
from engine.sla.escalation import Key
from engine.sla.excuses import Excuses
from engine.sla.kinds import HALTED
from engine.sla.pairing import CycleMilestone
from engine.sla.timeline import Fold, Observation


class FromHead(Casefile):
    """One ticket, as its head has it."""

    has_read_stream = False

    def __init__(
        self,
        ticket: UUID,
        version: int,
        head: Head,
        book: PolicyBook,
        excuses: ExcuseBook = NOTHING_AGREED,
    ) -> None:
        """Raises NeedsStream for a head without a fold; UnknownVersion."""
        super().__init__(ticket, version, head, book, excuses)
        if head.fold is None:
            raise NeedsStream
        self._stood_under, self._stood_at = head.fold.policy, head.fold.at
        self._held = head.held  # as it was, whenever somebody asks
        self._fold = stored_fold.load(head.fold, book)
        self._had_by: Holders | None = None
        """Those whom it has had, where observations of now say of another."""
        self._was_over = False
        """The ticket was over when it came under a newer list of what is excused: that concerns it
        only if it goes on."""
        if head.excuses:
            self._excuse(excuses.version(head.excuses))

    # What is excused
    def _excuse(self, excuses: Excuses) -> None:
        """By which it was folded before it was stored, or others with the same windows."""
        self._fold.excuse(excuses, self._fold.created_at)
        for cycle in self._fold.newest_cycles():
            cycle.changes = 0

    def _come_under(self, excuses: ExcuseBook) -> None:
        stored = self.head.fold
        if stored is None or excuses.may_concern(self.head.excuses, stored):
            raise NeedsStream
        if not excuses.newest.asks <= self._fold.attributes.others.keys():
            raise NeedsStream  # only that says what conditions refer to
        self._was_over = not stored.may_be_moved
        self._excuse(excuses.newest)

    def excused_anew(self, fold: Fold, now: int) -> None:
        return None

    # Observations
    def _take_in(self, received: ObservedItem, one: Observation, now: int) -> None:
        if self.head.acknowledged or not self._follow(one, now):
            raise NeedsStream
        if self._was_over and self._fold.phase not in HALTED:
            raise NeedsStream  # what was agreed meanwhile may concern it now
        self._hand_over(received, one.at)
        remember(self.head.attributes, received.given, received.moments, received.personal)

    def _follow(self, one: Observation, now: int) -> bool:
        """Moves the fold on; False: the casefile is spent."""
        fold = self._fold
        if not fold.follows(one, now, self.policies):
            return False
        armed = self._armed() if self.head.raised else []
        fold.follow(one, now, self.policies)
        # Which of the crossings of a milestone that is armed again have been told of, only their
        # instants say.
        if self.head.raised and armed != self._armed():
            return False
        return not any([clock.forgotten for clock in fold.clocks.values()])

    def _armed(self) -> list[dict[str, int]]:
        """How often the milestones of clocks that raised any were armed again."""
        clocks = self._fold.clocks
        return [
            dict(cycle.ordinals)
            for name in self.head.raised
            if name in clocks and (cycle := clocks[name].cycle) is not None
        ]

    def _hand_over(self, received: ObservedItem, at: int) -> None:
        """A cycle that was breached before counts for whoever had the ticket then: that is told
        with what comes to another. Raises NeedsStream."""
        known = self.head.attributes
        before = Holder.of(known, known)
        holder = before.after(received.given, received.personal)
        if holder is before:
            return
        for cycle in self._fold.newest_cycles():
            breached = cycle.breached_by(at)
            overdue = cycle.is_open and breached is not None and breached <= at
            # What is said at the very instant of an end is so already.
            cycle.changes += overdue or cycle.ended_at == at
            if cycle.started_at == at and cycle.number > 1:
                raise NeedsStream  # the one before ended then
        if self._had_by is None:
            self._had_by = Holders(before)
        self._had_by.take(at, holder)

    def _attributes_at_the_end(self) -> dict[str, Any]:
        if self._fold.pending_at is not None:
            raise NeedsStream
        return self.head.attributes

    def current(self, now: int) -> None:
        return None

    def at_length(self, now: int) -> Mapping[str, Any]:
        said = self.head.attributes
        if said.get("tags") is not None or said.get("extra") is not None:
            raise NeedsStream
        return {}

    # The fold
    def stands_under(self) -> int:
        return self._stood_under

    def _decided_to(self) -> int:
        return self._stood_at

    def folded(self, now: int) -> Fold:
        return self._fold

    def caught_up(self, now: int) -> Fold:
        head, fold = self.head, self._fold
        settled = not (head.owes or head.acknowledged or head.muted)
        if not settled or fold.pending_at is not None or not fold.catch_up(now, self.policies):
            raise NeedsStream
        return fold

    def only_reminds(self, now: int) -> Fold:
        """The fold of a ticket of which nothing but reminders is due by now. Raises NeedsStream."""
        head, fold = self.head, self._fold
        if head.muted or (head.due is not None and head.due <= now):
            raise NeedsStream
        before = _milestones(fold, now) if self.policies[-1].version > self._stood_under else None
        if not fold.catch_up(now, self.policies):
            raise NeedsStream
        if fold.policy.version != self._stood_under and (
            self.retargeted(fold, self._stood_under, now)
            or self.resumed(fold)
            or self.came_under_another_rule(fold)
            or before != _milestones(fold, now)
        ):
            raise NeedsStream
        return fold

    # What follows from it
    def standing(self, fold: Fold, now: int) -> list[Key]:
        return self.head.standing()

    def muted(self) -> list[Muted]:
        return []  # where anything is, the stream is read

    def settle_muted(self, key: Key, generation: int) -> None:
        pass

    def told_by(self, rotation: str) -> Iterable[Notice]:
        raise NeedsStream

    def count_raise(self, key: Key) -> int:
        kept = self.head.raised.get(key.clock)
        if kept is None or kept.started_at != key.started_at:
            kept = self.head.raised[key.clock] = RaisedOf(key.started_at)
        _, before = kept.milestones.get(key.milestone, (RETRACTED, -1))
        told = kept.heard_of(key.milestone) if key.milestone in (kept.told or {}) else None
        kept.milestones[key.milestone] = (key.ordinal, before + 1)
        if told is not None:
            kept.hears(key.milestone, *told)
        return before + 1

    def note_told(self, key: Key, told: ToldOf) -> None:
        self.told_now.append(key)
        kept = self.head.raised[key.clock]
        before = {} if key.milestone not in (kept.told or {}) else kept.heard_of(key.milestone)[1]
        kept.hears(key.milestone, told.generation, {**before, **told.to})
        kept.reaches(key.milestone, told.reach)

    def note_reminded(self, of: CycleMilestone, generation: int, reach: int) -> None:
        clock, started_at, milestone = of
        kept = self.head.raised.get(clock)
        if kept is not None and kept.started_at == started_at and milestone in (kept.told or {}):
            kept.reaches(milestone, reach)

    def followed(self) -> Iterable[Followed]:
        for clock, kept in self.head.raised.items():
            if kept.told:
                told = {one: ToldOf(*kept.heard_of(one), kept.reach(one)) for one in kept.told}
                yield Followed(clock, kept.started_at, told, kept.over)

    def take_back(self, key: Key) -> Raised:
        raise NeedsStream

    def _still_owes(self) -> bool:
        return self.head.owes

    def keep_raised(self, fold: Fold) -> None:
        head = self.head
        if head.raised and not head.owes:
            head.raised = {
                name: kept
                for name, kept in head.raised.items()
                if _is_newest(fold, name, kept.started_at)
            }
        if self._had_by is not None or head.held:
            head.held = held(self._holders(), fold, head.held)

    # What its events carry
    def _changed(self, fold: Fold) -> list[Cycle]:
        return [cycle for cycle in fold.cycles() if cycle.changes]

    def _holder(self, clock: str, started_at: int, at: int) -> Holder:
        kept = self._held.get(clock)
        if kept is not None and (kept.started_at, kept.decided_at) == (started_at, at):
            return kept.holder
        return self._holders().at(at)

    def _holders(self) -> Holders:
        if self._had_by is not None:
            return self._had_by
        return Holders(Holder.of(self.head.attributes, self.head.attributes))


def _milestones(fold: Fold, now: int) -> tuple[list[int], list[dict[str, int]]]:
    """All that bears on when an engine has to look, whoever has taken the ticket on."""
    cycles = [{**one.foreseen(), **one.reached} for one in fold.newest_cycles()]
    ahead = escalation.upcoming(fold, (), (), ())
    return sorted([at for at in ahead if at > now]), cycles


def _is_newest(fold: Fold, clock: str, started_at: int) -> bool:
    cycle = fold.clocks[clock].cycle if clock in fold.clocks else None
    return cycle is not None and cycle.started_at == started_at
