"""What tickets have attained, side by side under two configurations: sums that can be added up, so
that several processes may count a part each."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from fractions import Fraction
from typing import Final, Literal, NamedTuple, get_args
from uuid import UUID

from command_side.deciding.events import CycleFacts
from engine.sla import escalation
from engine.sla.counted import Stood
from engine.sla.cycle import Cycle
from engine.sla.milestones import Crossing, level_of
from engine.sla.policy import Policy
from engine.sla.timeline import Fold
from engine.sla.verdict import state_of
from query_side.audit.what_if.past import CycleKey, Past

Grouping = Literal[
    "clock", "rule", "tier", "priority", "team", "organization", "policy", "day", "week", "month"
]
GROUPINGS: Final[Sequence[Grouping]] = get_args(Grouping)
Verdict = Literal["met", "breached", "cancelled", "open", "none"]
"""Breached as soon as it is overdue, though it may run on; none: there is no such cycle."""
MOST_LISTED: Final = 1_000
"""Cycles that are named."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Key = tuple[str | None, ...]
"""What a group is told by, without regard to case."""


class Turned(NamedTuple):
    """A cycle whose verdict is another one."""

    ticket_id: UUID
    external_id: str
    clock: str
    cycle: int
    before: Verdict
    after: Verdict


@dataclass(slots=True)
class By:
    """What groups are made by: days, weeks and months are those of a time zone."""

    names: Sequence[Grouping]
    zone: tzinfo = UTC
    _known: dict[Key, Key] = field(default_factory=dict[Key, Key], repr=False, compare=False)

    def folded(self, spelled: Key) -> Key:
        """Without regard to case: what groups are told by."""
        found = self._known.get(spelled)
        if found is None:
            found = tuple(None if one is None else one.casefold() for one in spelled)
            self._known[spelled] = found
        return found

    def key(self, cycle: Cycle, decided_at: int | None) -> Key:
        """As it is spelled."""
        said = stood(cycle)
        found: list[str | None] = []
        for name in self.names:
            match name:
                case "clock":
                    found.append(cycle.rules.name)
                case "tier":
                    found.append(said.tier)
                case "priority":
                    found.append(said.priority)
                case "rule":
                    found.append(said.rule or None)
                case "team":
                    found.append(cycle.team or said.team)
                case "organization":
                    found.append(said.organization)
                case "policy":
                    found.append(str(said.policy) if cycle.policy else None)
                case "day" | "week" | "month":
                    found.append(self._when(name, decided_at))
        return tuple(found)

    def day(self, at: int) -> date:
        """Of an instant."""
        return (_EPOCH + timedelta(microseconds=at)).astimezone(self.zone).date()

    def _when(self, name: Literal["day", "week", "month"], at: int | None) -> str | None:
        if at is None:
            return None
        day = self.day(at)
        if name == "week":
            day -= timedelta(days=day.weekday())
        elif name == "month":
            day = day.replace(day=1)
        return day.isoformat()


def stood(cycle: Cycle) -> Stood:
    """By what it was judged, as reports have it: as it stood when it was breached, else when it
    ended, else as it stands."""
    if cycle.stood is not None:
        return cycle.stood
    version = 0 if cycle.policy is None else cycle.policy.version
    return Stood(version, "" if cycle.plan is None else cycle.plan.rule, *cycle.attributes[:4])


def verdict(cycle: Cycle) -> Verdict:
    """As it has been counted."""
    state = state_of(cycle)
    if state == "cancelled":
        return "cancelled"
    if cycle.breached_at is not None:
        return "breached"
    return "open" if state in ("running", "paused") else state


@dataclass(slots=True)
class Counted:
    """Cycles of one group."""

    met: int = 0
    breached: int = 0
    cancelled: int = 0
    open: int = 0
    goals: set[Fraction | None] = field(default_factory=set[Fraction | None])
    """What share of those met and breached has to be kept; None: of some of them none."""

    def count(self, verdict: Verdict, goal: Fraction | None) -> None:
        """One more."""
        if verdict in ("met", "breached"):
            self.goals.add(goal)
        setattr(self, verdict, getattr(self, verdict) + 1)

    def add(self, other: "Counted") -> None:
        """Those of another part of the tickets."""
        self.met += other.met
        self.breached += other.breached
        self.cancelled += other.cancelled
        self.open += other.open
        self.goals |= other.goals

    @property
    def goal(self) -> float | None:
        """Per cent; None where there is none, or several."""
        only = next(iter(self.goals)) if len(self.goals) == 1 else None
        return None if only is None else float(only)


@dataclass(slots=True)
class Side:
    """What was attained under one configuration."""

    groups: dict[Key, Counted] = field(default_factory=dict[Key, Counted])
    total: Counted = field(default_factory=Counted)
    alerts: Counter[date] = field(default_factory=Counter[date])
    """By the day of the milestone: warnings, critical ones and breaches."""
    escalations: Counter[date] = field(default_factory=Counter[date])
    breaches_of: Counter[str | None] = field(default_factory=Counter[str | None])
    """By the team that had the ticket, as it is spelled."""
    escalations_of: Counter[str | None] = field(default_factory=Counter[str | None])

    def add(self, other: "Side") -> None:
        """That of another part of the tickets."""
        for key, counted in other.groups.items():
            self.groups.setdefault(key, Counted()).add(counted)
        self.total.add(other.total)
        self.alerts += other.alerts
        self.escalations += other.escalations
        self.breaches_of += other.breaches_of
        self.escalations_of += other.escalations_of

    def count(
        self, past: Past, fold: Fold, policy: Policy, by: By, spelled: dict[Key, Key]
    ) -> dict[CycleKey, Verdict]:
        """One ticket more, that was counted to an instant, with the goals that a policy has for its
        cycles; the verdicts of these."""
        instants = _held(past, fold) if past.acknowledgements else None
        found: dict[CycleKey, Verdict] = {}
        for clock in fold.clocks.values():
            for cycle in clock.cycles():
                if cycle.crossings:
                    self._hear(cycle, instants, by, fold.at)
                if cycle.target is None and cycle.vanished is None:
                    continue  # it was never promised anything
                is_now = verdict(cycle)
                clock_name = cycle.rules.name
                found[CycleKey(clock_name, cycle.started_at, cycle.number)] = is_now
                if is_now == "breached":
                    self.breaches_of[cycle.team or stood(cycle).team] += 1
                shown = by.key(cycle, _decided_at(cycle, is_now))
                key = by.folded(shown)
                counted = self.groups.get(key)
                if counted is None:
                    counted = self.groups[key] = Counted()
                known = spelled.setdefault(key, shown)
                if known is not shown and known != shown and _text(shown) < _text(known):
                    spelled[key] = shown
                goal = _goal(policy, cycle)
                counted.count(is_now, goal)
                self.total.count(is_now, goal)
        return found

    def _hear(
        self, cycle: Cycle, instants: dict[escalation.Key, int] | None, by: By, until: int
    ) -> None:
        for crossing in cycle.crossings:
            if not level_of(crossing.milestone):
                self.alerts[by.day(crossing.at)] += 1
                continue
            at = crossing.at if instants is None else instants.get(escalation.key_of(crossing))
            if at is None or at > until:
                continue  # an acknowledgement held it until the cycle was over, or holds it still
            self.escalations[by.day(at)] += 1
            self.escalations_of[cycle.team or stood(cycle).team] += 1


def _goal(policy: Policy, cycle: Cycle) -> Fraction | None:
    """That of the rule, tier and priority by which it was judged, where the policy has them."""
    by = stood(cycle)
    if by.rule and (by.rule, "") not in policy.rule_plans:
        return None
    return policy.plan_by(by.rule, by.tier, by.priority).goals.get(cycle.rules.name)


def _held(past: Past, fold: Fold) -> dict[escalation.Key, int]:
    """When milestones counted, as people had taken the ticket on."""
    crossings: list[Crossing] = fold.crossings()
    breaches = escalation.breach_instants(fold, crossings)
    return escalation.instants(fold, fold.at, past.acknowledgements, breaches)


def _decided_at(cycle: Cycle, verdict: Verdict) -> int | None:
    if verdict == "breached":
        return cycle.breached_at
    return None if verdict == "open" else cycle.ended_at


def _text(key: Key) -> tuple[str, ...]:
    return tuple(one or "" for one in key)


@dataclass(slots=True)
class Sums:
    """All that is counted of some tickets."""

    tickets: int = 0
    updates: int = 0
    before: Side = field(default_factory=Side)
    """As it was."""
    after: Side = field(default_factory=Side)
    spelled: dict[Key, Key] = field(default_factory=dict[Key, Key])
    turned: Counter[tuple[Verdict, Verdict]] = field(
        default_factory=Counter[tuple[Verdict, Verdict]]
    )
    """How many cycles are judged otherwise, by what they were and what they would be."""
    tickets_turned: int = 0
    cycles: list[Turned] = field(default_factory=list[Turned])
    """The first of those cycles, by the id of their tickets."""
    proven: int = 0
    """Cycles that the log has a verdict of."""
    differing: int = 0
    """Those that counting again judges otherwise than they were judged when it happened."""
    differences: list[Turned] = field(default_factory=list[Turned])

    def compare(
        self,
        past: Past,
        before: dict[CycleKey, Verdict],
        after: dict[CycleKey, Verdict],
        at: int,
    ) -> None:
        """One ticket: what the log says, what counting it again says, and what another
        configuration says."""
        self.tickets += 1
        self.updates += past.updates
        recorded: dict[CycleKey, Verdict] = {
            key: _recorded(one, at) for key, one in past.decided.items()
        }
        self.proven += len(recorded)
        if before != recorded:
            for one in differences(past, recorded, before):
                self.differing += 1
                _list(self.differences, one)
        if after == before:
            return
        self.tickets_turned += 1
        for one in differences(past, before, after):
            self.turned[one.before, one.after] += 1
            _list(self.cycles, one)

    def add(self, other: "Sums") -> None:
        """Those of another part of the tickets."""
        self.tickets += other.tickets
        self.updates += other.updates
        self.before.add(other.before)
        self.after.add(other.after)
        for key, shown in other.spelled.items():
            known = self.spelled.setdefault(key, shown)
            self.spelled[key] = min(known, shown, key=_text)
        self.turned += other.turned
        self.tickets_turned += other.tickets_turned
        self.cycles = _first([*self.cycles, *other.cycles])
        self.proven += other.proven
        self.differing += other.differing
        self.differences = _first([*self.differences, *other.differences])


def differences(
    past: Past, before: dict[CycleKey, Verdict], after: dict[CycleKey, Verdict]
) -> Iterator[Turned]:
    """The cycles that are judged otherwise."""
    for key in {**before, **after}:
        was, would = before.get(key, "none"), after.get(key, "none")
        if was != would:
            yield Turned(past.ticket, past.external_id, key.clock, key.number, was, would)


def _recorded(one: CycleFacts, at: int) -> Verdict:
    """What was decided of a cycle, once time has passed in which nothing else happened."""
    if one.state == "cancelled":
        return "cancelled"
    if one.overdue_from is not None and one.overdue_from <= at:
        return "breached"
    if one.state in ("running", "paused"):
        return "open"
    return "met" if one.state == "met" else "breached"


def _list(listed: list[Turned], one: Turned) -> None:
    if len(listed) < MOST_LISTED:
        listed.append(one)


def _first(found: list[Turned]) -> list[Turned]:
    return sorted(found, key=_place)[:MOST_LISTED]


def _place(one: Turned) -> tuple[int, str, int]:
    return one.ticket_id.int, one.clock, one.cycle
