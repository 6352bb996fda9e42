"""A ticket's timeline folded into the state of its clocks: the whole of it, or one step more.

Both ways go through the same `Fold`, so that a stored fold continued by an observation equals a
fold of everything. Instants are integer microseconds.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from engine.sla.clocks import Clocks
from engine.sla.excuses import NOTHING_EXCUSED, Excuses
from engine.sla.kinds import HALTED, turned
from engine.sla.observation import Observation
from engine.sla.policy import Phase, Plan, Policy, under

MOST_WITHDRAWN = 32
"""Replies withdrawn of one ticket that a stored fold knows; with more, everything is refolded."""


# What comes first where instants are equal.
# A reply falls within the observation of its instant: after its tier and priority, which decide
# the target of the clock that it stops, and before its phase.
_POLICY, _TERMS, _CUSTOMER, _GIVEN_ANSWER, _AGENT, _OBSERVATION = range(6)


class _Point(NamedTuple):
    at: int
    rank: int
    order: int
    what: Observation | Policy | None


def _nobody(_: "Fold") -> None: ...


class Fold(Clocks):
    """The clocks of one ticket after everything up to `at`."""

    def __init__(self, policy: Policy, created_at: int, tier: str, priority: str) -> None:
        super().__init__(policy, created_at)
        self.tier = tier
        self.priority = priority
        self.plan: Plan = policy.plan(tier, priority)
        self.phase: Phase = "waiting"
        self.status: str | None = None
        """The newest status that was named; None: of the phase nothing else is known."""
        self.rephased_by = 0
        """The newest version that put the status into another phase; 0: none did, as far as this
        fold has seen. Not stored."""
        self.created_at = created_at
        self.first_responded_at: int | None = None
        """As given by an observation; wins over replies and statuses."""
        self.answered_at: int | None = None
        self.newest: tuple[int, int] | None = None
        self.agent_reply: int | None = None
        self.customer_reply: int | None = None
        self.pending_at: int | None = None
        """The first instant at which something already known takes effect."""
        self.withdrawn: frozenset[int] = frozenset()
        """Instants of replies that were none."""
        self.seen: Callable[[Fold], None] = _nobody
        """Is shown this fold at creation, after every point, and when a clock runs by itself."""
        self.excuses = NOTHING_EXCUSED  # the head keeps their number

    def excuse(self, excuses: Excuses, at: int) -> None:
        """From `at` on what is excused is what matches what the ticket says of itself now."""
        self.excuses = excuses
        for name, clock in self.clocks.items():
            clock.excuse(at, excuses.windows(name, self.tier, self.priority))

    def begin(self, phase: Phase, *, observed: bool) -> None:
        """The ticket exists from `created_at` on, in this phase; `observed`: a source said so."""
        self.phase = phase
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
        later = [policy for policy in self._later(policies) if policy.accepted_at <= as_of]
        if any(policy.accepted_at <= self.at for policy in later):
            return False
        moves = (one.tier or self.tier, one.priority or self.priority) != (self.tier, self.priority)
        return not (moves or later or self.phase in HALTED) or not self._recomputes(later)

    def _recomputes(self, later: Iterable[Policy]) -> bool:
        """Whether a change may be counted from the beginning of a cycle, which is not kept."""
        return any(
            policy.clocks.keys() != self.policy.clocks.keys()
            or not policy.counted.keys() <= self.clocks.keys()
            or any(rules.on_change == "recompute" for rules in policy.counted.values())
            for policy in [self.policy, *later]
        )

    def follow(self, one: Observation, as_of: int, policies: Sequence[Policy]) -> None:
        """Continues with an observation that `follows`."""
        if one.withdrawn:
            self.withdrawn = self.withdrawn.union(one.withdrawn)
        if self.withdrawn:
            one = one.without(self.withdrawn)
        points = [_Point(one.at, _OBSERVATION, one.revision, one)]
        if one.at in (one.agent_reply, one.customer_reply):
            points.append(_Point(one.at, _TERMS, 0, one))
        if one.agent_reply not in (None, self.agent_reply):
            points.append(_Point(one.agent_reply or 0, _AGENT, 0, None))
        if one.customer_reply not in (None, self.customer_reply):
            points.append(_Point(one.customer_reply or 0, _CUSTOMER, 0, None))
        points += [
            _Point(later.accepted_at, _POLICY, later.version, later)
            for later in self._later(policies)
            if later.accepted_at <= as_of
        ]
        if len(points) > 1:
            points.sort(key=_order)
        for point in points:
            self.apply(point)
        self.run_to(as_of)

    def catch_up(self, as_of: int, policies: Sequence[Policy]) -> bool:
        """Applies policy versions accepted since; False: only a refold can."""
        if as_of < self.at:  # folded by a clock that was ahead
            return False
        later = [policy for policy in self._later(policies) if policy.accepted_at <= as_of]
        if later:
            if later[0].accepted_at <= self.at or self.pending_at is not None:
                return False
            if self._recomputes(later):
                return False
        for policy in later:
            self.apply(_Point(policy.accepted_at, _POLICY, policy.version, policy))
        self.run_to(as_of)
        return True

    def _later(self, policies: Sequence[Policy]) -> Iterable[Policy]:
        version = self.policy.version
        if policies[-1].version <= version:
            return ()
        return [p for p in policies if p.version > version and p.apply_to == "open_tickets"]

    def apply(self, point: _Point) -> None:
        """Lets one point of the timeline happen; points come in order."""
        self.run_to(point.at)
        at = self.at = max(point.at, self.created_at)
        what = point.what
        if isinstance(what, Observation):
            self._come_under(at, what)
            if point.rank == _OBSERVATION:
                self._observe(at, what)
        elif what is not None:
            self._adopt(at, what)
        elif point.rank == _AGENT:
            self.agent_reply = max(point.at, self.agent_reply or point.at)
            self._answer(at)
            for clock in self.clocks.values():
                clock.agent_replied(at, self.phase, self.policy, self.plan)
        elif point.rank == _CUSTOMER:
            self.customer_reply = max(point.at, self.customer_reply or point.at)
            answered = self.answered_at is not None
            for clock in self.clocks.values():
                clock.customer_replied(at, self.phase, self.policy, self.plan, answered=answered)
        else:
            self._answer(at, given=True)
        self.seen(self)

    def run_to(self, instant: int) -> None:
        """Lets time pass in which nothing happens but that clocks run again by themselves."""
        if self.policy.limits_pauses:
            self.run_again(instant, lambda: self.seen(self))

    def _come_under(self, at: int, one: Observation) -> None:
        tier, priority = one.tier or self.tier, one.priority or self.priority
        if (tier, priority) != (self.tier, self.priority):
            self.tier, self.priority = tier, priority
            self._replan(at)

    def _observe(self, at: int, one: Observation) -> None:
        self.newest = (one.at, one.revision)
        if one.phase is not None:
            self.status = one.status
            self._enter(at, self.phase_of(one.status, one.phase))

    def phase_of(self, status: str | None, otherwise: Phase) -> Phase:
        """The phase that the policy in force gives a status."""
        mapped = None if status is None else self.policy.phase(status)
        return otherwise if mapped is None else mapped

    def _enter(self, at: int, phase: Phase) -> None:
        before, self.phase = self.phase, phase
        clocks = self.clocks.values()
        if phase != before:
            if before in HALTED and not (before == "done" and phase == "cancelled"):
                for clock in clocks:
                    if clock.rules.kind != "response" or self.answered_at is None:
                        clock.reopened(at, phase, self.policy, self.plan)
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
                clock = self.clocks[name] = turned(clock, rules)
            clock.rules = rules
            if clock.cycle is not None and clock.cycle.is_open:
                clock.cycle.count_to(at)
                clock.cycle.rules = rules
        self._replan(at)
        if self.phase in HALTED:
            return  # what is over is not touched
        phase = self.phase_of(self.status, self.phase)
        if phase != self.phase:
            self.rephased_by = policy.version
            self._enter(at, phase)

    def _replan(self, at: int) -> None:
        self.plan = self.policy.plan(self.tier, self.priority)
        for clock in self.clocks.values():
            clock.changed(at, self.policy, self.plan)
            clock.moved(at, self.phase)
        self.excuse(self.excuses, at)


def _order(point: _Point) -> tuple[int, int, int]:
    return (point.at, point.rank, point.order)


def created_at(observations: Sequence[Observation]) -> int:
    """When the ticket was opened at its source; `observations` in order."""
    named = [one.created_at for one in observations if one.created_at is not None]
    return named[-1] if named else observations[0].at


def fold(
    observations: Sequence[Observation],
    policies: Sequence[Policy],
    as_of: int,
    seen: Callable[[Fold], None] = _nobody,
    excuses: Excuses = NOTHING_EXCUSED,
) -> Fold:
    """Folds everything that has taken effect by `as_of`.

    `observations` are all that are known, ordered by (at, revision), at least one; `policies` the
    version under which the ticket began and every one since. A fold whose `created_at` lies after
    `as_of` has no clocks yet. `seen` is shown the fold at creation and after every point.
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
    result = Fold(begins, created, tier, priority)
    result.seen, result.withdrawn = seen, withdrawn
    result.first_responded_at = given[-1] if given else None
    for policy in later:
        if policy.accepted_at <= as_of:
            result.expect(policy)

    before = [one for one in observations if one.at <= created]
    after = list(observations[len(before) :])
    if not before and after[0].phase is None:
        after[0] = after[0]._replace(status=named.status, phase=named.phase)
    points = [_Point(one.at, _OBSERVATION, one.revision, one) for one in after]
    agents = {one.agent_reply for one in observations if one.agent_reply is not None}
    customers = {one.customer_reply for one in observations if one.customer_reply is not None}
    points += [_Point(at, _AGENT, 0, None) for at in agents]
    points += [_Point(at, _CUSTOMER, 0, None) for at in customers]
    answers = agents | customers
    if result.first_responded_at is not None:
        points.append(_Point(result.first_responded_at, _GIVEN_ANSWER, 0, None))
        answers.add(result.first_responded_at)
    earliest = {one.at: one for one in reversed(after) if one.at in answers}
    points += [_Point(at, _TERMS, 0, one) for at, one in earliest.items()]
    points += [_Point(policy.accepted_at, _POLICY, policy.version, policy) for policy in later]
    future = [point.at for point in points if point.at > as_of and point.rank != _POLICY]
    if created > as_of:
        result.pending_at = min([created, *(one.at for one in before if one.at > as_of)])
        result.clocks.clear()
        _take_attributes(result, [one for one in before if one.at <= as_of], named)
        return result
    result.pending_at = min(future, default=None)
    phase = _take_attributes(result, before, named)
    result.plan = result.policy.plan(result.tier, result.priority)
    result.excuse(excuses, created)
    result.begin(phase if before else "waiting", observed=bool(before))
    points = [point for point in points if point.at <= as_of]
    points.sort(key=_order)
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
        result.tier, result.priority = one.tier or result.tier, one.priority or result.priority
        if one.phase is not None:
            named = one
    if observations:
        result.status = named.status
    return result.phase_of(named.status, named.phase or "waiting")
