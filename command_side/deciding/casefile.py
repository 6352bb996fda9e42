"""The working state of one ticket while commands about it are decided: pure, no I/O.

It comes in two shapes. `FromHead` knows what the stored head says, which is enough for what only
continues; `Replayed` has read the stream, and knows everything. Here is what both can do, about in
the order in which a decision asks for it, under the same headings in all three files.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, NamedTuple, Protocol
from uuid import UUID

from command_side.deciding.events import Facts, Notice, Raised
from command_side.deciding.excusing import NOTHING_AGREED, ExcuseBook
from command_side.deciding.facts import facts
from command_side.deciding.head import Head, RaisedOf, kept
from command_side.deciding.holding import Holder
from command_side.deciding.moved_promises import moved
from command_side.deciding.observed import ObservedItem
from command_side.deciding.on_call import NOBODY_ON_CALL
from engine.sla import escalation, stored_fold
from engine.sla.cycle import Cycle
from engine.sla.escalation import Acknowledgement, Key
from engine.sla.pairing import CycleMilestone
from engine.sla.policy import Policy
from engine.sla.stored_fold import StoredFold
from engine.sla.timeline import Fold, Observation
from engine.sla.verdict import CycleView, verdict


class PolicyBook(Protocol):
    """The policy versions known to this process."""

    @property
    def current(self) -> Policy: ...

    @property
    def all(self) -> tuple[Policy, ...]: ...

    def version(self, number: int) -> Policy: ...


class Muted(NamedTuple):
    """A milestone that stands, and that nobody has been told of, nor has taken on since."""

    key: Key
    body: Raised
    at: int
    """When it happened."""
    how: str
    """snoozed | silenced"""


class ToldOf(NamedTuple):
    """A milestone of which somebody was told."""

    generation: int
    """The one that was told last."""
    to: Mapping[str, int]
    """The channels that are told when its cycle is over, each with what was told there last."""
    reach: int
    """The highest level that was told of with it: its own, or the ticket's."""


class Followed(NamedTuple):
    """A cycle whose end somebody is told of."""

    clock: str
    started_at: int
    told: Mapping[str, ToldOf]
    """By milestone."""
    over: str | None
    """How it was over as they know; None: it was not."""

    def keep_in(self, kept: RaisedOf) -> None:
        """As a head has it."""
        kept.over = self.over
        for milestone, told in self.told.items():
            kept.hears(milestone, told.generation, dict(told.to))
            kept.reaches(milestone, told.reach)


class Casefile(ABC):
    """One ticket, opened for deciding. Instants are microseconds.

    Where a method raises NeedsStream, this casefile is spent: a `Replayed` takes its place.
    """

    has_read_stream: ClassVar[bool]

    def __init__(
        self,
        ticket: UUID,
        version: int,
        head: Head,
        book: PolicyBook,
        excuses: ExcuseBook = NOTHING_AGREED,
    ) -> None:
        self.ticket = ticket
        self.version = version
        """Of the stream's last event; 0: there is none yet."""
        self.head = head
        """Changed as things are decided, to be stored with them."""
        self.book = book
        self.excuses = excuses
        self.on_call = NOBODY_ON_CALL
        """As is known where it is decided; whoever opens the case says so."""
        self.policies = _since(head.policy, book.all)
        self.told_now: list[Key] = []
        """The milestones that somebody is told of now."""
        self.acknowledgements: list[Acknowledgement] = []
        """All of them. From the first one on, a head is not enough."""

    # What is excused
    def come_under_newest_excuses(self) -> None:
        """Before anything is decided. Raises NeedsStream where only that says whether they concern
        the ticket."""
        if self.head.excuses != self.excuses.number:
            self._come_under(self.excuses)

    @abstractmethod
    def _come_under(self, excuses: ExcuseBook) -> None:
        """Under the newest list of these; UnknownVersion where another process knows a newer."""

    @abstractmethod
    def excused_anew(self, fold: Fold, now: int) -> int | None:
        """The number of the newest list that left it as it was, where what is excused concerns it
        otherwise now: by a newer list, or by something late that brought it into a window. None:
        it does not."""

    # Observations
    def observe(self, received: ObservedItem, at: int, phase: Any, now: int) -> bool:
        """Takes an observation in; answers whether it was late.

        Raises NeedsStream when it does more than continue what is known.
        """
        one = received.observation(at, phase)
        self._take_in(received, one, now)
        head, key = self.head, (at, one.revision)
        late = key < head.newest
        head.newest = max(head.newest, key)
        head.observations += 1
        head.late += late
        return late

    @abstractmethod
    def _take_in(self, received: ObservedItem, one: Observation, now: int) -> None:
        """Before the head counts it."""

    def says_nothing_new(self, received: ObservedItem) -> bool:
        """Whether an observation without a time of its own would change nothing.

        It comes after all that is known, the future included. Raises NeedsStream.
        """
        known = self._attributes_at_the_end()
        return all(
            known.get(name) == kept(name, value)
            for said in (received.given, received.moments, received.personal)
            for name, value in said.items()
        )

    @abstractmethod
    def _attributes_at_the_end(self) -> dict[str, Any]:
        """As a head keeps them, once everything known has taken effect."""

    @abstractmethod
    def at_length(self, now: int) -> Mapping[str, Any]:
        """The attributes that may be long, `tags` and `extra`, as they were said. Raises
        NeedsStream where only that knows them."""

    @abstractmethod
    def current(self, now: int) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """All attributes as folded, the personal ones apart; None where what comes only goes on
        from them: it says itself what is new."""

    # The fold
    def decided(self) -> StoredFold | None:
        """As it was when something was decided last; None: nothing ever was."""
        return self.head.fold

    def clocks_as_told(self) -> StoredFold | None:
        """As those know them who are told of transitions: up to the newest decision, or to the one
        before what was left to a tick. None: there is none."""
        return self.decided()

    @abstractmethod
    def stands_under(self) -> int | None:
        """The policy version that the newest event with facts names; None: there is none. A later
        one that left everything as it was is in no event: it is judged again with what comes."""

    @abstractmethod
    def folded(self, now: int) -> Fold:
        """Of all that has been observed and has taken effect by `now`."""

    @abstractmethod
    def caught_up(self, now: int) -> Fold:
        """The fold as time alone has moved it on; raises NeedsStream when it moved more."""

    def retargeted(self, fold: Fold, before: int, now: int) -> bool:
        """Whether a later version than `before` promises any open cycle otherwise, or put the
        ticket into another phase; or counts since a time before its acceptance, and changes what
        is told of any cycle."""
        if fold.policy.version == before:
            return False
        later = [policy for policy in self.policies if before < policy.version]
        return fold.rephased_by > before or moved([self.book.version(before), *later], fold)

    def resumed(self, fold: Fold) -> tuple[str, ...]:
        """Clocks that have run again by themselves since the newest decision; to be asked before
        the fold is put into the head."""
        if not fold.resumed:
            return ()
        decided = self._decided_to()
        # In an order of their own: that of a fold depends on whether it was taken up again.
        return tuple(sorted([name for name, at in fold.resumed.items() if at > decided]))

    def came_under_another_rule(self, fold: Fold) -> bool:
        """Whether time alone has brought it under another rule since the newest decision; to be
        asked before the fold is put into the head."""
        return fold.another_rule_at is not None and fold.another_rule_at > self._decided_to()

    @abstractmethod
    def _decided_to(self) -> int:
        """Up to when things had taken effect at the newest decision."""

    # What follows from it
    def breaches(self, fold: Fold) -> list[int]:
        """Only an acknowledgement asks for them."""
        if not self.acknowledgements:
            return []
        return escalation.breach_instants(fold, fold.crossings())

    def level(self, fold: Fold, now: int) -> int:
        return escalation.level_at(fold, now, self.acknowledgements, self.breaches(fold))

    @abstractmethod
    def standing(self, fold: Fold, now: int) -> list[Key]:
        """The milestones that were raised and not taken back, by the crossings of this fold that
        they tell of. A head knows those of the cycles that were the newest when it was stored."""

    @abstractmethod
    def muted(self) -> list[Muted]:
        """Of those that `standing` found, in that order."""

    @abstractmethod
    def settle_muted(self, key: Key, generation: int) -> None:
        """This one is told now: what was muted and says no more than that need not be."""

    @abstractmethod
    def told_by(self, rotation: str) -> Iterable[Notice]:
        """What whoever was on call was told, because of that. Raises NeedsStream."""

    @abstractmethod
    def count_raise(self, key: Key) -> int:
        """The generation of a milestone that is raised now; from then on it stands."""

    @abstractmethod
    def note_told(self, key: Key, told: ToldOf) -> None:
        """Of a milestone that somebody is told of now."""

    @abstractmethod
    def note_reminded(self, of: CycleMilestone, generation: int, reach: int) -> None:
        """Of a milestone that somebody is told of once more, the level that is told of with it."""

    @abstractmethod
    def followed(self) -> Iterable[Followed]:
        """The cycles of which somebody was told what stands, and is told when they are over."""

    def keep_over(self, clock: str, started_at: int, over: str | None) -> None:
        """Of a cycle its followers know that now; to be kept with what was raised."""
        kept = self.head.raised.get(clock)
        if kept is not None and kept.started_at == started_at:
            kept.over = over

    @abstractmethod
    def take_back(self, key: Key) -> Raised:
        """What was recorded of a milestone that stands; from then on it does not. Raises
        NeedsStream."""

    def keep(self, fold: Fold, now: int) -> int | None:
        """Puts the fold into the head and says when the engine must look at it next: `now` where
        something is owed. An item raises nothing: that instant wakes the watch, by `new_deadline`,
        and its tick raises."""
        self.head.hear(now)
        self.head.due = self._keep(fold, now)
        if self.head.acknowledged:
            self.head.level = self.level(fold, now)
        if self.head.muted or not self.head.repeats:
            return now if self.head.muted else self.head.due
        reminders = [one.next_at for one in self.head.repeats]
        return min(reminders if self.head.due is None else [*reminders, self.head.due])

    def _keep(self, fold: Fold, now: int) -> int | None:
        head, standing, crossings = self.head, self.standing(fold, now), fold.crossings()
        owes = False
        if standing or crossings:
            crossed = {escalation.key_of(crossing) for crossing in crossings}
            owes = not crossed.issubset(standing) or bool(
                escalation.untrue(fold, standing, crossed, now)
            )
        head.owes = owes or self._still_owes()
        self.keep_raised(fold)
        self.keep_fold(fold)
        if head.owes:
            return now
        acknowledged, breaches = self.acknowledgements, self.breaches(fold)
        return min(escalation.upcoming(fold, standing, acknowledged, breaches), default=None)

    def keep_fold(self, fold: Fold) -> None:
        """To be called where an event says how the clocks stand, and only there: of what none says
        a head that is made anew would know nothing, and decide otherwise."""
        self.head.fold, self.head.excuses = stored_fold.dump(fold), fold.excuses.number

    def owes_now(self, fold: Fold, now: int) -> bool:
        """Whether the tick that comes at once has anything to raise or take back; to be asked once
        the fold is kept."""
        if not (self.head.owes and self.acknowledgements):
            return self.head.owes
        standing, breaches = self.standing(fold, now), self.breaches(fold)
        return escalation.owes_now(fold, standing, self.acknowledgements, breaches, now)

    @abstractmethod
    def _still_owes(self) -> bool:
        """Whether anything crossed or taken back before this decision, that `standing` does not
        show, has to be settled."""

    @abstractmethod
    def keep_raised(self, fold: Fold) -> None:
        """The head keeps what was raised for the newest cycle of each clock, and for whom it was
        breached."""

    # What its events carry
    def facts(self, fold: Fold, now: int) -> Facts:
        changed = self._changed(fold)
        return facts(
            verdict(fold, changed),
            fold,
            status=self.head.attributes.get("status", ""),
            observations=self.head.observations,
            late=self.head.late,
            level=self.level(fold, now),
            all_cycles=changed is None,
            besides=self,
        )

    @abstractmethod
    def _changed(self, fold: Fold) -> list[Cycle] | None:
        """The cycles that are not what they were at the newest decision; None: any may differ."""

    def type_at(self, view: CycleView) -> str | None:
        at = view.decided_at
        return None if at is None else self._holder(view.clock, view.started_at, at).type

    def acknowledged_at(self, started_at: int, stopped_at: int | None) -> int | None:
        for one in self.acknowledgements:
            if started_at <= one.at and (stopped_at is None or one.at < stopped_at):
                return one.at
        return None

    def had(self, facts: Facts) -> tuple[tuple[str, int, str], ...]:
        """Who had the ticket when the cycles among the facts were decided: personal."""
        if not facts.cycles:
            return ()
        found: list[tuple[str, int, str]] = []
        for one in facts.cycles:
            if one.stood_at is not None:
                name = self._holder(one.clock, one.started_at, one.stood_at).assigned_to
                if name:
                    found.append((one.clock, one.cycle, name))
        return tuple(found)

    @abstractmethod
    def _holder(self, clock: str, started_at: int, at: int) -> Holder:
        """Of a cycle that was decided then."""


def _since(version: int, policies: tuple[Policy, ...]) -> tuple[Policy, ...]:
    if not policies or policies[0].version == version:
        return policies
    return tuple(policy for policy in policies if policy.version >= version)
