"""A ticket's timeline folded into the state of its clocks: the whole of it, or one step more.

Both ways go through the same `Fold`, so that a stored fold continued by an observation equals a
fold of everything. Instants are integer microseconds.
"""

from collections.abc import Callable, Collection, Sequence

from engine.sla import conditions
from engine.sla.clocks import Clocks
from engine.sla.conditions import Attributes
from engine.sla.excuses import NOTHING_EXCUSED, Excuses
from engine.sla.kinds import HALTED, of_another_kind
from engine.sla.observation import Observation, created_at
from engine.sla.points import (
    AGENT,
    CUSTOMER,
    EDGE,
    OBSERVATION,
    POLICY,
    Point,
    edges_of,
    following,
    order_of,
    passed,
    points_of,
)
from engine.sla.policy import ClockKind, Phase, Plan, Policy, later_than, reach_back, under

MOST_WITHDRAWN = 32
"""Replies withdrawn of one ticket that a stored fold knows; with more, everything is refolded."""


def _nobody(_: "Fold") -> None: ...


class Fold(Clocks):
    """The clocks of one ticket after everything up to `at`."""

    status: str | None = None
    """The newest status that was named; None: of the phase nothing else is known."""
    rephased_by: int = 0
    """The newest version that put the status into another phase; 0: none did, as far as this
    fold has seen. Not stored."""
    another_rule_at: int | None = None
    """When time alone last brought it under another rule, as far as this fold has seen. Not
    stored."""
    first_responded_at: int | None = None
    """As given by an observation; wins over replies and statuses."""
    answered_at: int | None = None
    newest: tuple[int, int] | None = None
    agent_reply: int | None = None
    customer_reply: int | None = None
    pending_at: int | None = None
    """The first instant at which something already known takes effect."""
    withdrawn: frozenset[int] = frozenset()
    """Instants of replies that were none."""
    seen: Callable[["Fold"], None] = _nobody
    """Is shown this fold at creation, after every point, and when a clock runs by itself."""

    @property
    def tier(self) -> str:
        return self.attributes.tier

    @property
    def priority(self) -> str:
        return self.attributes.priority

    def begin(self, phase: Phase, *, observed: bool) -> None:
        """The ticket exists from `created_at` on, in this phase; `observed`: a source said so."""
        self.phase = phase
        self.belongs_to_whom_it_says()
        for clock in self.clocks.values():
            clock.created(self.created_at, phase, self.policy, self.plan)
        if phase == "done":
            for clock in self.clocks.values():
                clock.finished(self.created_at)
        elif phase == "cancelled":
            for clock in self.clocks.values():
                clock.cancelled(self.created_at)
        if observed:
            self._answer_by_status(self.created_at, phase)
        self.seen(self)

    def follows(self, one: Observation, as_of: int, policies: Sequence[Policy]) -> bool:
        """Whether the observation only continues this fold; otherwise everything is refolded."""
        if self.pending_at is not None or self.newest is None:
            return False
        if (one.at, one.revision) <= self.newest or not self.at <= one.at <= as_of:
            return False
        if one.at <= self.created_at:
            return False
        if one.created_at not in (None, self.created_at):
            return False
        if self.withdrawn or one.withdrawn:
            if len(self.withdrawn) > MOST_WITHDRAWN:
                return False  # not all are kept
            if any(at <= self.at for at in one.withdrawn if at not in self.withdrawn):
                return False  # it may have been counted
            one = one.without(self.withdrawn.union(one.withdrawn))
        if one.first_responded_at not in (None, self.first_responded_at):
            return False
        answers = (self.agent_reply, self.customer_reply, self.first_responded_at)
        if one.at in answers and self.newest[0] < one.at:
            return False  # what it says of tier and priority comes before that answer
        if self.phase in HALTED and any(clock.was_unknown for clock in self.clocks.values()):
            return False
        replies = ((one.agent_reply, self.agent_reply), (one.customer_reply, self.customer_reply))
        for reply, known in replies:
            if reply is None or reply == known:
                continue
            if reply <= self.at or reply > as_of or (known is not None and reply < known):
                return False
        later = later_than(self.policy.version, policies, as_of)
        if later and reach_back(later, self.at):
            return False
        after = self.after(one)
        moves = after is not self.attributes and self.promised(one.at, after) is not self.plan
        if later or self.policy.edges:
            moves = moves or bool(edges_of([self.policy, *later], self.at, as_of))
        if one.own_dates is not None:
            moves = moves or self.brought_along(one.own_dates) != self.own_dates
        if moves or later or self.may_reopen(one.status, one.phase):
            return not self._recomputes(later, as_of, after, one.own_dates or ())
        return True

    def promised(self, at: int, attributes: Attributes | None = None) -> Plan:
        """What the policy in force promises at an instant, by the ticket's attributes."""
        said = self.attributes if attributes is None else attributes
        return self.policy.promised(said, self.created_at, at)

    def _recomputes(
        self,
        later: Sequence[Policy],
        until: int,
        after: Attributes,
        own: Collection[ClockKind] = (),
    ) -> bool:
        """Whether a change may be counted from the beginning of a cycle, or be decided by
        attributes, that are not kept."""
        policies = [self.policy, *later]
        return any(
            policy.clocks.keys() != self.policy.clocks.keys()
            or not policy.counted.keys() <= self.clocks.keys()
            or not policy.asks <= self.attributes.others.keys()
            or any(rules.on_change == "recompute" for rules in policy.counted.values())
            for policy in policies
        ) or self.counts_anew(policies, until, after, {*self.own_dates, *own})

    def follow(self, one: Observation, as_of: int, policies: Sequence[Policy]) -> None:
        """Continues with an observation that `follows`."""
        if self.withdrawn or one.withdrawn:
            self.withdrawn = self.withdrawn.union(one.withdrawn)
            one = one.without(self.withdrawn)
        points = following(one, self.agent_reply, self.customer_reply)
        later = later_than(self.policy.version, policies, as_of)
        if later or self.policy.edges:
            points += passed(self.policy, later, self.at, as_of)
        if len(points) > 1:
            points.sort(key=order_of)
        for point in points:
            self.apply(point)
        self.run_to(as_of)

    def catch_up(self, as_of: int, policies: Sequence[Policy]) -> bool:
        """Applies policy versions accepted since; False: only a refold can."""
        if as_of < self.at:  # folded by a clock that was ahead
            return False
        later = later_than(self.policy.version, policies, as_of)
        if later and (reach_back(later, self.at) or self.pending_at is not None):
            return False
        points = passed(self.policy, later, self.at, as_of)
        moves = later or any(point.rank == EDGE for point in points)
        if moves and self._recomputes(later, as_of, self.attributes):
            return False
        for point in sorted(points, key=order_of):
            self.apply(point)
        self.run_to(as_of)
        return True

    def apply(self, point: Point) -> None:
        """Lets one point of the timeline happen; points come in order."""
        self.run_to(point.at)
        at = self.at = max(point.at, self.created_at)
        what = point.what
        if isinstance(what, Observation):
            self._take_terms(at, what)
            if point.rank == OBSERVATION:
                self._observe(at, what)
        elif what is not None:
            self._adopt(at, what)
        elif point.rank == AGENT:
            self.agent_reply = max(point.at, self.agent_reply or point.at)
            self._answer(at)
            for clock in self.clocks.values():
                clock.agent_replied(at, self.phase, self.policy, self.plan)
        elif point.rank == CUSTOMER:
            self.customer_reply = max(point.at, self.customer_reply or point.at)
            answered = self.answered_at is not None
            for clock in self.clocks.values():
                clock.customer_replied(at, self.phase, self.policy, self.plan, answered=answered)
        elif point.rank == EDGE:
            if self.promised(at) is not self.plan:
                self.another_rule_at = at
                self._replan(at)
        else:
            self._answer(at, given=True)
        self.seen(self)

    def run_to(self, instant: int) -> None:
        """Lets time pass in which nothing happens but that clocks run again by themselves."""
        if self.policy.limits_pauses:
            self.run_again(instant, lambda: self.seen(self))

    def _take_terms(self, at: int, one: Observation) -> None:
        """What an observation says of the ticket, but for its status, and what that promises."""
        had, after, moves, handed = self.attributes, self.after(one), False, False
        if after is not had:
            handed = (after.team, after.assigned) != (had.team, had.assigned)
            if handed:
                self.leaves(at, after.team)
            self.says(after)
            moves = bool(self.excuses) or self.promised(at) is not self.plan
        if one.own_dates is not None:
            own_dates = self.brought_along(one.own_dates)
            moves = moves or own_dates != self.own_dates
            self.bring_along(own_dates)
        if moves:
            self._replan(at)
        if handed:
            self.comes(at, after.team, after.assigned, self.phase, self.plan)

    def after(self, one: Observation) -> Attributes:
        """The ticket's attributes with what an observation says."""
        return self.attributes.after(one.tier, one.priority, one.assigned, one.said)

    def _observe(self, at: int, one: Observation) -> None:
        self.newest = (one.at, one.revision)
        if one.phase is not None:
            self.status = one.status
            self._enter(at, self.phase_of(one.status, one.phase))

    def _enter(self, at: int, phase: Phase) -> None:
        before, self.phase = self.phase, phase
        clocks = self.clocks.values()
        if phase != before:
            if before in HALTED and not (before == "done" and phase == "cancelled"):
                for clock in clocks:
                    if clock.rules.kind != "response" or self.answered_at is None:
                        clock.reopened(at, phase, self.policy, self.plan)
                if self.excuses:  # one that is counted anew there keeps its past apart again
                    self.excuse(self.excuses, at)
            if phase == "cancelled":
                for clock in clocks:
                    clock.cancelled(at)
        self._answer_by_status(at, phase)
        if phase != before:
            if phase == "done":
                for clock in clocks:
                    clock.finished(at)
            for clock in clocks:
                clock.moved(at, phase)

    def _answer_by_status(self, at: int, phase: Phase) -> None:
        if phase in ("waiting", "cancelled") or self.answered_at is not None:
            return
        if self.first_responded_at is not None:
            return
        by_status = True
        for name, rules in self.policy.counted.items():
            if rules.kind == "response":
                if rules.answered_by == "reply":
                    by_status = False
                else:
                    self.clocks[name].first_answered(at)
        if by_status:
            self.answered_at = at

    def _answer(self, at: int, *, given: bool = False) -> None:
        if self.first_responded_at is not None and not given:
            return
        if self.answered_at is None:
            self.answered_at = at
        for clock in self.clocks.values():
            clock.first_answered(at)

    def _adopt(self, at: int, policy: Policy) -> None:
        self.policy = policy
        for name, clock in self.clocks.items():
            rules = policy.clocks.get(name)
            if rules is None:
                continue
            if rules.kind != clock.rules.kind:
                clock = self.clocks[name] = of_another_kind(clock, rules)
            clock.rules = rules
            if clock.cycle is not None and clock.cycle.is_open:
                clock.cycle.count_to(at)
                clock.cycle.rules = rules
        if self.own_dates:
            self.bring_along(self.own_dates)
        self._replan(at)
        if self.phase in HALTED:
            return  # what is over is not touched
        phase = self.phase_of(self.status, self.phase)
        if phase != self.phase:
            self.rephased_by = policy.version
            self._enter(at, phase)

    def _replan(self, at: int) -> None:
        self.plan = self.promised(at)
        for clock in self.clocks.values():
            clock.changed(at, self.policy, self.plan)
            clock.moved(at, self.phase)
        if self.excuses:
            self.excuse(self.excuses, at)


def fold(
    observations: Sequence[Observation],
    policies: Sequence[Policy],
    as_of: int,
    seen: Callable[[Fold], None] = _nobody,
    excuses: Excuses = NOTHING_EXCUSED,
    source: str = "",
) -> Fold:
    """Folds everything that has taken effect by `as_of`.

    `observations` are all that are known, ordered by (at, revision), at least one; `policies` the
    version under which the ticket began and every one since. A fold whose `created_at` lies after
    `as_of` has no clocks yet. `seen` is shown the fold at creation and after every point. `source`
    is whose ticket it is.
    """
    withdrawn = frozenset(at for one in observations for at in one.withdrawn)
    if withdrawn:
        observations = [one.without(withdrawn) for one in observations]
    given = [o.first_responded_at for o in observations if o.first_responded_at is not None]
    created = created_at(observations)
    tier = next((one.tier for one in observations if one.tier is not None), "")
    priority = next((one.priority for one in observations if one.priority is not None), "")
    named = next((one for one in observations if one.phase is not None), observations[0])
    begins, later = under(min(created, as_of), policies)
    asked = excuses.asks.union(*(policy.asks for policy in (begins, *later)))
    unsaid = conditions.unsaid(asked, source)
    said = Attributes(tier, priority, others=unsaid)
    result = Fold(begins, created, said, begins.promised(said, created, created), created)
    result.seen, result.withdrawn = seen, withdrawn
    result.expect(begins)
    result.first_responded_at = given[-1] if given else None
    for policy in later:
        if policy.begins_at <= as_of:
            result.expect(policy)

    before = [one for one in observations if one.at <= created]
    after = list(observations[len(before) :])
    if not before and after[0].phase is None:
        after[0] = after[0]._replace(status=named.status, phase=named.phase)
    points = points_of(observations, after, result.first_responded_at, later)
    future = [point.at for point in points if point.at > as_of and point.rank != POLICY]
    points += edges_of((begins, *later), created, as_of)
    if created > as_of:
        result.pending_at = min([created, *(one.at for one in before if one.at > as_of)])
        result.clocks.clear()
        result.excuses = excuses
        _take_attributes(result, [one for one in before if one.at <= as_of], named)
        return result
    result.pending_at = min(future, default=None)
    phase = _take_attributes(result, before, named)
    if not before:  # nobody is assigned yet
        result.attributes = result.attributes.after(None, None, None, observations[0].said)
    if not before and after[0].own_dates is not None:
        result.bring_along(result.brought_along(after[0].own_dates))
    result.plan = result.promised(created)
    result.excuse(excuses, created)
    result.begin(phase if before else "waiting", observed=bool(before))
    points = [point for point in points if point.at <= as_of]
    points.sort(key=order_of)
    for point in points:
        result.apply(point)
    result.run_to(as_of)
    return result


def _take_attributes(
    result: Fold, observations: Sequence[Observation], named: Observation
) -> Phase:
    """The state at creation: what the observations up to then leave behind. `named` is the first
    of all to name a status."""
    for one in observations:
        result.newest = (one.at, one.revision)
        result.attributes = result.after(one)
        if one.own_dates is not None:
            result.bring_along(result.brought_along(one.own_dates))
        if one.phase is not None:
            named = one
    if observations:
        result.status = named.status
    return result.phase_of(named.status, named.phase or "waiting")
