"""Builds what each tier and priority are promised from `sla_targets`."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from config import goals, targets
from config.calendars import Calendars
from config.findings import Findings
from config.problems import KeyPath
from config.schema import OwnDates, Priority, Tier
from config.suggestion import suggestion
from engine.sla.calendar import Calendar
from engine.sla.policy import Budget, Plan, Rung


@dataclass(frozen=True, slots=True)
class Plans:
    """What every tier and priority are promised."""

    by_tier_and_priority: Mapping[tuple[str, str], Plan]
    by_tier: Mapping[str, Plan]
    fallback: Plan


def build(
    tiers: Mapping[str, Tier],
    calendars: Calendars,
    clocks: Mapping[str, Calendar | None],
    by_team: Collection[str],
    default: Calendar,
    findings: Findings,
    own_dates: OwnDates | None = None,
    goals_of_all: goals.Goals | None = None,
) -> Plans:
    """`clocks` has every clock of the policy, with the calendar that it always runs on; `by_team`
    those whose targets may be by team; `own_dates` and `goals_of_all` are what holds where a tier
    says nothing of them."""

    def counted_by(calendar: Calendar) -> Mapping[str, Calendar]:
        return {clock: own or calendar for clock, own in clocks.items()}

    plans: dict[tuple[str, str], Plan] = {}
    fallbacks: dict[str, Plan] = {}
    spelled: dict[tuple[str, ...], str] = {}
    for tier_name, tier in tiers.items():
        path: KeyPath = ("sla_targets", tier_name)
        _refuse_twins(spelled, (tier_name,), path, findings)
        whole = calendars.named(tier.calendar, (*path, "calendar"), default)
        tier_key = tier_name.casefold()
        own_dates_of_tier = tier.own_dates or own_dates
        goals.check(tier.goals, clocks, path, findings)
        fallbacks[tier_key] = Plan(
            {},
            counted_by(whole),
            tier=tier_key,
            own_dates=own_dates_of_tier != "ignored",
            goals=goals.nearest(goals_of_all, tier.goals),
        )
        priorities: dict[str, Priority] = tier.model_extra or {}
        for name, priority in priorities.items():
            here = (*path, name)
            _refuse_twins(spelled, (tier_name, name), here, findings)
            goals.check(priority.goals, clocks, here, findings)
            own = calendars.named(priority.calendar, (*here, "calendar"), whole)
            entries = priority.model_extra or {}
            teams = _by_team(entries, clocks, by_team, here, findings)
            budgets = _targets(entries, clocks, here, findings)
            budgets |= {name: own["default"] for name, own in teams.items() if "default" in own}
            if priority.cutoff is not None:
                _warn_of_no_working_days(budgets.values(), here, findings)
            cutoff = tier.cutoff if priority.cutoff is None else priority.cutoff
            plans[tier_key, name.casefold()] = Plan(
                cut_off(budgets, cutoff),
                counted_by(own),
                _ladder(priority.escalation, (*here, "escalation"), findings),
                tier=tier_key,
                priority=name.casefold(),
                own_dates=(priority.own_dates or own_dates_of_tier) != "ignored",
                by_team={clock: cut_off(own, cutoff) for clock, own in teams.items()},
                goals=goals.nearest(goals_of_all, tier.goals, priority.goals),
            )
            if priority.escalation and not _has_resolution(priority):
                message = "levels count on the resolution clock, which has no target here"
                findings.warn((*here, "escalation"), message)
        if tier.cutoff is not None:
            of_tier = [plan for (name, _), plan in plans.items() if name == tier_key]
            budgets = [budget for plan in of_tier for budget in plan.targets.values()]
            _warn_of_no_working_days(budgets, path, findings)
    goals.check(goals_of_all, clocks, (), findings)
    fallback = Plan(
        {},
        counted_by(default),
        own_dates=own_dates != "ignored",
        goals=goals.nearest(goals_of_all),
    )
    return Plans(plans, fallbacks, fallback)


def _refuse_twins(
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
            _refuse_twins(spelled, (team,), here, findings)
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
