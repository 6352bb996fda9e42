"""All clocks of one ticket together: what can be read of them, and what time alone does to them.

Instants are integer microseconds.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from engine.sla.calendar import ALWAYS
from engine.sla.conditions import Attributes
from engine.sla.cycle import Cycle
from engine.sla.excuses import NOTHING_EXCUSED, Excuses
from engine.sla.kinds import HALTED, KINDS, Clock
from engine.sla.milestones import Crossing
from engine.sla.points import edges_of
from engine.sla.policy import ClockKind, Phase, Plan, Policy

NO_DATES: Final[Mapping[ClockKind, int]] = MappingProxyType({})


class Clocks(Struct, eq=False):
    """The clocks of one ticket after everything up to `at`."""

    policy: Policy
    created_at: int
    attributes: Attributes
    """What is in force of what the ticket says about itself."""
    plan: Plan
    """That is in force."""
    at: int
    phase: Phase = "waiting"
    clocks: dict[str, Clock] = {}
    own_dates: Mapping[ClockKind, int] = NO_DATES
    """The deadlines that the ticket has brought along, by the kind of clock."""
    excuses: Excuses = NOTHING_EXCUSED  # the head keeps their number
    resumed: dict[str, int] = {}
    """By clock, when it last ran again by itself, as far as is seen here. Not stored."""

    def brought_along(self, said: Mapping[ClockKind, int | None]) -> Mapping[ClockKind, int]:
        """The ticket's own dates with what an observation says of them."""
        all_of_them: dict[ClockKind, int | None] = {**self.own_dates, **said}
        return {kind: at for kind, at in all_of_them.items() if at is not None}

    def bring_along(self, own_dates: Mapping[ClockKind, int]) -> None:
        """From now on these are the ticket's own dates."""
        self.own_dates = own_dates
        for clock in self.clocks.values():
            clock.own = own_dates.get(clock.rules.kind)

    def excuse(self, excuses: Excuses, at: int) -> None:
        """From `at` on what is excused is what matches what the ticket says of itself now."""
        self.excuses = excuses
        for name, clock in self.clocks.items():
            clock.excuse(at, excuses.windows(name, self.attributes))

    def expect(self, policy: Policy) -> None:
        """All clocks that it counts; those that only a later policy has start where they always
        would have."""
        for name, rules in policy.counted.items():
            if name not in self.clocks:
                self.clocks[name] = KINDS[rules.kind](rules)

    def counts_anew(
        self, policies: Sequence[Policy], until: int, after: Attributes, own: Collection[ClockKind]
    ) -> bool:
        """Whether, up to `until`, some cycle may be counted or measured by stretches of its past,
        which a stored fold has not kept: where it is promised something for the first time, by
        another calendar than it was counted by, it is counted from its beginning; and where it has
        had other hours, or gets them, working days and dates are measured by the hours of before.
        `after` is what the ticket may say of itself by then, `own` the kinds of clocks for which it
        may have a date."""
        cycles = [
            cycle
            for clock in self.clocks.values()
            if (cycle := clock.cycle) is not None
            and (cycle.is_open or self.phase in HALTED)  # else it is not opened again
        ]
        if not cycles:
            return False
        instants = [self.at, until, *(edge.at for edge in edges_of(policies, self.at, until))]
        plans = {
            policy.promised(said, self.created_at, at)
            for policy in policies
            for said in (self.attributes, after)
            for at in instants
        }
        return any(
            any(_needs_the_past(plan, cycle, own) for plan in plans)
            and (
                # There may be other excuses once the ticket says something else.
                (cycle.was_never_promised and bool(self.excuses))
                or cycle.apart is not None
                or any(
                    plan.calendars.get(cycle.rules.name, ALWAYS) != cycle.calendar for plan in plans
                )
            )
            for cycle in cycles
        )

    def phase_of(self, status: str | None, otherwise: Phase) -> Phase:
        """The phase that the policy in force gives a status."""
        mapped = None if status is None else self.policy.phase(status)
        return otherwise if mapped is None else mapped

    def may_reopen(self, status: str | None, phase: Phase | None) -> bool:
        """Whether what is said takes a ticket that is over to another phase: what its clocks then
        come under may have changed meanwhile."""
        if self.phase not in HALTED or phase is None:
            return False
        return self.phase_of(status, phase) != self.phase

    # Who has the ticket
    def belongs_to_whom_it_says(self) -> None:
        """Tells the clocks what they cannot know from before."""
        said = self.attributes
        for clock in self.clocks.values():
            clock.team, clock.assigned, clock.attributes = said.team, said.assigned, said

    def says(self, attributes: Attributes) -> None:
        """From now on the ticket says this about itself."""
        self.attributes = attributes
        for clock in self.clocks.values():
            clock.judged_by(self.at, attributes)

    def leaves(self, at: int, team: str | None) -> None:
        for clock in self.clocks.values():
            clock.leaves(at, team)

    def comes(self, at: int, team: str | None, assigned: bool, phase: Phase, plan: Plan) -> None:
        for clock in self.clocks.values():
            clock.comes(at, team, assigned, phase, self.policy, plan)

    # Time
    def run_again(self, until: int, seen: Callable[[], None]) -> None:
        """Clocks that have been paused for as long as they may be run by themselves; `seen` is
        called at each such instant."""
        while ahead := self.resumptions():
            at = min(ahead.values())
            if at > until:
                break
            self.at = at
            for cycle in self.counting():
                if ahead.get(cycle.rules.name) == at:
                    self.resumed[cycle.rules.name] = at
                    cycle.count_to(at)
            seen()

    def resumptions(self) -> dict[str, int]:
        """By clock, when it will run again by itself if nothing else happens."""
        found: dict[str, int] = {}
        for cycle in self.counting():
            again = cycle.resumes_at
            if again is not None:
                found[cycle.rules.name] = again
        return found

    def count_to(self, instant: int) -> None:
        """Lets time pass to `instant`; such a fold is for reading and is not continued."""
        self.at = max(self.at, instant)
        for clock in self.clocks.values():
            if clock.cycle is not None and clock.cycle.is_open:
                clock.cycle.count_to(instant)

    # Reading
    def cycles(self) -> list[Cycle]:
        """Every cycle that was ever promised something, by clock, then by start."""
        return [
            cycle
            for clock in self.clocks.values()
            for cycle in clock.cycles()
            if cycle.target is not None or cycle.vanished is not None
        ]

    def newest_cycles(self) -> list[Cycle]:
        """That of each clock that has any, whatever it was promised."""
        return [clock.cycle for clock in self.clocks.values() if clock.cycle is not None]

    def counting(self) -> list[Cycle]:
        """The cycles that are open and promised: they bear on the state of the ticket."""
        return [
            cycle
            for clock in self.clocks.values()
            if (cycle := clock.cycle) is not None
            and cycle.target is not None
            and cycle.state in ("running", "paused")  # it `counts`; to ask it would take longer
        ]

    def crossings(self) -> list[Crossing]:
        found: list[Crossing] = []
        for clock in self.clocks.values():
            for cycle in clock.cycles():
                if cycle.crossings:
                    found += cycle.crossings
        return found


def _needs_the_past(plan: Plan, cycle: Cycle, own: Collection[ClockKind]) -> bool:
    """Whether it may promise a cycle its first target, or one up to an instant."""
    if plan.own_dates and cycle.rules.kind in own:
        return True
    budget = plan.budget(cycle.rules.name, cycle.started_at, None, cycle.team)
    return budget is not None and (cycle.was_never_promised or budget.unit != "time")
