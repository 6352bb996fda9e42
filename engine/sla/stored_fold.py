"""A fold as plain JSON values and back: what a ticket's head keeps between observations.

Bounded: per clock the newest cycle and what earlier ones leave behind, never the timeline.
This is a storage format: add to it, never reorder.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from engine.sla.cycle import Cycle
from engine.sla.kinds import KINDS, Clock
from engine.sla.policy import ClockRules, Policy
from engine.sla.timeline import Fold


class Policies(Protocol):
    """Every policy version known."""

    def version(self, number: int) -> Policy: ...


def dump(fold: Fold) -> list[Any]:
    """Shares nothing with the fold, which may be counted on.

    Leaves out a clock that nobody is promised, or ever was: a policy that promises it later has
    everything folded anew.
    """
    clocks = {
        name: clock
        for name, clock in fold.clocks.items()
        if name in fold.policy.counted or _was_promised(clock)
    }
    return [
        fold.policy.version,
        fold.created_at,
        fold.at,
        fold.phase,
        fold.tier,
        fold.priority,
        fold.first_responded_at,
        fold.answered_at,
        fold.newest,
        fold.agent_reply,
        fold.customer_reply,
        fold.pending_at,
        {name: _dump_clock(clock) for name, clock in clocks.items() if clock.count},
        [name for name, clock in clocks.items() if clock.waits],
        fold.status,
    ]


def _was_promised(clock: Clock) -> bool:
    """By what is kept of it: a fold that goes on from there knows no more."""
    newest = clock.cycle
    lasting = newest is not None and (newest.target is not None or newest.vanished is not None)
    return lasting or any(_left_behind(clock))


def _left_behind(clock: Clock) -> tuple[bool, bool]:
    """Whether any cycle before the newest was breached, and whether any had a target."""
    had_breach, had_target = clock.had_breach, clock.had_target
    for cycle in clock.ended:
        had_breach = had_breach or cycle.breached_at is not None
        had_target = had_target or cycle.target is not None
    return had_breach, had_target


def _dump_clock(clock: Clock) -> list[Any]:
    had_breach, had_target = _left_behind(clock)
    return [
        clock.count,
        had_breach,
        had_target,
        None if clock.cycle is None else _dump_cycle(clock.cycle),
    ]


def _dump_cycle(cycle: Cycle) -> list[Any]:
    under = None
    if not cycle.is_open and cycle.policy is not None and cycle.plan is not None:
        under = (cycle.policy.version, cycle.plan.tier, cycle.plan.priority)
    return [
        cycle.number,
        cycle.started_at,
        cycle.since,
        cycle.state,
        cycle.elapsed,
        cycle.target,
        cycle.anchor,
        cycle.stopped_at,
        cycle.first_stopped_at,
        cycle.vanished,
        dict(cycle.reached),
        dict(cycle.ordinals),
        under,
    ]


def load(stored: Sequence[Any], policies: Policies) -> Fold:
    """Raises LookupError when the policy version that it was made under is not known."""
    policy = policies.version(stored[0])
    fold = Fold(policy, stored[1], stored[4], stored[5])
    fold.at, fold.phase = stored[2], stored[3]
    fold.first_responded_at, fold.answered_at = stored[6], stored[7]
    fold.newest = None if stored[8] is None else (stored[8][0], stored[8][1])
    fold.agent_reply, fold.customer_reply, fold.pending_at = stored[9:12]
    for name in (*stored[12], *stored[13]):
        if name not in fold.clocks:
            rules = _last_rules(name, policy.version, policies)
            fold.clocks[name] = KINDS[rules.kind](rules)
    for name, values in stored[12].items():
        clock = fold.clocks[name]
        clock.count, clock.had_breach, clock.had_target, cycle = values
        if cycle is not None:
            clock.cycle = clock.began_with = _load_cycle(cycle, clock.rules, fold, policies)
    for name in stored[13]:
        fold.clocks[name].waits = True
    fold.status = stored[14]
    return fold


def _last_rules(name: str, version: int, policies: Policies) -> ClockRules:
    """The newest rules up to `version` of a clock that nobody is promised any more."""
    while name not in (clocks := policies.version(version).clocks):
        version -= 1
    return clocks[name]


def _load_cycle(values: Sequence[Any], rules: ClockRules, fold: Fold, policies: Policies) -> Cycle:
    number, started_at, since, state, elapsed, target, anchor, *rest = values
    stopped_at, first_stopped_at, vanished, reached, ordinals, under = rest[:6]
    policy, plan = fold.policy, fold.plan
    if under is not None:
        policy = policies.version(under[0])
        plan = policy.plan(under[1], under[2])
    return Cycle(
        rules,
        number,
        started_at,
        since,
        state,
        elapsed,
        target,
        policy,
        plan,
        anchor,
        stopped_at,
        first_stopped_at,
        None if vanished is None else (vanished[0], vanished[1]),
        dict(reached),
        dict(ordinals),
    )
