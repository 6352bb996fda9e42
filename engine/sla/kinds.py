"""What each kind of clock does when something happens to its ticket.

A new kind is one class here with an entry in `KINDS`, and its name in `policy.ClockKind`; a new
clock of a known kind is an entry in the configuration. The rules are those of a ticket's phases
and replies; time itself is counted by the cycle.
"""

from collections.abc import Mapping
from typing import ClassVar

from msgspec import Struct

from engine.sla.conditions import NOTHING_SAID, Attributes
from engine.sla.cycle import Cycle
from engine.sla.excuses import Windows, spliced
from engine.sla.policy import ClockKind, ClockRules, Phase, Plan, Policy

HALTED: frozenset[Phase] = frozenset({"done", "cancelled"})


class Clock(Struct, eq=False):
    """All cycles of one clock of one ticket; subclasses say what starts and ends them."""

    pauses_in: ClassVar[frozenset[Phase]] = frozenset()
    """The phases in which it pauses unless the configuration says otherwise."""
    options: ClassVar[tuple[str, ...]] = ()
    """The rules that the configuration may set for clocks of this kind only."""
    built_in: ClassVar[bool] = True
    """Whether there is one of this kind, and of its name, without being configured."""
    by_team: ClassVar[bool] = False
    """Whether each cycle is of one team, and targets may be by team."""

    rules: ClockRules
    count: int = 0
    cycle: Cycle | None = None
    """The newest cycle, open or not."""
    ended: list[Cycle] = []
    """Cycles before the newest, as far as this fold has them."""
    began_with: Cycle | None = None
    """The newest cycle when a stored fold was taken up again."""
    forgotten: bool = False
    """A cycle that had been told of turned out never to have lasted."""
    had_breach: bool = False
    """Of the cycles that this fold no longer has, one was breached."""
    had_target: bool = False
    """Of the cycles that this fold no longer has, one had a target."""
    windows: Windows = ()
    """When its time does not count, by agreement."""
    own: int | None = None
    """The date that the ticket brings along for clocks of this kind."""
    waits: bool = False
    """A customer wrote, or the assignee was lost, while the ticket was done; the wait starts
    with the reopen."""
    team: str | None = None
    """That has the ticket."""
    assigned: bool = False
    """Somebody is assigned."""
    attributes: Attributes = NOTHING_SAID
    """What the ticket says about itself."""

    # What may happen; `phase` is the one in force once it has happened.
    def created(self, at: int, phase: Phase, policy: Policy, plan: Plan) -> None: ...
    def first_answered(self, at: int) -> None: ...
    def agent_replied(self, at: int, phase: Phase, policy: Policy, plan: Plan) -> None: ...
    def customer_replied(
        self, at: int, phase: Phase, policy: Policy, plan: Plan, *, answered: bool
    ) -> None: ...

    def leaves(self, at: int, team: str | None) -> None:
        """The ticket goes to another team, or none; before that one's targets are in force."""

    def comes(
        self, at: int, team: str | None, assigned: bool, phase: Phase, policy: Policy, plan: Plan
    ) -> None:
        """The ticket has come to a team, or to somebody, or to nobody."""
        self.team, self.assigned = team, assigned

    def finished(self, at: int) -> None:
        """The ticket is done."""

    def reopened(self, at: int, phase: Phase, policy: Policy, plan: Plan) -> None:
        """The ticket left `done` or `cancelled`."""

    def cancelled(self, at: int) -> None:
        """The ticket was cancelled."""
        if self.cycle is not None and self.cycle.is_open:
            self.cycle.cancel(at)

    def changed(self, at: int, policy: Policy, plan: Plan) -> None:
        """Another plan is in force; cycles that have ended keep theirs."""
        if self.cycle is not None and self.cycle.is_open:
            self.cycle.retarget(at, policy, plan, self.own)

    def judged_by(self, at: int, attributes: Attributes) -> None:
        """The open cycle is, from now on; those that have ended stay as they were judged."""
        self.attributes = attributes
        if self.cycle is not None:
            self.cycle.judged_by(at, attributes)

    def excuse(self, at: int, windows: Windows) -> None:
        """From `at` on these windows do not count; those before stay as they were."""
        self.windows = spliced(self.windows, windows, at)
        if self.cycle is not None:
            self.cycle.excuse(self.windows, at, windows)

    def moved(self, at: int, phase: Phase) -> None:
        """The open cycle runs or pauses as the phase says."""
        cycle = self.cycle
        if cycle is None or not cycle.is_open:
            return
        if phase in HALTED:
            cycle.pause(at, held=True)
        elif phase in self.rules.pauses_in:
            cycle.pause(at)
        else:
            cycle.run(at)

    def cycles(self) -> list[Cycle]:
        """Every cycle that this fold has, oldest first."""
        return self.ended if self.cycle is None else [*self.ended, self.cycle]

    @property
    def was_unknown(self) -> bool:
        """The newest cycle ended under a policy without this clock: taken up again it is counted
        anew, as if it always had been promised."""
        cycle = self.cycle
        return (
            cycle is not None
            and cycle.plan is not None
            and not cycle.is_open
            and self.rules.name not in cycle.plan.calendars
        )

    def start(self, at: int, phase: Phase, policy: Policy, plan: Plan) -> None:
        if self.cycle is not None:
            self.ended.append(self.cycle)
        self.count += 1
        self.cycle = Cycle(
            self.rules,
            self.count,
            at,
            at,
            "paused",
            anchor=at,
            windows=self.windows,
            held=True,
            team=self.team if self.by_team else None,
            attributes=self.attributes,
        )
        self.cycle.retarget(at, policy, plan, self.own)
        self.moved(at, phase)

    def drop(self, at: int) -> None:
        """Cancels the open cycle; one that never lasted never was."""
        cycle = self.cycle
        if cycle is None or not cycle.is_open:
            return
        cycle.cancel(at)
        if cycle.started_at == at:
            self.forgotten = self.forgotten or cycle is self.began_with
            self.count -= 1
            self.cycle = self.ended.pop() if self.ended else None

    def give_up(self, at: int) -> None:
        """The ticket is done before the open cycle is: nobody is waiting any more. It is cancelled
        unless it was overdue by then, for to resolve a ticket hides no miss."""
        cycle = self.cycle
        if cycle is None or not cycle.is_open:
            return
        cycle.count_to(at)
        if cycle.is_missed:
            cycle.stop(at)
        else:
            self.drop(at)

    def resume(self, at: int, policy: Policy, plan: Plan) -> None:
        """The newest cycle, stopped or cancelled, is open again under what is in force now."""
        if self.cycle is not None and not self.cycle.is_open:
            self.cycle.reopen(at)
            self.cycle.rules, self.cycle.attributes = self.rules, self.attributes
            self.cycle.retarget(at, policy, plan, self.own)


class Response(Clock):
    """From creation to the first answer; once."""

    options = ("answered_by",)

    def created(self, at: int, phase: Phase, policy: Policy, plan: Plan) -> None:
        self.start(at, phase, policy, plan)

    def first_answered(self, at: int) -> None:
        if self.cycle is not None and self.cycle.is_open:
            self.cycle.stop(at)

    def reopened(self, at: int, phase: Phase, policy: Policy, plan: Plan) -> None:
        if self.cycle is not None and self.cycle.state == "cancelled":
            self.resume(at, policy, plan)


class Resolution(Clock):
    """From creation until the ticket is done, and again after a reopen."""

    pauses_in = frozenset({"paused"})
    options = ("reopen",)

    def created(self, at: int, phase: Phase, policy: Policy, plan: Plan) -> None:
        self.start(at, phase, policy, plan)

    def finished(self, at: int) -> None:
        if self.cycle is not None and self.cycle.is_open:
            self.cycle.stop(at)

    def reopened(self, at: int, phase: Phase, policy: Policy, plan: Plan) -> None:
        if self.rules.reopen == "resume":
            self.resume(at, policy, plan)
        elif self.cycle is None or not self.cycle.is_open:
            self.start(at, phase, policy, plan)


class NextResponse(Clock):
    """From the oldest unanswered customer reply to the next agent reply; a cycle per wait."""

    options = ("after",)

    def customer_replied(
        self, at: int, phase: Phase, policy: Policy, plan: Plan, *, answered: bool
    ) -> None:
        if not answered and self.rules.after == "first_response":
            return
        if self.cycle is not None and self.cycle.is_open:
            return
        if phase in HALTED:
            self.waits = True
        else:
            self.start(at, phase, policy, plan)

    def agent_replied(self, at: int, phase: Phase, policy: Policy, plan: Plan) -> None:
        self.waits = False
        if self.cycle is not None and self.cycle.is_open:
            self.cycle.stop(at)

    def finished(self, at: int) -> None:
        self.give_up(at)

    def cancelled(self, at: int) -> None:
        self.drop(at)

    def reopened(self, at: int, phase: Phase, policy: Policy, plan: Plan) -> None:
        if self.waits and phase not in HALTED:
            self.waits = False
            self.start(at, phase, policy, plan)


class Update(Clock):
    """From one agent reply to the next; the customer is kept informed."""

    pauses_in = frozenset({"paused"})

    def created(self, at: int, phase: Phase, policy: Policy, plan: Plan) -> None:
        if phase not in HALTED:
            self.start(at, phase, policy, plan)

    def agent_replied(self, at: int, phase: Phase, policy: Policy, plan: Plan) -> None:
        if self.cycle is not None and self.cycle.is_open:
            self.cycle.stop(at)
        if phase not in HALTED:
            self.start(at, phase, policy, plan)

    def finished(self, at: int) -> None:
        self.give_up(at)

    def cancelled(self, at: int) -> None:
        self.drop(at)

    def reopened(self, at: int, phase: Phase, policy: Policy, plan: Plan) -> None:
        if phase not in HALTED:
            self.start(at, phase, policy, plan)


class Assignment(Clock):
    """From creation until somebody is assigned; again, where it is so configured, whenever nobody
    is any more, or the ticket comes to another team without."""

    options = ("again",)
    built_in = False

    def created(self, at: int, phase: Phase, policy: Policy, plan: Plan) -> None:
        self.start(at, phase, policy, plan)
        if self.assigned and phase != "cancelled":
            self._stop(at)

    def comes(
        self, at: int, team: str | None, assigned: bool, phase: Phase, policy: Policy, plan: Plan
    ) -> None:
        lost = self.assigned and not assigned
        another = team is not None and not same_team(team, self.team)
        super().comes(at, team, assigned, phase, policy, plan)
        if assigned:
            self.waits = False
            self._stop(at)
        elif (lost and "unassigned" in self.rules.again) or (
            another and "team" in self.rules.again
        ):
            self.waits = self.cycle is not None and not self.cycle.is_open
            self._begin(at, phase, policy, plan)

    def reopened(self, at: int, phase: Phase, policy: Policy, plan: Plan) -> None:
        if self.cycle is not None and self.cycle.state == "cancelled":
            self.waits = False
            self.resume(at, policy, plan)
            if self.assigned and phase != "cancelled":
                self._stop(at)
        self._begin(at, phase, policy, plan)

    def _begin(self, at: int, phase: Phase, policy: Policy, plan: Plan) -> None:
        if self.waits and phase not in HALTED:
            self.waits = False
            self.start(at, phase, policy, plan)

    def _stop(self, at: int) -> None:
        if self.cycle is not None and self.cycle.is_open:
            self.cycle.stop(at)


class Ownership(Clock):
    """From when a team has the ticket until it goes to another, or is done; a cycle per stint."""

    pauses_in = frozenset({"paused"})
    built_in = False
    by_team = True

    def created(self, at: int, phase: Phase, policy: Policy, plan: Plan) -> None:
        self._begin(at, phase, policy, plan)

    def leaves(self, at: int, team: str | None) -> None:
        if not same_team(team, self.team):
            self._end(at)

    def comes(
        self, at: int, team: str | None, assigned: bool, phase: Phase, policy: Policy, plan: Plan
    ) -> None:
        another = not same_team(team, self.team)
        super().comes(at, team, assigned, phase, policy, plan)
        if another:
            self._begin(at, phase, policy, plan)

    def finished(self, at: int) -> None:
        self._end(at)

    def cancelled(self, at: int) -> None:
        self.drop(at)

    def reopened(self, at: int, phase: Phase, policy: Policy, plan: Plan) -> None:
        self._begin(at, phase, policy, plan)

    def _begin(self, at: int, phase: Phase, policy: Policy, plan: Plan) -> None:
        if self.team is not None and phase not in HALTED:
            self.start(at, phase, policy, plan)

    def _end(self, at: int) -> None:
        """A stint that never lasted never was."""
        cycle = self.cycle
        if cycle is not None and cycle.is_open:
            if cycle.started_at == at:
                self.drop(at)
            else:
                cycle.stop(at)


def same_team(one: str | None, other: str | None) -> bool:
    """Without regard to case."""
    return one == other or (
        one is not None and other is not None and one.casefold() == other.casefold()
    )


KINDS: Mapping[ClockKind, type[Clock]] = {
    "response": Response,
    "resolution": Resolution,
    "next_response": NextResponse,
    "update": Update,
    "assignment": Assignment,
    "ownership": Ownership,
}
"""In the order in which people are shown the clocks that are built in."""


def of_another_kind(clock: Clock, rules: ClockRules) -> Clock:
    """The clock, with its cycles, as one of the kind that its new rules say."""
    other = KINDS[rules.kind](rules)
    other.count, other.cycle, other.ended = clock.count, clock.cycle, clock.ended
    other.began_with, other.forgotten = clock.began_with, clock.forgotten
    other.had_breach, other.had_target = clock.had_breach, clock.had_target
    other.windows, other.team, other.assigned = clock.windows, clock.team, clock.assigned
    other.attributes = clock.attributes
    return other
