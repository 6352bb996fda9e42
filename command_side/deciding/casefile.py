"""The working state of one ticket while commands about it are decided: pure, no I/O.

A casefile begins with the stored head. Observations that only continue the fold are applied to
it; anything else needs the stream, from which everything is folded again, once.
"""

from bisect import insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from msgspec.structs import replace

from command_side.deciding.events import Facts, Milestone, Observation, Ticket
from command_side.deciding.facts import facts
from command_side.deciding.head import RETRACTED, Head, RaisedOf, kept, remember
from command_side.deciding.moved_promises import moved
from command_side.deciding.observed import MOMENTS, ObservedItem, observation
from command_side.deciding.records import Recorded
from engine.sla import escalation, stored_fold, timeline
from engine.sla.cycle import Cycle
from engine.sla.escalation import Acknowledgement, Key
from engine.sla.instants import micros
from engine.sla.pairing import Raising, paired
from engine.sla.policy import Policy
from engine.sla.timeline import Fold
from engine.sla.verdict import verdict

MUTED = ("snoozed", "silenced")
"""Why what matters was not sent: it is, when that is over."""
Raise = Ticket.AlertRaised | Ticket.Escalated
"""What tells of a milestone."""


class PolicyBook(Protocol):
    """The policy versions known to this process."""

    @property
    def current(self) -> Policy: ...

    @property
    def all(self) -> tuple[Policy, ...]: ...

    def version(self, number: int) -> Policy: ...


@dataclass(slots=True, order=True)
class Stored:
    """One observation of the stream, with what it said."""

    key: tuple[int, int]
    observation: timeline.Observation = field(compare=False)
    given: dict[str, Any] = field(compare=False)
    moments: dict[str, int] = field(compare=False)
    personal: dict[str, Any] = field(compare=False)


class NeedsStream(Exception):
    """The head is not enough for this decision."""


class Casefile:
    """One ticket, opened for deciding. Instants are microseconds."""

    def __init__(self, ticket: UUID, version: int, head: Head, book: PolicyBook) -> None:
        self.ticket = ticket
        self.version = version
        self.head = head
        self.book = book
        self.policies = _since(head.policy, book.all)
        self.fold: Fold | None = None
        self.timeline: list[Stored] | None = None
        """Every observation in order; only once the stream has been read."""
        self.told: dict[Raising, tuple[int, Raise]] = {}
        """Instants and bodies of the milestones that stand, by generation, as they were raised;
        only once the stream has been read."""
        self.muted: dict[Raising, str] = {}
        """How those were muted that nobody has been told of, nor has taken on since; only once the
        stream has been read."""
        self.raised: dict[Key, Raise | None] = {}
        """Their bodies, by the crossings that they tell of; see `match`. None: not stored yet."""
        self.generations: dict[tuple[str, int, str], int] = {}
        self.acknowledgements: list[Acknowledgement] = []
        """All of them; only once the stream has been read."""
        self.last_facts: Facts | None = None
        """Those of the newest event that carried any; only once the stream has been read."""
        self.decided_at = 0
        """When that was recorded."""
        self._at_the_end: dict[str, Any] | None = None
        if head.fold is not None:
            self.fold = stored_fold.load(head.fold, book)

    @property
    def complete(self) -> bool:
        """Whether everything the stream holds is at hand."""
        return self.timeline is not None

    def stands_under(self) -> int | None:
        """The policy version of the newest decision; None: there was none."""
        if self.head.fold is not None:
            return self.head.fold.policy
        return None if self.last_facts is None else self.last_facts.policy

    def was_pending(self, now: int) -> bool:
        """Whether something known beforehand has taken effect since the newest decision."""
        stored = self.head.fold
        if stored is not None:
            return stored.pending_at is not None and stored.pending_at <= now
        if self.timeline is None or self.last_facts is None:
            return False
        observations = [one.observation for one in self.timeline]
        then = timeline.fold(observations, self.policies, self.decided_at)
        return then.pending_at is not None and then.pending_at <= now

    # The stream
    def read(self, stream: Sequence[Recorded]) -> None:
        """Takes in the whole stream."""
        self.timeline = []
        for event in stream:
            body = event.body
            if isinstance(body, Observation | Ticket.Retargeted | Ticket.Moved):
                self.last_facts, self.decided_at = body.facts, micros(event.recorded_at)
            if isinstance(body, Observation):
                at, moments = micros(event.occurred_at), body.moments or {}
                one = observation(at, body.revision, body.phase, body.given, moments)
                said = event.personal.given or {}
                insort(self.timeline, Stored((at, body.revision), one, body.given, moments, said))
            elif isinstance(body, Raise):
                milestone = raised_key(body)[:3]
                self.told[milestone, body.generation] = micros(event.occurred_at), body
                self.generations[milestone] = body.generation
                if body.suppressed in MUTED:
                    self.muted[milestone, body.generation] = body.suppressed
            elif isinstance(body, Ticket.Retracted):
                self.told.pop((raised_key(body)[:3], body.generation), None)
                self.muted.pop((raised_key(body)[:3], body.generation), None)
            elif isinstance(body, Ticket.Unmuted):
                self._unmute({one.alert_id: one.to for one in body.alerts})
            elif isinstance(body, Ticket.Acknowledged):
                given = Acknowledgement(micros(event.occurred_at), body.until)
                self.acknowledgements.append(given)
                self.muted.clear()

    def _unmute(self, told: dict[str, tuple[str, ...]]) -> None:
        """These were told after all: who was, hears of it when it is taken back."""
        for name in list(self.muted):
            at, body = self.told[name]
            if body.alert_id in told:
                self.told[name] = at, replace(body, to=told[body.alert_id])
                del self.muted[name]

    # Observations
    def observe(self, received: ObservedItem, at: int, phase: Any, now: int) -> bool:
        """Takes an observation in; answers whether it was late.

        Raises NeedsStream when it does more than continue the fold and the stream is not here.
        """
        one = received.observation(at, phase)
        head = self.head
        if self.timeline is None:
            if self.fold is None or head.acknowledged:
                raise NeedsStream
            if not self.fold.follows(one, now, self.policies):
                raise NeedsStream
            armed = self._armed()
            self.fold.follow(one, now, self.policies)
            if any(clock.forgotten for clock in self.fold.clocks.values()):
                raise NeedsStream
            if armed != self._armed():
                # Which of its crossings have been told of, only their instants say.
                raise NeedsStream
            remember(head.attributes, received.given, received.moments, received.personal)
        else:
            said = Stored(
                (at, one.revision), one, received.given, received.moments, received.personal
            )
            insort(self.timeline, said)
            self.fold = None
        key = (at, one.revision)
        late = key < head.newest
        if late:
            self._at_the_end = None
        elif self._at_the_end is not None:
            remember(self._at_the_end, received.given, received.moments, received.personal)
        head.newest = max(head.newest, key)
        head.observations += 1
        head.late += late
        return late

    def _armed(self) -> list[dict[str, int]]:
        """How often the milestones of clocks that raised any were armed again."""
        clocks = self.fold.clocks if self.fold is not None else {}
        return [
            dict(cycle.ordinals)
            for name in self.head.raised
            if name in clocks and (cycle := clocks[name].cycle) is not None
        ]

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

    def _attributes_at_the_end(self) -> dict[str, Any]:
        if self.timeline is None:
            if self.fold is None or self.fold.pending_at is not None:
                raise NeedsStream
            return self.head.attributes
        if self._at_the_end is None:
            self._at_the_end = self._folded(self.timeline[-1].key[0])
        return self._at_the_end

    def refold(self, now: int, seen: Callable[[Fold], None] = lambda _: None) -> Fold:
        """The fold of everything that has taken effect by `now`; needs the stream."""
        if self.timeline is None:
            raise NeedsStream
        observations = [one.observation for one in self.timeline]
        self.fold = timeline.fold(observations, self.policies, now, seen)
        self.head.attributes = self._folded(now)
        return self.fold

    def _folded(self, now: int) -> dict[str, Any]:
        """As a head keeps them."""
        plain, personal = self.current(now)
        attributes: dict[str, Any] = {}
        remember(attributes, plain, {}, personal)
        return attributes

    def current(self, now: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """All attributes as folded, the personal ones apart; needs the stream.

        What nothing up to `now` names has the value that is the first to come.
        """
        plain: dict[str, Any] = {}
        personal: dict[str, Any] = {}
        for one in self.timeline or ():
            if one.key[0] <= now:
                plain |= one.given | one.moments
                personal |= one.personal
            else:
                plain = {**one.given, **one.moments, **plain}
                personal = {**one.personal, **personal}
        return plain, personal

    def retargeted(self, fold: Fold, before: int) -> bool:
        """Whether a later version than `before` promises any open cycle otherwise, or put the
        ticket into another phase."""
        if fold.policy.version == before:
            return False
        later = [policy for policy in self.policies if before < policy.version]
        return fold.rephased_by > before or moved([self.book.version(before), *later], fold)

    # What follows
    def breaches(self, fold: Fold) -> list[int]:
        """Only an acknowledgement asks for them."""
        if not self.acknowledgements:
            return []
        return escalation.breach_instants(fold, fold.crossings())

    def level(self, fold: Fold, now: int) -> int:
        return escalation.level_at(fold, now, self.acknowledgements, self.breaches(fold))

    def standing(self) -> list[Key]:
        """The milestones that were raised and not taken back; without the stream those of the
        cycles that were the newest when the head was stored."""
        return list(self.raised) if self.complete else self.head.standing()

    def match(self, fold: Fold, now: int) -> None:
        """Finds out which crossings up to `now` have been told of; needs the stream.

        How many there are before one of them, its ordinal, may be another number by what is known
        now than it was when it was raised.
        """
        held, breaches = self.acknowledgements, self.breaches(fold)
        happened = escalation.instants(fold, now, held, breaches)
        told = {name: at for name, (at, _) in self.told.items()}
        self.raised = {key: self.told[name][1] for name, key in paired(told, happened).items()}

    def settle(self, fold: Fold, now: int) -> int | None:
        """Puts the fold into the head and says when the engine must look at it next."""
        self.head.hear(now)
        self.head.due = self._settle(fold, now)
        return now if self.head.muted else self.head.due

    def _settle(self, fold: Fold, now: int) -> int | None:
        if self.complete:
            self.match(fold, now)
        head, standing = self.head, self.standing()
        crossed = {escalation.key_of(crossing) for crossing in fold.crossings()}
        owes = not crossed.issubset(standing) or bool(
            escalation.untrue(fold, standing, crossed, now)
        )
        # A head does not know what was crossed before it was stored: what it owed, it still owes.
        head.owes = owes or (head.owes and not self.complete)
        if self.complete:
            self.keep_raised(fold)
        elif head.raised and not head.owes:
            head.raised = {
                name: kept
                for name, kept in head.raised.items()
                if self._is_newest(fold, name, kept.started_at)
            }
        head.fold = stored_fold.dump(fold)
        if head.owes:
            return now
        held, breaches = self.acknowledgements, self.breaches(fold)
        return min(escalation.upcoming(fold, standing, held, breaches), default=None)

    @staticmethod
    def _is_newest(fold: Fold, clock: str, started_at: int) -> bool:
        cycle = fold.clocks[clock].cycle if clock in fold.clocks else None
        return cycle is not None and cycle.started_at == started_at

    def keep_raised(self, fold: Fold) -> None:
        """The head keeps what was raised for the newest cycle of each clock."""
        kept: dict[str, RaisedOf] = {}
        for name, clock in fold.clocks.items():
            if clock.cycle is None:
                continue
            start = clock.cycle.started_at
            ordinals = {
                key.milestone: key.ordinal
                for key in sorted(self.raised)
                if key.clock == name and key.started_at == start
            }
            milestones = {
                milestone: (ordinals.get(milestone, RETRACTED), generation)
                for (of, started_at, milestone), generation in self.generations.items()
                if of == name and started_at == start
            }
            if milestones:
                kept[name] = RaisedOf(start, milestones)
        self.head.raised = kept

    def facts(self, fold: Fold, now: int) -> Facts:
        changed: list[Cycle] | None = None
        if not self.complete:
            changed = [cycle for cycle in fold.cycles() if cycle.turns]
        return facts(
            verdict(fold, changed),
            fold,
            status=self.head.attributes.get("status", ""),
            observations=self.head.observations,
            late=self.head.late,
            level=self.level(fold, now),
            all_cycles=self.complete,
        )


def _since(version: int, policies: tuple[Policy, ...]) -> tuple[Policy, ...]:
    if not policies or policies[0].version == version:
        return policies
    return tuple(policy for policy in policies if policy.version >= version)


def raised_key(body: Milestone) -> Key:
    """The key of what was raised or taken back."""
    match body:
        case Ticket.AlertRaised():
            milestone = body.severity
        case Ticket.Escalated():
            milestone = f"level:{body.level}"
        case Ticket.Retracted():
            milestone = body.milestone
        case _:
            raise TypeError(f"{body.TOPIC} is no milestone")
    return Key(body.clock, body.cycle_started_at, milestone, body.ordinal)


def without_moments(attributes: dict[str, Any]) -> dict[str, Any]:
    """What an event keeps of the attributes as folded."""
    return {name: value for name, value in attributes.items() if name not in MOMENTS}
