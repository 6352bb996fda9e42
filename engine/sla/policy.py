"""A policy: which budgets, calendars, ladders and thresholds a ticket is measured by.

Plain frozen values, built by `config` from the YAML. Durations are integer microseconds,
instants integer microseconds since 1970-01-01T00:00Z.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache
from math import ceil
from typing import Final, Literal

from engine.sla.budget import Budget
from engine.sla.calendar import Calendar
from engine.sla.conditions import Attributes
from engine.sla.rotations import Rotation
from engine.sla.routes import Route
from engine.sla.rules import Rule, Rules, Validity

Phase = Literal["waiting", "active", "paused", "done", "cancelled"]
PHASES: tuple[Phase, ...] = ("waiting", "active", "paused", "done", "cancelled")


class UnknownVersion(LookupError):
    """This process has not heard of that version of the configuration (yet)."""


@lru_cache(maxsize=4096)
def status_key(status: str) -> str:
    """The form in which statuses are compared: no case, spaces, hyphens or underscores."""
    return status.casefold().replace(" ", "").replace("-", "").replace("_", "")


@dataclass(frozen=True, slots=True)
class Rung:
    """One level of an escalation ladder on the resolution clock."""

    level: int
    unit: Literal["elapsed", "percent", "from_deadline"]
    amount: Fraction
    """Microseconds elapsed, per cent of the target, or microseconds after the deadline
    (negative: before it)."""

    def reached_after(self, target: int) -> int:
        """Elapsed time, not before the start."""
        if self.unit == "elapsed":
            return ceil(self.amount)
        if self.unit == "percent":
            return ceil(target * self.amount / 100)
        return max(0, target + ceil(self.amount))


ClockKind = Literal["response", "resolution", "next_response", "update", "assignment", "ownership"]
OWN_DATES: Final[tuple[ClockKind, ...]] = ("response", "resolution")
"""The kinds of clocks for which a ticket may bring a date of its own."""
Again = Literal["unassigned", "team"]


@dataclass(frozen=True, slots=True)
class ClockRules:
    """How one clock behaves: `clocks.<name>` of the configuration with its defaults."""

    name: str
    kind: ClockKind
    pauses_in: frozenset[Phase] = frozenset()
    on_change: Literal["carry", "restart", "recompute"] = "carry"
    reopen: Literal["resume", "new_cycle"] = "resume"
    answered_by: Literal["reply_or_status", "reply"] = "reply_or_status"
    after: Literal["first_response", "creation"] = "first_response"
    again: frozenset[Again] = frozenset()
    pauses_at_most: int | None = None
    """Calendar time of all pauses of one cycle; then it runs again by itself. None: no limit."""

    def __hash__(self) -> int:
        # Rules are looked up by at every step of a fold; those of one name are few.
        return hash(self.name)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What one tier and priority are promised."""

    targets: Mapping[str, Budget]
    """Clock name to budget; a clock that is neither in here nor in `by_team` has no target."""
    calendars: Mapping[str, Calendar]
    """Clock name to calendar, for every clock of the policy, targeted or not."""
    ladder: tuple[Rung, ...] | None = None
    """Rising by level; None: the default ladder by kind of alert."""
    tier: str = ""
    """Casefolded, as are the keys of `Policy.plans`; empty for the fallback."""
    priority: str = ""
    """Casefolded; empty for the plans that stand in for priorities without targets."""
    rule: str = ""
    """The name of the rule; empty: the tier's."""
    on_purpose: bool = False
    """That nothing is promised is said in so many words."""
    own_dates: bool = True
    """Whether dates that a ticket brings along take the place of targets, or of none; never where
    nothing is promised on purpose."""
    by_team: Mapping[str, Mapping[str, Budget]] = field(
        default_factory=dict[str, Mapping[str, Budget]]
    )
    """Clock name to casefolded team to budget; for other teams that of `targets`, if any."""
    goals: Mapping[str, Fraction] = field(default_factory=dict[str, Fraction])
    """Clock name to the per cent of its cycles that have to be kept: for reports alone, no clock
    runs otherwise for it."""

    def budget(
        self, clock: str, started_at: int, own: int | None, team: str | None
    ) -> Budget | None:
        """What a cycle is promised; `own` is the ticket's own date for it, which does not count
        where it is not after the start, `team` whose stint it is, of a clock by team."""
        if own is not None and self.own_dates and own > started_at and clock in self.calendars:
            return Budget("own_date", own)
        found = self.targets.get(clock)
        if team is None or clock not in self.by_team:
            return found
        return self.by_team[clock].get(team.casefold(), found)

    @property
    def clocks(self) -> Sequence[str]:
        """Those that anybody is promised, whichever team has the ticket."""
        return [*self.targets, *(name for name in self.by_team if name not in self.targets)]


@dataclass(frozen=True, eq=False)
class Policy:
    """One accepted version of the configuration, as the clocks see it."""

    version: int
    accepted_at: int
    apply_to: Literal["open_tickets", "new_tickets"]
    plans: Mapping[tuple[str, str], Plan]
    """By (tier, priority), both casefolded."""
    tier_fallbacks: Mapping[str, Plan]
    """By casefolded tier: its calendars for priorities without targets."""
    fallback: Plan
    """For unknown tiers: no targets."""
    statuses: Mapping[str, Phase]
    """By `status_key`, built-in ones included."""
    default_phase: Phase | None
    clocks: Mapping[str, ClockRules]
    """In the order in which they are listed to people."""
    warning: Fraction = Fraction(15)
    """Per cent of the target that remains."""
    critical: Fraction = Fraction(5)
    level_names: Mapping[int, str] = field(default_factory=dict[int, str])
    default_levels: Mapping[str, int] = field(
        default_factory=lambda: {"warning": 1, "critical": 2, "breached": 3}
    )
    ack_timeout: int = 60 * 60 * 1_000_000
    notify_within: int = 60 * 60 * 1_000_000
    routes: tuple[Route, ...] = (Route(("slack",)),)
    time_zone: str = "UTC"
    """Of the calendar that is the default; by it a date is meant that is nothing else's."""
    author: str = ""
    """Who or which file offered it, for people; empty: nobody knows."""
    since: int | None = None
    """A repair: in force from then on, for every ticket, as if it had been accepted then; None:
    from its acceptance on."""
    reason: str = ""
    """Why somebody applied it by command, for people; empty: a file was saved."""
    rules: tuple[Rule, ...] = ()
    """In the order in which they are tried, all before the tiers."""
    rule_plans: Mapping[tuple[str, str], Plan] = field(default_factory=dict[tuple[str, str], Plan])
    """By the rule's name and the casefolded priority; an empty one stands for all others."""
    tier_validity: Mapping[str, Validity] = field(default_factory=dict[str, Validity])
    """By casefolded tier, of those that do not hold always."""
    rotations: Mapping[str, Rotation] = field(default_factory=dict[str, Rotation])
    """By name: who is on call stands in the log, whom that tells here."""
    alone: frozenset[str] = frozenset()
    """Channels that tell of each ticket by itself: nothing is gathered for them."""

    @cached_property
    def asks(self) -> frozenset[str]:
        """The fields that its conditions refer to and that are kept for that reason only."""
        return frozenset[str]().union(*(rule.match.asks for rule in self.rules))

    @cached_property
    def edges(self) -> tuple[int, ...]:
        """The instants at which time alone may bring a ticket under another rule or tier."""
        by_time = (one for one in self.tier_validity.values() if one.by_time)
        return tuple(sorted({*self._rules.edges, *(at for one in by_time for at in one.edges)}))

    @cached_property
    def _rules(self) -> Rules:
        return Rules(self.rules)

    @cached_property
    def all_plans(self) -> tuple[Plan, ...]:
        """Of all rules and tiers."""
        return (*self.rule_plans.values(), *self.plans.values())

    def promising(self, field: str) -> set[str] | None:
        """The tiers (`customer_tier`) or priorities that have targets; None: any may have."""
        place = ("customer_tier", "priority").index(field)
        found = {key[place] for key, plan in self.plans.items() if plan.clocks}
        promises: dict[str, set[str]] = {}
        for (name, priority), plan in self.rule_plans.items():
            if plan.clocks:
                promises.setdefault(name, set()).add(priority)
        for rule in self.rules:
            keys = promises.get(rule.name)
            if keys is None:
                continue
            only = rule.only(field)
            if field == "priority" and "" not in keys:
                found |= keys
            elif only is None:
                return None
            else:
                found |= only
        return found

    @cached_property
    def counted(self) -> Mapping[str, ClockRules]:
        """The clocks that anybody is promised.

        A ticket may bring its own date for a response or a resolution. And a response is always
        looked for: the next one is awaited only after it.
        """
        promised = {name for plan in self.all_plans for name in plan.clocks}
        return {
            name: rules
            for name, rules in self.clocks.items()
            if name in promised or rules.kind in OWN_DATES
        }

    @cached_property
    def tells_transitions(self) -> bool:
        """Whether any route asks what clocks turn to."""
        return any(route.names("transition") for route in self.routes)

    @property
    def begins_at(self) -> int:
        """From when on it is in force, unless one with a higher number is."""
        return self.accepted_at if self.since is None else self.since

    @property
    def takes_over(self) -> bool:
        """Whether it applies to tickets that began under an earlier version."""
        return self.since is not None or self.apply_to == "open_tickets"

    @cached_property
    def has_goals(self) -> bool:
        """Whether any share of what it promises has to be kept."""
        plans = (*self.all_plans, *self.tier_fallbacks.values(), self.fallback)
        return any(plan.goals for plan in plans)

    @cached_property
    def limits_pauses(self) -> bool:
        """Whether any clock runs again by itself."""
        return any(rules.pauses_at_most is not None for rules in self.clocks.values())

    def plan(self, tier: str, priority: str) -> Plan:
        """The plan of a tier and priority, in any case; never fails."""
        tier, priority = tier.casefold(), priority.casefold()
        return self.plans.get((tier, priority)) or self.tier_fallbacks.get(tier) or self.fallback

    def promised(self, attributes: Attributes, created_at: int, at: int) -> Plan:
        """The plan, at an instant, of a ticket that says this about itself."""
        tier, priority = attributes.tier, attributes.priority
        if self.rules:
            rule = self._rules.first(attributes, created_at, at)
            if rule is not None:
                return self.plan_by(rule.name, tier, priority)
        if self.tier_validity:
            valid = self.tier_validity.get(tier.casefold())
            if valid is not None and not valid.holds(created_at, at):
                return self.fallback
        return self.plan(tier, priority)

    def plan_by(self, rule: str, tier: str, priority: str) -> Plan:
        """The plan by a rule, or by the tier where that is empty."""
        if not rule:
            return self.plan(tier, priority)
        plan = self.rule_plans.get((rule, priority.casefold()))
        return self.rule_plans[rule, ""] if plan is None else plan

    def phase(self, status: str) -> Phase | None:
        """The phase of a status; None when it is unknown and no default is configured."""
        key = status_key(status)
        phase = self.statuses.get(key)
        if phase is None and key.startswith("awaiting"):
            phase = "paused"
        return phase if phase is not None else self.default_phase

    def level_name(self, level: int) -> str:
        """The level's name; a level without one shows its number."""
        return self.level_names.get(level, str(level))


def under(instant: int, policies: Sequence[Policy]) -> tuple[Policy, list[Policy]]:
    """The policy under which a ticket created then begins, and those that apply later."""
    begins, later = policies[0], list[Policy]()
    for policy in succession(policies)[1:]:
        if policy.begins_at <= instant:
            begins = policy
        else:
            later.append(policy)
    return begins, later


def later_than(version: int, policies: Sequence[Policy], until: int) -> list[Policy]:
    """Those after a version, begun by then, that apply to tickets that are there already."""
    if policies[-1].version <= version:
        return []
    return [
        one
        for one in policies
        if one.version > version and one.takes_over and one.begins_at <= until
    ]


def reach_back(later: Sequence[Policy], at: int) -> bool:
    """Whether one of them bears on what a fold has behind it at that instant; of a repair only a
    refold can say what it changes."""
    return any(one.since is not None or one.begins_at <= at for one in later)


def succession(policies: Sequence[Policy]) -> list[Policy]:
    """Of a ticket's versions, by rising number, those that ever come into force for it, in that
    order: the first, for all its past, and then at each instant the highest that has begun.

    One that a repair with a higher number precedes never does.
    """
    found = list[Policy]()
    for policy in reversed(policies[1:]):
        if policy.takes_over and (not found or policy.begins_at < found[-1].begins_at):
            found.append(policy)
    return [policies[0], *reversed(found)]
