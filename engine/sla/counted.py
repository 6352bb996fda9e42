"""What one cycle of one clock has counted, and what can be read of it: `cycle` lets time pass.

Instants and durations are integer microseconds.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from msgspec import Struct

from engine.sla.budget import Budget, Hours
from engine.sla.calendar import ALWAYS, FAR_FUTURE, Calendar
from engine.sla.conditions import NOTHING, NOTHING_SAID, Attributes
from engine.sla.excuses import Excepted, Windows
from engine.sla.milestones import DEADLINE, Crossing, Threshold, thresholds
from engine.sla.policy import ClockRules, Plan, Policy

CycleState = Literal["running", "paused", "stopped", "cancelled"]


class Stood(NamedTuple):
    """By what a cycle was judged."""

    policy: int
    rule: str
    """Empty: by the tier."""
    tier: str
    priority: str
    team: str | None
    organization: str | None


class Apart(NamedTuple):
    """What neither counted nor was paused, up to an instant."""

    until: int
    excused: int
    out_of_hours: int


class Counted(Struct):
    """Elapsed time of one cycle, counted up to `since`; owned by one fold."""

    rules: ClockRules
    number: int
    started_at: int
    since: int
    state: CycleState
    elapsed: int = 0
    target: int | None = None
    """None: no target (yet, or any more); time is counted all the same."""
    policy: Policy | None = None
    plan: Plan | None = None
    anchor: int = 0
    """Where working-day budgets count from: the start, or the last restart."""
    stopped_at: int | None = None
    first_stopped_at: int | None = None
    vanished: tuple[int, int] | None = None
    """Instant and elapsed at which its target went away."""
    reached: dict[str, int] = {}
    ordinals: dict[str, int] = {}
    spans: list[tuple[int, int]] = []
    """Running segments so far, kept by full folds only. Where all of it is counted anew, it is by
    these, and they become another list: by that, who watches a fold sees it (`uses`)."""
    crossings: list[Crossing] = []
    windows: Windows = ()
    """When its time does not count, by agreement: right from `since` on; in a full fold, always."""
    uncounted: int = 0
    """What it would have counted besides, without them."""
    missed: tuple[int, int] | None = None
    """Without them: the deadline once it was missed, and the first instant after it that counts."""
    own: int | None = None
    """The ticket's own date for clocks of this kind, whether or not it counts here."""
    team: str | None = None
    """Whose stint it is, of an ownership clock."""
    attributes: Attributes = NOTHING_SAID  # while it was open: by these it is judged
    changes: int = 0
    """How often anything but time changed it since it was loaded; a pause that is over, too."""
    paused: int = 0
    """Calendar time in which it was paused, but for that in which it was held."""
    held: bool = False
    """Paused because the ticket is done or cancelled, where no clock runs."""
    stood: Stood | None = None
    """By what it was judged when it was breached, or lost its target; None: as it is now."""
    apart: Apart | None = None
    """Up to when its hours and its windows were others than now; None: they were not."""
    restarted: int = 0
    """What it had counted when it was restarted, and counted no more."""
    before: Sequence[tuple[int, int]] = ()
    """The segments of that; kept by full folds only."""
    lost: Apart | None = None
    """As it was when it ended, or its target went away, where that has to be kept."""
    hours: Sequence[Hours] = ()
    """Those that were in force since `anchor`, but for those that are; kept by full folds only."""
    _foreseen: tuple[tuple[int, ...], dict[str, int]] | None = None

    @property
    def calendar(self) -> Calendar:
        # A policy that does not know this clock (any more, or yet) promises nothing.
        return ALWAYS if self.plan is None else self.plan.calendars.get(self.rules.name, ALWAYS)

    @property
    def budget(self) -> Budget | None:
        """What it is promised; None: nothing."""
        name, plan = self.rules.name, self.plan
        return None if plan is None else plan.budget(name, self.started_at, self.own, self.team)

    @property
    def counting(self) -> Calendar | Excepted:
        """Its calendar without what is excused: by this it counts. Budgets are the calendar's."""
        return Excepted(self.calendar, self.windows) if self.windows else self.calendar

    @property
    def stands_still(self) -> bool:
        """Open and promised, and at `since` no time counts: out of hours, or excused."""
        return self.counts and not self.counting.is_open(self.since)

    @property
    def is_open(self) -> bool:
        return self.state in ("running", "paused")

    @property
    def was_never_promised(self) -> bool:
        """What it has counted is counted anew, by the calendar of its first promise."""
        return self.target is None and self.vanished is None

    @property
    def counts(self) -> bool:
        """Open and promised: it bears on the state of the ticket."""
        return self.target is not None and self.state in ("running", "paused")

    @property
    def ended_at(self) -> int | None:
        """When it stopped, was cancelled, or had its target taken away; null while it counts."""
        if self.vanished is not None:
            return self.vanished[0]
        return None if self.is_open else self.stopped_at

    @property
    def breached_at(self) -> int | None:
        """The deadline that was missed, once it was."""
        return self.reached.get(DEADLINE) if "breached" in self.reached else None

    def breached_by(self, at: int) -> int | None:
        """The first instant at which it was breached; null: it was not by then."""
        breached = self.reached.get("breached")
        if breached is not None or self.state != "running" or self.target is None:
            return breached
        if self.elapsed + at - self.since <= self.target:  # no more than that can have counted
            return None
        ahead = self.foreseen().get("breached")
        return ahead if ahead is not None and ahead <= at else None

    def apart_at(self, at: int) -> Apart:
        """Up to there, which is not before its hours or windows changed last."""
        until, excused, closed = self.apart or (self.started_at, 0, 0)
        if at <= until:
            return Apart(until, excused, closed)
        calendar = self.calendar
        if calendar is not ALWAYS:
            closed += at - until - calendar.elapsed(until, at)
        if self.windows:
            excused += Excepted(calendar, self.windows).excused(until, at)
        return Apart(at, excused, closed)

    @property
    def is_missed(self) -> bool:
        """Breached, and not cancelled: what was spam, or is promised no more, is no miss."""
        return "breached" in self.reached and self.state != "cancelled" and self.vanished is None

    @property
    def resumes_at(self) -> int | None:
        """When a paused cycle runs again by itself; null where it does not."""
        limit = self.rules.pauses_at_most
        if limit is None or self.state != "paused" or self.held:
            return None
        again = self.counting.deadline(self.since, limit - self.paused)
        return again if again < FAR_FUTURE else None

    @property
    def runs_from(self) -> int | None:
        """From when on it runs if nothing else happens; null where it does not."""
        return self.since if self.state == "running" else self.resumes_at

    def thresholds(self) -> tuple[Threshold, ...]:
        if self.target is None or self.policy is None or self.plan is None:
            return ()
        return thresholds(self.policy, self.plan, self.rules.kind, self.target)

    def elapsed_at(self, instant: int) -> int:
        if self.state != "running" or instant <= self.since:
            return self.elapsed
        return self.elapsed + self.counting.elapsed(self.since, instant)

    def due_at(self) -> int | None:
        """The deadline while it runs, past ones included; null where it is never reached."""
        return self.deadline() if self.state == "running" else None

    def deadline(self) -> int | None:
        """The same, also where it will run again by itself."""
        runs_from = self.runs_from
        if self.target is None or runs_from is None:
            return None
        passed = self.reached.get(DEADLINE)
        if passed is None:
            return self.foreseen().get(DEADLINE)
        due_at = passed if "breached" in self.reached else self._deadline(passed, self.counting)
        return due_at if due_at < FAR_FUTURE else None

    def unexcused(self) -> tuple[int | None, int | None]:
        """Had what is excused counted: the deadline that was missed, or will be if nothing else
        happens, and the first instant after it that counts."""
        missed, runs_from = self._missed_unexcused, self.runs_from
        if missed is not None or self.target is None or runs_from is None:
            return missed or (None, None)
        return self._overdue(runs_from, self.target - self.elapsed - self.uncounted)

    @property
    def _missed_unexcused(self) -> tuple[int, int] | None:
        """As long as nothing was left out, what was missed would have been."""
        if self.uncounted or "breached" not in self.reached:
            return self.missed
        return self.reached[DEADLINE], self.reached["breached"]

    def _overdue(self, runs_from: int, left: int) -> tuple[int, int]:
        reached = self.calendar.deadline(runs_from, left)
        return self._deadline(reached, self.calendar), self.calendar.first_after(reached) + 1

    def foreseen(self) -> Mapping[str, int]:
        """Milestones not crossed yet and when each will be if nothing else happens."""
        runs_from = self.since if self.state == "running" else self.resumes_at
        if self.target is None or runs_from is None:
            return NOTHING
        moment = (runs_from, self.target, self.elapsed, len(self.reached))
        if self._foreseen is None or self._foreseen[0] != moment:
            self._foreseen = (moment, self._foresee(runs_from))
        return self._foreseen[1]

    def _foresee(self, runs_from: int) -> dict[str, int]:
        found: dict[str, int] = {}
        before, at, reached, counting = None, 0, self.reached, self.counting
        beyond: int | None = None
        for milestone, elapsed, strict in self.thresholds():
            if milestone in reached:
                continue
            if elapsed != before:  # levels mostly share theirs with an alert
                before, beyond = elapsed, None
                at = counting.deadline(runs_from, elapsed - self.elapsed)
            if strict:
                beyond = instant = counting.first_after(at) + 1 if beyond is None else beyond
            else:
                instant = self._deadline(at, counting) if milestone == DEADLINE else at
            if instant < FAR_FUTURE:
                found[milestone] = instant
        return found

    def _deadline(self, reached: int, counting: Calendar | Excepted) -> int:
        """The deadline, where elapsed reaches the target at this instant and may stand still."""
        start, budget = self.anchor, self.budget
        return budget.deadline(reached, start, self.calendar, counting) if budget else reached

    def _crossed_at(
        self, elapsed: int, strict: bool, runs_from: int, counting: Calendar | Excepted
    ) -> int:
        """When elapsed comes to a threshold; where it stands still there, its first instant."""
        reached = counting.deadline(runs_from, elapsed - self.elapsed)
        return counting.first_after(reached) + 1 if strict else reached
