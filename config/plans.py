"""Builds what each tier and priority are promised from `sla_targets`."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, cast

from config import goals, targets
from config.calendars import Calendars
from config.findings import Findings
from config.problems import KeyPath
from config.schema import OwnDates, Priority, Rule, Tier
from config.suggestion import suggestion
from config.validity import valid
from engine.sla.budget import Budget
from engine.sla.calendar import Calendar
from engine.sla.policy import Plan, Rung
from engine.sla.rules import Validity


@dataclass(frozen=True, slots=True)
class Plans:
    """What every tier and priority are promised."""

    by_tier_and_priority: Mapping[tuple[str, str], Plan]
    by_tier: Mapping[str, Plan]
    fallback: Plan
    validity: Mapping[str, Validity]


class Around(NamedTuple):
    """What holds where a priority says nothing of it."""

    calendar: Calendar
    cutoff: int | None
    own_dates: OwnDates | None
    goals: goals.Goals


@dataclass(frozen=True, slots=True)
class Promises:
    """Builds plans of what stands at priorities."""

    calendars: Calendars
    clocks: Mapping[str, Calendar | None]
    """Every clock of the policy, with the calendar that it always runs on."""
    by_team: Collection[str]
    """Those whose targets may be by team."""
    findings: Findings

    def around(self, block: Tier | Rule, path: KeyPath, outer: Around) -> Around:
        calendar = self.calendars.named(block.calendar, (*path, "calendar"), outer.calendar)
        goals.check(block.goals, self.clocks, path, self.findings)
        nearer = {**outer.goals, **(block.goals or {})}
        return Around(calendar, block.cutoff, block.own_dates or outer.own_dates, nearer)

    def nothing(self, around: Around, **about: Any) -> Plan:
        return Plan(
            {},
            self._counted_by(around.calendar),
            own_dates=around.own_dates != "ignored",
            goals=goals.nearest(around.goals),
            **about,
        )

    def plan(self, block: Priority, path: KeyPath, around: Around, **about: Any) -> Plan:
        calendar = self.calendars.named(block.calendar, (*path, "calendar"), around.calendar)
        goals.check(block.goals, self.clocks, path, self.findings)
        entries = block.model_extra or {}
        teams = _by_team(entries, self.clocks, self.by_team, path, self.findings)
        budgets = _targets(entries, self.clocks, path, self.findings)
        budgets |= {name: own["default"] for name, own in teams.items() if "default" in own}
        if block.cutoff is not None:
            own = [budget for each in teams.values() for budget in each.values()]
            _warn_of_no_working_days([*budgets.values(), *own], path, self.findings)
        if block.escalation and not _has_resolution(block):
            message = "levels count on the resolution clock, which has no target here"
            self.findings.warn((*path, "escalation"), message)
        cutoff = around.cutoff if block.cutoff is None else block.cutoff
        return Plan(
            cut_off(budgets, cutoff),
            self._counted_by(calendar),
            _ladder(block.escalation, (*path, "escalation"), self.findings),
            own_dates=(block.own_dates or around.own_dates) != "ignored",
            by_team={clock: cut_off(own, cutoff) for clock, own in teams.items()},
            goals=goals.nearest(around.goals, block.goals),
            **about,
        )

    def warn_of_cutoff(self, around: Around, plans: Iterable[Plan], path: KeyPath) -> None:
        if around.cutoff is not None:
            budgets = [
                budget
                for plan in plans
                for each in (plan.targets, *plan.by_team.values())
                for budget in each.values()
            ]
            _warn_of_no_working_days(budgets, path, self.findings)

    def _counted_by(self, calendar: Calendar) -> Mapping[str, Calendar]:
        return {clock: own or calendar for clock, own in self.clocks.items()}


def build(tiers: Mapping[str, Tier], promises: Promises, outer: Around) -> Plans:
    """`outer` is what holds where a tier says nothing of it."""
    findings = promises.findings
    plans: dict[tuple[str, str], Plan] = {}
    fallbacks: dict[str, Plan] = {}
    validity: dict[str, Validity] = {}
    spelled: dict[tuple[str, ...], str] = {}
    for tier_name, tier in tiers.items():
        path: KeyPath = ("sla_targets", tier_name)
        refuse_twins(spelled, (tier_name,), path, findings)
        around, tier_key = promises.around(tier, path, outer), tier_name.casefold()
        fallbacks[tier_key] = promises.nothing(around, tier=tier_key)
        if tier.valid is not None:
            zone = around.calendar.timezone
            validity[tier_key] = valid(tier.valid, zone, (*path, "valid"), findings)
        priorities: dict[str, Priority] = tier.model_extra or {}
        for name, priority in priorities.items():
            here = (*path, name)
            refuse_twins(spelled, (tier_name, name), here, findings)
            about = {"tier": tier_key, "priority": name.casefold()}
            plans[tier_key, name.casefold()] = promises.plan(priority, here, around, **about)
        of_tier = [plan for (name, _), plan in plans.items() if name == tier_key]
        promises.warn_of_cutoff(around, of_tier, path)
    return Plans(plans, fallbacks, promises.nothing(outer), validity)


def refuse_twins(
    spelled: dict[tuple[str, ...], str], names: tuple[str, ...], path: KeyPath, findings: Findings
) -> None:
    """Tiers and priorities are matched without case: two that differ by case only are one."""
    key = tuple(name.casefold() for name in names)
    first = spelled.setdefault(key, names[-1])
    if first != names[-1]:
        findings.refuse(path, f"is the same as {first!r}: case makes no difference")


def _targets(
    entries: Mapping[str, Any],
    clocks: Mapping[str, Calendar | None],
    path: KeyPath,
    findings: Findings,
) -> dict[str, Budget]:
    budgets: dict[str, Budget] = {}
    seen: set[str] = set()
    for key, value in entries.items():
        here = (*path, key)
        clock = key.removesuffix(targets.MINUTES_SUFFIX)
        if clock not in clocks:
            known = [*Priority.model_fields, *clocks]
            in_minutes = [name + targets.MINUTES_SUFFIX for name in clocks]
            message = "is neither a clock nor a clock with _minutes"
            findings.refuse(here, message + suggestion(key, known, also=in_minutes))
            continue
        if clock in seen:
            findings.refuse(here, f"{clock} has two targets: with and without _minutes")
        seen.add(clock)
        if isinstance(value, Mapping):
            continue  # see `_by_team`
        try:
            budgets[clock] = (
                targets.target(value) if key == clock else targets.target_minutes(clock, value)
            )
        except ValueError as error:
            findings.refuse(here, error)
    return budgets


def _by_team(
    entries: Mapping[str, Any],
    clocks: Collection[str],
    by_team: Collection[str],
    path: KeyPath,
    findings: Findings,
) -> Mapping[str, Mapping[str, Budget]]:
    """Targets that are written as a map, by casefolded team; `default` is that of the others."""
    found: dict[str, dict[str, Budget]] = {}
    for clock, value in entries.items():
        if (
            not isinstance(value, Mapping)
            or clock.removesuffix(targets.MINUTES_SUFFIX) not in clocks
        ):
            continue  # no map, or no clock: see `_targets`
        if clock not in by_team:
            findings.refuse(
                (*path, clock), "only clocks of the kind ownership have targets by team"
            )
            continue
        teams = cast("Mapping[str, object]", value)
        budgets = found[clock] = {}
        spelled: dict[tuple[str, ...], str] = {}
        for team, target in teams.items():
            here = (*path, clock, team)
            refuse_twins(spelled, (team,), here, findings)
            try:
                budgets[team.casefold()] = targets.target(target)
            except ValueError as error:
                findings.refuse(here, error)
    return found


def cut_off(budgets: Mapping[str, Budget], cutoff: int | None) -> Mapping[str, Budget]:
    """The budgets, those in working days with that cut-off."""
    if cutoff is None:
        return budgets
    return {
        clock: budget if budget.unit == "time" else replace(budget, cutoff=cutoff)
        for clock, budget in budgets.items()
    }


def _warn_of_no_working_days(budgets: Iterable[Budget], path: KeyPath, findings: Findings) -> None:
    if all(budget.unit == "time" for budget in budgets):
        message = "bears on targets in working days, such as 1bd, and there is none here"
        findings.warn((*path, "cutoff"), message)


def _ladder(
    entries: Mapping[str, Any] | None, path: KeyPath, findings: Findings
) -> tuple[Rung, ...] | None:
    """An empty ladder has no levels; no ladder is the default one."""
    if entries is None:
        return None
    rungs: dict[int, Rung] = {}
    keys: dict[int, str] = {}
    for key, value in entries.items():
        here = (*path, key)
        try:
            number = targets.level(key)
            if number in keys:
                findings.refuse(here, f"is the same level as {keys[number]!r}")
            keys[number] = key
            rungs[number] = targets.rung(number, value)
        except ValueError as error:
            findings.refuse(here, error)
    ladder = tuple(rungs[number] for number in sorted(rungs))
    wrong = targets.out_of_order(ladder)
    if wrong is not None:
        message = "must come after the level below it: levels rise with time"
        findings.refuse((*path, keys[wrong.level]), message)
    return ladder


def _has_resolution(priority: Priority) -> bool:
    entries = priority.model_extra or {}
    return "resolution" in entries or f"resolution{targets.MINUTES_SUFFIX}" in entries
