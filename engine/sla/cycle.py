"""One cycle of one clock: elapsed time, target, and the instants at which milestones are crossed.

Instants and durations are integer microseconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from engine.sla.calendar import ALWAYS, FAR_FUTURE, Calendar
from engine.sla.conditions import NOTHING_SAID, Attributes
from engine.sla.excuses import Excepted, Windows
from engine.sla.milestones import DEADLINE, Crossing, Threshold, thresholds
from engine.sla.policy import Budget, ClockRules, Plan, Policy

CycleState = Literal["running", "paused", "stopped", "cancelled"]


# Made for every cycle of every decision: `dict[str, int]()` would take five times as long.
def _instants() -> dict[str, int]:
    return {}


def _spans() -> list[tuple[int, int]]:
    return []


def _crossings() -> list[Crossing]:
    return []


@dataclass(slots=True)
class Cycle:
    """Elapsed time of one cycle, counted up to `since`; mutable, owned by one fold."""

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
    reached: dict[str, int] = field(default_factory=_instants)
    ordinals: dict[str, int] = field(default_factory=_instants)
    spans: list[tuple[int, int]] = field(default_factory=_spans)
    """Running segments so far, for `recompute`, which makes another list of them; kept by full
    folds only."""
    crossings: list[Crossing] = field(default_factory=_crossings)
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
    turns: int = 0
    """How often anything but time changed it since it was loaded; a pause that is over, too."""
    paused: int = 0
    """Calendar time in which it was paused, but for that in which it was held."""
    held: bool = False
    """Paused because the ticket is done or cancelled, where no clock runs."""
    _foreseen: tuple[tuple[int, ...], list[tuple[str, int]]] | None = None

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
        """Open, and at `since` no time counts: out of hours, or excused."""
        return self.is_open and not self.counting.is_open(self.since)

    @property
    def is_open(self) -> bool:
        return self.state in ("running", "paused")

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
        return thresholds(self.policy, self.plan, self.rules, self.target)

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
            return dict(self.foreseen()).get(DEADLINE)
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

    def foreseen(self) -> Sequence[tuple[str, int]]:
        """Milestones not crossed yet and when each will be if nothing else happens."""
        runs_from = self.runs_from
        if self.target is None or runs_from is None:
            return ()
        moment = (runs_from, self.target, self.elapsed, len(self.reached))
        if self._foreseen is None or self._foreseen[0] != moment:
            self._foreseen = (moment, self._foresee(runs_from))
        return self._foreseen[1]

    def _foresee(self, runs_from: int) -> list[tuple[str, int]]:
        found: list[tuple[str, int]] = []
        before, at, reached, counting = None, 0, self.reached, self.counting
        for threshold in self.thresholds():
            milestone = threshold[0]
            if milestone in reached:
                continue
            crossed_by = threshold[1:]
            if crossed_by != before:  # levels mostly share theirs with an alert
                before, at = crossed_by, self._crossed_at(threshold, runs_from, counting)
            instant = self._deadline(at, counting) if milestone == DEADLINE else at
            if instant < FAR_FUTURE:
                found.append((milestone, instant))
        return found

    def _deadline(self, reached: int, counting: Calendar | Excepted) -> int:
        """The deadline, where elapsed reaches the target at this instant and may stand still."""
        start, budget = self.anchor, self.budget
        return budget.deadline(reached, start, self.calendar, counting) if budget else reached

    def _crossed_at(
        self, threshold: Threshold, runs_from: int, counting: Calendar | Excepted
    ) -> int:
        """When elapsed comes to a threshold; where it stands still there, its first instant."""
        reached = counting.deadline(runs_from, threshold.elapsed - self.elapsed)
        return counting.first_after(reached) + 1 if threshold.strict else reached

    def count_to(self, instant: int) -> None:
        """Lets time pass; never backwards."""
        if instant < self.since:
            return
        if self.state == "paused" and not self.held:
            self._stand_still(instant)
        if self.state == "running":
            elapsed = self.elapsed_at(instant)
            for threshold in self.thresholds():
                if elapsed < threshold.elapsed:
                    break  # as is every further one
                if threshold.milestone in self.reached:
                    continue
                if elapsed > threshold.elapsed or not threshold.strict:
                    self._cross(
                        threshold.milestone, self._crossed_at(threshold, self.since, self.counting)
                    )
            if instant > self.since:
                self.spans.append((self.since, instant))
            if self.windows or self.uncounted:
                self._leave_out(instant, elapsed)
            self.elapsed = elapsed
        self.since = instant

    def _leave_out(self, instant: int, elapsed: int) -> None:
        """Keeps what would have been, had all time up to `instant` counted."""
        before = self.elapsed + self.uncounted
        whole = before + self.calendar.elapsed(self.since, instant)
        if whole > elapsed:
            self.missed = self._missed_unexcused
            if self.target is not None and before <= self.target < whole:
                self.missed = self._overdue(self.since, self.target - before)
        self.uncounted = whole - elapsed

    def excuse(self, windows: Windows) -> None:
        """Its time does not count in these windows; up to where it has been counted, as it was."""
        self.turns += self.is_open and windows is not self.windows and windows != self.windows
        self.windows, self._foreseen = windows, None

    def _stand_still(self, instant: int) -> None:
        """Until then, or until it runs again by itself."""
        again = self.resumes_at
        until = instant if again is None else min(again, instant)
        self.paused += self.counting.elapsed(self.since, until)
        self.since = until
        if again == until:
            self.turns += 1
            self.state = "running"

    def _cross(self, milestone: str, at: int) -> None:
        self.reached[milestone] = at
        if milestone == DEADLINE:
            return
        if milestone == "breached" and at > (reached := self.reached[DEADLINE]):
            self.reached[DEADLINE] = self._deadline(reached, self.counting)
        due_at = self.due_at()
        self.crossings.append(
            Crossing(
                self.rules.name,
                self.number,
                self.started_at,
                milestone,
                self.ordinals.get(milestone, 0),
                at,
                due_at,
                (self.target or 0) - self.elapsed_at(at),
            )
        )

    def run(self, instant: int) -> None:
        self.count_to(instant)
        self.turns += self.state != "running"
        self.state = "running"

    def pause(self, instant: int, *, held: bool = False) -> None:
        """For a phase that pauses it, no longer than its pauses may last in all; held: for one in
        which no clock runs, for however long."""
        self.count_to(instant)
        limit = self.rules.pauses_at_most
        if not held and limit is not None and self.paused >= limit:
            return self.run(instant)
        self.turns += (self.state, self.held) != ("paused", held)
        self.state, self.held = "paused", held

    def stop(self, instant: int) -> None:
        self.count_to(instant)
        self.turns += 1
        self.state = "stopped"
        self.stopped_at = instant
        if self.first_stopped_at is None:
            self.first_stopped_at = instant

    def cancel(self, instant: int) -> None:
        self.count_to(instant)
        self.turns += 1
        self.state = "cancelled"
        self.stopped_at = instant

    def reopen(self, instant: int) -> None:
        """Held again, to be run or paused by what follows; the verdict is withdrawn."""
        self.since = instant
        self.turns += 1
        self.stopped_at = None
        self.state, self.held = "paused", True

    def retarget(self, instant: int, policy: Policy, plan: Plan, own: int | None) -> None:
        """Comes under another plan or version, or another date of the ticket's own, there."""
        self.count_to(instant)
        name, had, before, promised = self.rules.name, self.target, self.plan, self.budget
        budget, same = plan.budget(name, self.started_at, own, self.team), self.policy is policy
        self.policy, self.plan, self.own = policy, plan, own
        if same and plan is before and budget == promised:
            return
        self.turns, self._foreseen = self.turns + 1, None
        if budget is None:
            if had is not None:
                self.vanished = (instant, self.elapsed)
            self.target = None
            return
        self.vanished, calendar = None, plan.calendars[name]
        appears = before is None or name not in before.calendars
        changed = before is None or (promised, before.calendars.get(name)) != (budget, calendar)
        if changed and not appears and self.rules.on_change == "restart":
            self._restart(instant)
        self.target = budget.measured_from(self.anchor, calendar)
        if before is None:
            if not self.target:  # nothing counts before it: reached at once, also while paused
                self.reached[DEADLINE] = instant
            return
        if self.uncounted:
            over = self.elapsed + self.uncounted > self.target
            self.missed = (self.missed or (instant, instant)) if over else None
        if changed and (appears or self.rules.on_change == "recompute"):
            self._recompute()
        else:
            self._judge(instant, had)

    def _restart(self, instant: int) -> None:
        self.elapsed, self.anchor, self.uncounted, self.missed = 0, instant, 0, None
        self.spans.clear()
        for milestone in list(self.reached):
            self._rearm(milestone)

    def _rearm(self, milestone: str) -> None:
        del self.reached[milestone]
        self.ordinals[milestone] = self.ordinals.get(milestone, 0) + 1

    def _judge(self, instant: int, had: int | None) -> None:
        """Elapsed is kept and compared with the new thresholds, from this instant on."""
        target = self.target or 0
        if had != target and not ("breached" in self.reached and self.elapsed > target):
            self.reached.pop(DEADLINE, None)
        for threshold in self.thresholds():
            over = self.elapsed > threshold.elapsed or (
                not threshold.strict and self.elapsed == threshold.elapsed
            )
            milestone = threshold.milestone
            if milestone in self.reached:
                if not over:
                    self._rearm(milestone)
            elif over and (
                self.state == "running" or threshold.strict or threshold.milestone == DEADLINE
            ):
                self._cross(milestone, instant)

    def _recompute(self) -> None:
        """As if the target and the calendar always had been so."""
        before, spans, end, state = self.reached, self.spans, self.since, self.state
        crossed = len(self.crossings)
        self.reached, self.spans = {} if self.target else {DEADLINE: self.anchor}, []
        self.elapsed, self.uncounted, self.missed = 0, 0, None
        for start, stop in spans:
            self.since, self.state = start, "running"
            self.count_to(stop)
        fresh = self.crossings[crossed:]
        self.crossings[crossed:] = [one for one in fresh if one.milestone not in before]
        for milestone in before:
            if milestone not in self.reached:
                self.ordinals[milestone] = self.ordinals.get(milestone, 0) + 1
        self.since, self.state = end, state
