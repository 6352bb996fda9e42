"""One cycle of one clock: elapsed time, target, and the instants at which milestones are crossed.

Instants and durations are integer microseconds.
"""

from engine.sla.budget import Hours
from engine.sla.calendar import ALWAYS
from engine.sla.conditions import Attributes
from engine.sla.counted import Counted, Stood
from engine.sla.excuses import Windows, within
from engine.sla.milestones import DEADLINE, Crossing
from engine.sla.policy import Plan, Policy


class Cycle(Counted):
    """One cycle as it goes on; mutable, owned by one fold."""

    def count_to(self, instant: int) -> None:
        """Lets time pass; never backwards."""
        if instant < self.since:
            return
        if self.state == "paused" and not self.held:
            self._stand_still(instant)
        if self.state == "running":
            elapsed = self.elapsed_at(instant)
            for milestone, needed, strict in self.thresholds():
                if elapsed < needed:
                    break  # as is every further one
                if milestone in self.reached:
                    continue
                if elapsed > needed or not strict:
                    at = self._crossed_at(needed, strict, self.since, self.counting)
                    self._cross(milestone, at)
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

    def excuse(self, windows: Windows, at: int, named: Windows) -> None:
        """Its time does not count in these windows; up to where it has been counted, as it was.
        From `at` on they are those that are `named` by what the ticket says now. A stored fold
        knows no others, so where the past had others, its sums are kept apart."""
        since = self.started_at if self.apart is None else self.apart.until
        changed = windows != self.windows
        if not changed and within(named, since, at) == within(windows, since, at):
            return
        if at > self.started_at:
            if self.stopped_at is not None and self.lost is None:
                self.lost = self.apart_at(self.stopped_at)
            self.apart = self.apart_at(at)
        self.changes += self.is_open and changed
        self.windows, self._foreseen = windows, None

    def _stand_still(self, instant: int) -> None:
        """Until then, or until it runs again by itself."""
        again = self.resumes_at
        until = instant if again is None else min(again, instant)
        self.paused += self.counting.elapsed(self.since, until)
        self.since = until
        if again == until:
            self.changes += 1
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
        self.changes += self.state != "running"
        self.state = "running"

    def pause(self, instant: int, *, held: bool = False) -> None:
        """For a phase that pauses it, no longer than its pauses may last in all; held: for one in
        which no clock runs, for however long."""
        self.count_to(instant)
        limit = self.rules.pauses_at_most
        if not held and limit is not None and self.paused >= limit:
            return self.run(instant)
        self.changes += (self.state, self.held) != ("paused", held)
        self.state, self.held = "paused", held

    def stop(self, instant: int) -> None:
        self.count_to(instant)
        self.changes += 1
        self.state = "stopped"
        self.stopped_at = instant
        if self.first_stopped_at is None:
            self.first_stopped_at = instant

    def cancel(self, instant: int) -> None:
        self.count_to(instant)
        self.changes += 1
        self.state = "cancelled"
        self.stopped_at = instant

    def reopen(self, instant: int) -> None:
        """Held again, to be run or paused by what follows; the verdict is withdrawn."""
        self.since = instant
        self.changes += 1
        self.stopped_at = None
        self.state, self.held = "paused", True
        if self.vanished is None:
            self.lost = None

    def judged_by(self, instant: int, attributes: Attributes) -> None:
        """From there on by these, while it is open; what has been decided stays as it stood."""
        if attributes[:4] != self.attributes[:4]:  # no matter who is assigned
            if self.is_open:
                self.count_to(instant)
                self.changes += 1
            self._settle(instant)
        if self.is_open:
            self.attributes = attributes

    def _settle(self, instant: int) -> None:
        """Before it comes under something else there."""
        decided = self.reached.get("breached")
        if decided is None and self.vanished is not None:
            decided = self.vanished[0]
        under, plan = self.policy, self.plan
        if decided is None or decided >= instant or self.stood or not under or not plan:
            return
        self.stood = Stood(under.version, plan.rule, *self.attributes[:4])

    def retarget(self, instant: int, policy: Policy, plan: Plan, own: int | None) -> None:
        """Comes under another plan or version, or another date of the ticket's own, there."""
        self.count_to(instant)
        if policy is not self.policy or plan is not self.plan:
            self._settle(instant)
            hours = plan.calendars.get(self.rules.name, ALWAYS)
            if self.plan is not None and hours != self.calendar:
                self.apart = self.apart_at(instant)
                self.hours = (*self.hours, self._hours_until(instant))
        name, had, before, promised = self.rules.name, self.target, self.plan, self.budget
        budget, same = plan.budget(name, self.started_at, own, self.team), self.policy is policy
        self.policy, self.plan, self.own = policy, plan, own
        if same and plan is before and budget == promised:
            return
        self.changes, self._foreseen = self.changes + 1, None
        if budget is None:
            if had is not None:
                self.vanished, self.lost = (instant, self.elapsed), self.apart_at(instant)
            self.target = None
            return
        if self.apart is not None and self.was_never_promised:
            self._recount()
        if self.vanished is not None:
            self.vanished = self.lost = None
            if "breached" not in self.reached:
                self.stood = None
        calendar = plan.calendars[name]
        appears = before is None or name not in before.calendars
        changed = before is None or (promised, before.calendars.get(name)) != (budget, calendar)
        if changed and not appears and self.rules.on_change == "restart":
            self._restart(instant)
        again = changed and (appears or self.rules.on_change == "recompute")
        self.hours = () if again else self.hours
        self.target = budget.measured_from(self.anchor, calendar, self.hours)
        if before is None:
            if not self.target:  # nothing counts before it: reached at once, also while paused
                self.reached[DEADLINE] = instant
            return
        if self.uncounted:
            over = self.elapsed + self.uncounted > self.target
            self.missed = (self.missed or (instant, instant)) if over else None
        if again:
            self._recompute()
        else:
            self._judge(instant, had)

    def _hours_until(self, instant: int) -> Hours:
        """Those of now, which end there."""
        since, _, measured = self.hours[-1] if self.hours else (self.anchor, None, 0)
        return Hours(instant, self.calendar, measured + self.calendar.elapsed(since, instant))

    def _restart(self, instant: int) -> None:
        self.restarted += self.elapsed
        self.before = (*self.before, *self.spans)
        self.elapsed, self.anchor, self.uncounted, self.missed = 0, instant, 0, None
        self.hours = ()
        self.spans.clear()
        for milestone in list(self.reached):
            self._rearm(milestone)

    def _rearm(self, milestone: str) -> None:
        del self.reached[milestone]
        if milestone == "breached":
            self.stood = None
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

    def _recount(self) -> None:
        """By the calendar of its first promise, from its beginning: until then none was in force.
        Pauses are kept."""
        spans = self.spans = [*self.spans]
        self.elapsed = sum([self.counting.elapsed(start, stop) for start, stop in spans])
        whole = sum([self.calendar.elapsed(start, stop) for start, stop in spans])
        self.uncounted, self.apart, self.hours = whole - self.elapsed, None, ()

    def _recompute(self) -> None:
        """As if the target and the calendar always had been so."""
        before, spans, end, state = self.reached, self.spans, self.since, self.state
        crossed = len(self.crossings)
        self.reached, self.spans = {} if self.target else {DEADLINE: self.anchor}, []
        self.elapsed, self.uncounted, self.missed = 0, 0, None
        self.stood, self.apart = None, None
        self.restarted = sum([self.counting.elapsed(start, stop) for start, stop in self.before])
        for start, stop in spans:
            self.since, self.state = start, "running"
            self.count_to(stop)
        fresh = self.crossings[crossed:]
        self.crossings[crossed:] = [one for one in fresh if one.milestone not in before]
        for milestone in before:
            if milestone not in self.reached:
                self.ordinals[milestone] = self.ordinals.get(milestone, 0) + 1
        self.since, self.state = end, state
