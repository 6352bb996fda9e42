"""A fold as plain values and back: what a ticket's head keeps between observations.

Bounded: per clock the newest cycle and what earlier ones leave behind, never the timeline.
This is a storage format: add to the end of a tuple, with a default, and never reorder.
"""

from typing import Protocol

from msgspec import Struct

from engine.sla.conditions import NOTHING, Attributes
from engine.sla.counted import Apart, CycleState, Stood
from engine.sla.cycle import Cycle
from engine.sla.kinds import HALTED, KINDS, Clock
from engine.sla.policy import ClockKind, ClockRules, Phase, Policy
from engine.sla.timeline import MOST_WITHDRAWN, Fold


class StoredCycle(Struct, array_like=True):
    """Instants and spans in microseconds; see `engine.sla.cycle` for what they mean."""

    number: int
    started_at: int
    since: int
    state: CycleState
    elapsed: int
    target: int | None
    anchor: int
    stopped_at: int | None
    first_stopped_at: int | None
    vanished: tuple[int, int] | None
    reached: dict[str, int]
    ordinals: dict[str, int]
    under: tuple[int, str, str] | None
    """Version, tier and priority by which it ended; None while it is open."""
    uncounted: int = 0
    missed: tuple[int, int] | None = None
    paused: int = 0
    own: int | None = None
    rule: str = ""
    """By which it ended; empty: by the tier."""
    team: str | None = None
    stood: Stood | None = None
    apart: Apart | None = None
    restarted: int = 0
    lost: Apart | None = None


class StoredClock(Struct, array_like=True):
    """What is kept of one clock."""

    cycles: int
    """So far."""
    had_breach: bool
    had_target: bool
    cycle: StoredCycle | None


class StoredFold(Struct, array_like=True):
    """What is kept of one ticket."""

    policy: int
    created_at: int
    at: int
    phase: Phase
    tier: str
    priority: str
    first_responded_at: int | None
    answered_at: int | None
    newest: tuple[int, int] | None
    agent_reply: int | None
    customer_reply: int | None
    pending_at: int | None
    clocks: dict[str, StoredClock]
    waits: tuple[str, ...]
    status: str | None = None
    withdrawn: tuple[int, ...] = ()
    """The newest ones, one more than `MOST_WITHDRAWN`."""
    team: str | None = None
    organization: str | None = None
    assigned: bool = False
    others: dict[str, str | tuple[str, ...] | None] | None = None
    """As in `Attributes`; None: no policy asks for any."""
    own_dates: dict[ClockKind, int] | None = None
    """None: there are none."""

    @property
    def attributes(self) -> Attributes:
        return Attributes(
            self.tier,
            self.priority,
            self.team,
            self.organization,
            self.assigned,
            self.others or NOTHING,
        )

    @property
    def may_be_moved(self) -> bool:
        """Whether a version that comes now applies to the ticket.

        Also without open clocks: it may be promised something for the first time, on a clock that
        is not kept, or its status be put into another phase.
        """
        return self.phase not in HALTED or any(
            clock.cycle is not None and clock.cycle.state in ("running", "paused")
            for clock in self.clocks.values()
        )


class Policies(Protocol):
    """Every policy version known."""

    def version(self, number: int) -> Policy: ...


def dump(fold: Fold) -> StoredFold:
    """Shares nothing with the fold, which may be counted on.

    Leaves out a clock that nobody is promised, or ever was: a policy that promises it later has
    everything folded anew.
    """
    counted, said = fold.policy.counted, fold.attributes
    clocks = [
        (name, clock)
        for name, clock in fold.clocks.items()
        if name in counted or _was_promised(clock)
    ]
    return StoredFold(
        fold.policy.version,
        fold.created_at,
        fold.at,
        fold.phase,
        said.tier,
        said.priority,
        fold.first_responded_at,
        fold.answered_at,
        fold.newest,
        fold.agent_reply,
        fold.customer_reply,
        fold.pending_at,
        {name: _dump_clock(clock) for name, clock in clocks if clock.count},
        tuple([name for name, clock in clocks if clock.waits]),
        fold.status,
        tuple(sorted(fold.withdrawn)[-MOST_WITHDRAWN - 1 :]) if fold.withdrawn else (),
        said.team,
        said.organization,
        said.assigned,
        dict(said.others) if said.others else None,
        dict(fold.own_dates) if fold.own_dates else None,
    )


def _was_promised(clock: Clock) -> bool:
    """By what is kept of it: a fold that goes on from there knows no more."""
    newest = clock.cycle
    lasting = newest is not None and (newest.target is not None or newest.vanished is not None)
    return lasting or any(_left_behind(clock))


def _left_behind(clock: Clock) -> tuple[bool, bool]:
    """Whether any cycle before the newest was breached, and whether any had a target."""
    had_breach, had_target = clock.had_breach, clock.had_target
    for cycle in clock.ended:
        had_breach = had_breach or cycle.is_missed
        had_target = had_target or cycle.target is not None
    return had_breach, had_target


def _dump_clock(clock: Clock) -> StoredClock:
    had_breach, had_target = clock.had_breach, clock.had_target
    if clock.ended:
        had_breach, had_target = _left_behind(clock)
    cycle = None if clock.cycle is None else _dump_cycle(clock.cycle)
    return StoredClock(clock.count, had_breach, had_target, cycle)


def _dump_cycle(cycle: Cycle) -> StoredCycle:
    under = None
    if not cycle.is_open and cycle.policy is not None and cycle.plan is not None:
        under = (cycle.policy.version, cycle.plan.tier, cycle.plan.priority)
    return StoredCycle(
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
        cycle.uncounted,
        cycle.missed,
        cycle.paused,
        cycle.own,
        "" if under is None or cycle.plan is None else cycle.plan.rule,
        cycle.team,
        cycle.stood,
        cycle.apart,
        cycle.restarted,
        cycle.lost,
    )


def load(stored: StoredFold, policies: Policies) -> Fold:
    """Raises LookupError when the policy version that it was made under is not known."""
    policy, said = policies.version(stored.policy), stored.attributes
    planned_at = stored.at if policy.edges else stored.created_at
    fold = Fold(
        policy,
        stored.created_at,
        said,
        policy.promised(said, stored.created_at, planned_at),
        stored.at,
        stored.phase,
        status=stored.status,
        first_responded_at=stored.first_responded_at,
        answered_at=stored.answered_at,
        newest=stored.newest,
        agent_reply=stored.agent_reply,
        customer_reply=stored.customer_reply,
        pending_at=stored.pending_at,
    )
    if stored.withdrawn:
        fold.withdrawn = frozenset(stored.withdrawn)
    fold.expect(policy)
    for name in (*stored.clocks, *stored.waits):
        if name not in fold.clocks:
            rules = _last_rules(name, policy.version, policies)
            fold.clocks[name] = KINDS[rules.kind](rules)
    for name, kept in stored.clocks.items():
        clock = fold.clocks[name]
        clock.count, clock.had_breach = kept.cycles, kept.had_breach
        clock.had_target, cycle = kept.had_target, kept.cycle
        if cycle is not None:
            clock.cycle = clock.began_with = _load_cycle(cycle, clock.rules, fold, policies)
    for name in stored.waits:
        fold.clocks[name].waits = True
    if stored.own_dates is not None:
        fold.bring_along(stored.own_dates)
    fold.belongs_to_whom_it_says()
    return fold


def _last_rules(name: str, version: int, policies: Policies) -> ClockRules:
    """The newest rules up to `version` of a clock that nobody is promised any more."""
    while name not in (clocks := policies.version(version).clocks):
        version -= 1
    return clocks[name]


def _load_cycle(stored: StoredCycle, rules: ClockRules, fold: Fold, policies: Policies) -> Cycle:
    policy, plan = fold.policy, fold.plan
    if stored.under is not None:
        version, tier, priority = stored.under
        policy = policies.version(version)
        plan = policy.plan_by(stored.rule, tier, priority)
    return Cycle(
        rules,
        stored.number,
        stored.started_at,
        stored.since,
        stored.state,
        stored.elapsed,
        stored.target,
        policy,
        plan,
        stored.anchor,
        stored.stopped_at,
        stored.first_stopped_at,
        stored.vanished,
        dict(stored.reached),
        dict(stored.ordinals),
        uncounted=stored.uncounted,
        missed=stored.missed,
        paused=stored.paused,
        team=stored.team,
        held=fold.phase in HALTED,
        own=stored.own,
        attributes=fold.attributes,  # of one that has ended: the same as then, or see `stood`
        stood=stored.stood,
        apart=stored.apart,
        restarted=stored.restarted,
        lost=stored.lost,
    )
