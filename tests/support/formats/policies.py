"""Versions of the configuration as they lie in the log, and what they promise: whatever keys are
called by now, what they mean when they are left out, and what is refused of a new one."""

import json
from collections.abc import Iterable
from typing import Any

from command_side.policies import Accepted
from config.loading import Loaded
from config.problems import ConfigError
from engine.sla.budget import Budget
from engine.sla.conditions import Condition, Match
from engine.sla.policy import Plan, Policy
from engine.sla.routes import Route
from engine.sla.rules import Rule
from ops.accepted import built
from tests.support.formats import FOLDER, Sample
from tests.support.formats.others import MINUTE, NINE

WEEK = 7 * 24 * 60 * MINUTE
CHRISTMAS = NINE + 50 * WEEK
"""A week that has holidays."""

Json = dict[str, Any]


def _budget(budget: Budget) -> list[Any]:
    return [budget.unit, budget.amount, budget.minute, budget.cutoff]


def _plan(plan: Plan) -> Json:
    return {
        "targets": {clock: _budget(one) for clock, one in plan.targets.items()},
        "by_team": {
            clock: {team: _budget(one) for team, one in teams.items()}
            for clock, teams in plan.by_team.items()
        },
        "calendars": {clock: one.name for clock, one in plan.calendars.items()},
        "ladder": plan.ladder and [[one.level, one.unit, str(one.amount)] for one in plan.ladder],
        "on_purpose": plan.on_purpose,
        "own_dates": plan.own_dates,
        "goals": {clock: str(share) for clock, share in plan.goals.items()},
    }


def _plans(policy: Policy) -> Json:
    return {
        **{" ".join(key): _plan(plan) for key, plan in policy.plans.items()},
        **{tier: _plan(plan) for tier, plan in policy.tier_fallbacks.items()},
        **{" by ".join(reversed(key)): _plan(plan) for key, plan in policy.rule_plans.items()},
    }


def _conditions(conditions: Iterable[Condition]) -> list[Any]:
    return [[one.field, one.written, one.nothing, one.anything] for one in conditions]


def _match(match: Match) -> Json:
    return {"when": _conditions(match.when), "unless": _conditions(match.unless)}


def _rule(rule: Rule) -> Json:
    valid = rule.valid and [rule.valid.start, rule.valid.end, rule.valid.by_time]
    return {"name": rule.name, **_match(rule.match), "valid": valid}


def _route(route: Route) -> Json:
    repeat, gather = route.repeat, route.gather
    return {
        "to": route.to,
        **_match(route.match),
        "name": route.name,
        "goes_on": route.goes_on,
        "tell": sorted(route.tell),
        "repeat": repeat and [repeat.every, repeat.until, repeat.at_most],
        "gather": gather and [gather.by, gather.wait],
    }


def _hours(policy: Policy) -> Json:
    """By calendar when it is open in a usual week, and in one with holidays."""
    plans = (*policy.all_plans, *policy.tier_fallbacks.values(), policy.fallback)
    found = {one.name: one for plan in plans for one in plan.calendars.values()}
    weeks = [(start, start + WEEK) for start in (NINE, CHRISTMAS)]
    return {
        name: [one.timezone, *(one.open_intervals(*week) for week in weeks)]
        for name, one in sorted(found.items())
    }


def _clocks(policy: Policy) -> Json:
    return {
        name: {
            "kind": one.kind,
            "pauses_in": sorted(one.pauses_in),
            "pauses_at_most": one.pauses_at_most,
            "on_change": one.on_change,
            "reopen": one.reopen,
            "answered_by": one.answered_by,
            "after": one.after,
            "again": sorted(one.again),
        }
        for name, one in policy.clocks.items()
    }


def _loaded(content: bytes) -> Loaded:
    return built(
        Accepted(
            version=3,
            content=content.decode(),
            hash="",
            author="sla_config.yaml",
            accepted_at=NINE,
            apply_to="open_tickets",
            warning=0.2,
            critical=0.1,
            built_in=2,
        )
    )


def meaning(name: str) -> bytes:
    """Of a version, all that tickets are judged by, and whom it tells; or why it is refused."""
    try:
        loaded = _loaded((FOLDER / name).read_bytes())
    except ConfigError as error:
        return str(error).encode()
    policy = loaded.policy
    said: Json = {
        "apply_to": policy.apply_to,
        "plans": _plans(policy),
        "rules": [_rule(one) for one in policy.rules],
        "statuses": [policy.default_phase, policy.statuses],
        "clocks": _clocks(policy),
        "hours": _hours(policy),
        "thresholds": [str(policy.warning), str(policy.critical)],
        "levels": [policy.level_names, policy.default_levels],
        "ack_timeout": policy.ack_timeout,
        "notify_within": policy.notify_within,
        "routes": [_route(one) for one in policy.routes],
        "rotations": {one.name: [one.tell_by, one.fallback] for one in policy.rotations.values()},
        "time_zone": policy.time_zone,
        "channels": {one.name: [one.type, one.given()] for one in loaded.channels},
        "people": [[one.key, one.name, one.email, one.slack] for one in loaded.people],
    }
    return (
        json.dumps(said, indent=1, ensure_ascii=False, sort_keys=True, default=str).encode() + b"\n"
    )


SAMPLES = tuple(
    sample
    for name in ("full", "lenient")
    for sample in (
        Sample(f"policies/{name}.yaml", f"policies/{name}.json"),
        Sample(f"policies/{name}.json", f"policies/{name}.yaml", meaning),
    )
)
