"""A casefile that has read the whole stream: it knows everything, and folds it again, once."""

from bisect import insort
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from command_side.deciding.casefile import Casefile, Followed, Muted, PolicyBook, ToldOf
from command_side.deciding.events import (
    DECISIONS,
    Facts,
    Notice,
    Observation,
    Raised,
    Ticket,
)
from command_side.deciding.excusing import NOTHING_AGREED, ExcuseBook, Excused, excused, lives
from command_side.deciding.head import RETRACTED, Head, RaisedOf, remember
from command_side.deciding.holding import Holder, Holders, held
from command_side.deciding.observed import (
    REQUIRED_FIRST,
    ObservedItem,
    assigns,
    observation,
)
from command_side.deciding.records import Recorded
from command_side.deciding.repairing import figures, repairs
from command_side.deciding.telling import heard_of, raising_of, reach
from command_side.deciding.told_before import ToldBefore
from engine.sla import escalation, stored_fold, timeline
from engine.sla.cycle import Cycle
from engine.sla.escalation import Acknowledgement, Key
from engine.sla.excuses import NOTHING_EXCUSED, Excuses
from engine.sla.instants import micros
from engine.sla.pairing import CycleMilestone, Raising, paired
from engine.sla.policy import Policy
from engine.sla.stored_fold import StoredFold
from engine.sla.timeline import Fold


@dataclass(slots=True, order=True)
class Stored:
    """One observation of the stream, with what it said."""

    key: tuple[int, int]
    observation: timeline.Observation = field(compare=False)
    given: dict[str, Any] = field(compare=False)
    moments: dict[str, int] = field(compare=False)
    personal: dict[str, Any] = field(compare=False)


class Decided(NamedTuple):
    """What there was when something was decided."""

    at: int
    under: int
    """The version of the policy."""
    excuses: Excuses
    read: Sequence[Stored]
    """The observations."""


class Replayed(Casefile):
    """One ticket, as its stream has it."""

    has_read_stream = True

    def __init__(
        self,
        ticket: UUID,
        version: int,
        head: Head,
        book: PolicyBook,
        stream: Iterable[Recorded],
        excuses: ExcuseBook = NOTHING_AGREED,
    ) -> None:
        """`stream` is all of it: none for a ticket that is new. Raises UnknownVersion."""
        super().__init__(ticket, version, head, book, excuses)
        if head.fold is not None:
            book.version(head.fold.policy)
        self._excused_by = self._was_excused_by = excuses.version(head.excuses)
        self._before: list[Stored] | None = None
        """The observations without those of now, where one of these is late: it may bring the
        ticket into a window."""
        self.timeline: list[Stored] = []
        """Every observation in order."""
        self._fold: Fold | None = None
        self._had_by: Holders | None = None
        self._last_facts: Facts | None = None
        """Those of the newest event that carried any."""
        self._decided_at = 0  # when that was recorded
        self._as_told: Decided | None = None
        """What was decided last before something was left to be told by a tick, while none has."""
        self._at_the_end: dict[str, Any] | None = None
        self._before_now = ToldBefore()
        self._standing: dict[Key, Raised] = {}
        """Those that stand, by the crossings that they tell of; see `standing`."""
        self._raised_now: list[Key] = []
        """What stands besides, and is not stored yet."""
        self._told_now: dict[Raising, ToldOf] = {}
        for event in stream:
            self._read(event)
        self._decided: Decided | None = None
        """The newest decision; of a head that is made anew only."""
        if head.fold is None:
            self._decided = self._decided_last()
            head.repeats = self._before_now.reminded
            head.muted = bool(self._before_now.muted)

    # The stream
    def _read(self, event: Recorded) -> None:
        body = event.body
        if isinstance(body, DECISIONS):
            if body.facts.left and not self._before_now.left:
                self._as_told = self._decided_last()
            self._last_facts, self._decided_at = body.facts, micros(event.recorded_at)
        elif isinstance(body, Ticket.Acknowledged):
            self.acknowledgements.append(Acknowledgement(micros(event.occurred_at), body.until))
        if isinstance(body, Observation):
            at, moments = micros(event.occurred_at), body.moments or {}
            said = event.personal.given or {}
            assigned = assigns(said) if body.assigned is None else body.assigned
            one = observation(at, body.revision, body.phase, body.given, moments, assigned)
            insort(self.timeline, Stored((at, body.revision), one, body.given, moments, said))
        self._before_now.read(event)

    def _decided_last(self) -> Decided | None:
        """As the events read so far say."""
        said = self._last_facts
        if said is None:
            return None
        excuses = self.excuses.version(said.excuses)
        return Decided(self._decided_at, said.policy, excuses, tuple(self.timeline))

    # What is excused
    def _come_under(self, excuses: ExcuseBook) -> None:
        self._excused_by, self._fold = excuses.newest, None

    def excused_anew(self, fold: Fold, now: int) -> int | None:
        if self._excused_by is not self._was_excused_by:
            before = excused(self._folded_to(now, excuses=self._was_excused_by))
            return None if before == excused(fold) else self._excused_until(before, fold, now)
        came = self._before and excused(fold)
        came = came and not excused(self._folded_to(now, read=self._before))
        return self._excused_by.number if came else None

    def _excused_until(self, before: Sequence[Excused], fold: Fold, now: int) -> int:
        """The change before the first that bore on it."""
        lived = lives(fold)
        for number in range(self._was_excused_by.number + 1, self._excused_by.number):
            if self.excuses.touches(number, lived):
                excuses = self.excuses.version(number)
                if excused(self._folded_to(now, excuses=excuses)) != before:
                    return number - 1
        return self._excused_by.number - 1

    def folded_under(self, excuses: Excuses, now: int) -> Fold:
        """As it would be if these were all that is excused."""
        return self._folded_to(now, excuses=excuses)

    # Versions that count since a time before their acceptance
    def retargeted(self, fold: Fold, before: int, now: int) -> bool:
        return super().retargeted(fold, before, now) or self._is_repaired(before, now)

    def _is_repaired(self, before: int, now: int) -> bool:
        found = repairs(self.policies, before)
        if not found:
            return False
        others = [one for one in self.policies if one.version not in found]
        without = self._folded_to(now, policies=others)
        return figures(without, now) != figures(self._folded_to(now), now)

    def before_repair(self, now: int) -> Collection[CycleMilestone]:
        """What would have happened by then under the versions before the newest repair."""
        newest = max(repairs(self.policies, 0), default=0)
        earlier = [one for one in self.policies if one.version < newest]
        return self._happened(self._folded_to(now, policies=earlier), now) if earlier else ()

    def without_excuses(self, now: int) -> Collection[CycleMilestone]:
        """What would have happened by then, had all time counted."""
        return self._happened(self._folded_to(now, excuses=NOTHING_EXCUSED), now)

    def _happened(self, fold: Fold, now: int) -> Collection[CycleMilestone]:
        found = escalation.instants(fold, now, self.acknowledgements, self.breaches(fold))
        return {key[:3] for key in found}

    # Observations
    def _take_in(self, received: ObservedItem, one: timeline.Observation, now: int) -> None:
        key = (one.at, one.revision)
        said = Stored(key, one, received.given, received.moments, received.personal)
        insort(self.timeline, said)
        self._fold = self._had_by = None
        if key < self.head.newest:
            self._at_the_end = None
            if self._excused_by and self._before is None:
                self._before = [each for each in self.timeline if each is not said]
        elif self._at_the_end is not None:
            remember(self._at_the_end, received.given, received.moments, received.personal)

    def _attributes_at_the_end(self) -> dict[str, Any]:
        if self._at_the_end is None:
            self._at_the_end = self._attributes(self.timeline[-1].key[0])
        return self._at_the_end

    def _attributes(self, now: int) -> dict[str, Any]:
        """As a head keeps them."""
        plain, personal = self.current(now)
        attributes: dict[str, Any] = {}
        remember(attributes, plain, {}, personal)
        return attributes

    def at_length(self, now: int) -> Mapping[str, Any]:
        first, *later = self.timeline
        found, extra = dict[str, Any](), dict[str, Any]()
        for one in [first, *(each for each in later if each.key[0] <= now)]:
            extra |= one.given.get("extra") or {}
            found |= {**one.given, "extra": extra}  # each of these keeps its value by itself
        return found

    def current(self, now: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """All attributes as folded, the personal ones apart.

        Before the first observation they are what that says, but that nobody is assigned yet. A
        ticket always has what decides its targets: what nothing up to `now` names of that has the
        value that is the first to come.
        """
        first, *later = self.timeline
        plain, personal = first.given | first.moments, dict(first.personal)
        if first.key[0] > now:
            personal.pop("assigned_to", None)
        for one in later:
            if one.key[0] <= now:
                plain |= one.given | one.moments
                personal |= one.personal
            else:
                has = {name: one.given[name] for name in REQUIRED_FIRST if name in one.given}
                plain = has | plain
        return plain, personal

    # The fold
    def stands_under(self) -> int | None:
        if self.head.fold is not None:
            return self.head.fold.policy
        return None if self._last_facts is None else self._last_facts.policy

    def was_pending(self, now: int) -> bool:
        """Whether something known beforehand has taken effect since the newest decision."""
        stored = self.decided()
        return stored is not None and stored.pending_at is not None and stored.pending_at <= now

    def decided(self) -> StoredFold | None:
        if self.head.fold is None and self._decided is not None:
            self.head.fold = self._as_of(self._decided)
        return self.head.fold

    def clocks_as_told(self) -> StoredFold | None:
        if not self._before_now.left:
            return self.decided()
        return None if self._as_told is None else self._as_of(self._as_told)

    def _as_of(self, then: Decided) -> StoredFold:
        under = [one for one in self.policies if one.version <= then.under]
        found = self._folded_to(then.at, excuses=then.excuses, policies=under, read=then.read)
        return stored_fold.dump(found)

    def _decided_to(self) -> int:
        stored = self.head.fold or self._last_facts
        return 0 if stored is None else stored.at

    def folded(self, now: int) -> Fold:
        return self._fold if self._fold is not None else self.refold(now)

    def caught_up(self, now: int) -> Fold:
        return self.refold(now)

    def refold(self, now: int, seen: Callable[[Fold], None] = lambda _: None) -> Fold:
        """As `folded`, from the beginning; `seen` is shown the fold after each step."""
        self._fold = self._folded_to(now, seen)
        self.head.attributes = self._attributes(now)
        return self._fold

    def _folded_to(
        self,
        now: int,
        seen: Callable[[Fold], None] = lambda _: None,
        excuses: Excuses | None = None,
        policies: Sequence[Policy] | None = None,
        read: Sequence[Stored] | None = None,
    ) -> Fold:
        observations = [one.observation for one in (self.timeline if read is None else read)]
        by = self._excused_by if excuses is None else excuses
        under = self.policies if policies is None else policies
        return timeline.fold(observations, under, now, seen, by, self.head.source)

    # What follows from it
    def standing(self, fold: Fold, now: int) -> list[Key]:
        """How many crossings there are before one of them, its ordinal, may be another number by
        what is known now than it was when it was raised: they are matched by their instants."""
        breaches = self.breaches(fold)
        happened = escalation.instants(fold, now, self.acknowledgements, breaches)
        raised = self._before_now.raised
        found = paired({raising: at for raising, (at, _) in raised.items()}, happened)
        self._standing = {key: raised[raising][1] for raising, key in found.items()}
        return list(self._standing)

    def muted(self) -> list[Muted]:
        muted, raised = self._before_now.muted, self._before_now.raised
        return [
            Muted(key, body, raised[raising][0], muted[raising])
            for key, body in self._standing.items()
            if (raising := (key[:3], body.generation)) in muted
        ]

    def settle_muted(self, key: Key, generation: int) -> None:
        self._before_now.settle_muted((key[:3], generation))

    def count_raise(self, key: Key) -> int:
        generation = self._before_now.generations.get(key[:3], -1) + 1
        self._before_now.generations[key[:3]] = generation
        self._raised_now.append(key)
        return generation

    def note_told(self, key: Key, told: ToldOf) -> None:
        self.told_now.append(key)
        self._told_now[key[:3], told.generation] = told

    def note_reminded(self, of: CycleMilestone, generation: int, reach: int) -> None:
        self._before_now.reaches((of, generation), reach)

    def followed(self) -> Iterable[Followed]:
        told: dict[tuple[str, int], dict[str, ToldOf]] = {}
        those = {
            raising_of(body): heard_of(body, body.generation, reach(body))
            for body in self.told_of()
        }
        known = {raising[0][:2] for raising in those}
        for ((clock, started_at, milestone), _), one in sorted({**those, **self._told_now}.items()):
            of = told.setdefault((clock, started_at), {})
            before = of.get(milestone, one)
            to = {**before.to, **one.to}
            of[milestone] = ToldOf(one.generation, to, max(before.reach, one.reach))
        for cycle, of in told.items():
            over = self._before_now.over.get(cycle) if cycle in known else None
            yield Followed(*cycle, of, over)

    def told_of(self) -> Iterable[Raised]:
        """What stands, and somebody was told of."""
        return self._before_now.told_of()

    def told_by(self, rotation: str) -> Collection[Notice]:
        return self._before_now.by_rotation(rotation)

    def take_back(self, key: Key) -> Raised:
        told = self._standing.pop(key)
        self._before_now.raised.pop((key[:3], told.generation), None)
        return told

    def _still_owes(self) -> bool:
        return False

    def keep_raised(self, fold: Fold) -> None:
        kept: dict[str, RaisedOf] = {}
        followed = {one[:2]: one for one in self.followed()}
        standing = sorted([*self._standing, *self._raised_now])
        for name, clock in fold.clocks.items():
            if clock.cycle is None:
                continue
            start = clock.cycle.started_at
            ordinals = {
                key.milestone: key.ordinal
                for key in standing
                if key.clock == name and key.started_at == start
            }
            milestones = {
                milestone: (ordinals.get(milestone, RETRACTED), generation)
                for (of, started_at, milestone), generation in self._before_now.generations.items()
                if of == name and started_at == start
            }
            if milestones:
                kept[name] = RaisedOf(start, milestones)
                if (of := followed.get((name, start))) is not None:
                    of.keep_in(kept[name])
        self.head.raised = kept
        self.head.held = held(self._holders(), fold, {})

    # What its events carry
    def _changed(self, fold: Fold) -> list[Cycle] | None:
        return None

    def _holder(self, clock: str, started_at: int, at: int) -> Holder:
        return self._holders().at(at)

    def _holders(self) -> Holders:
        if self._had_by is None:
            self._had_by = Holders(Holder(self.timeline[0].given.get("type"), None))
            for one in self.timeline:
                self._had_by.take(one.key[0], self._had_by.last.after(one.given, one.personal))
        return self._had_by
