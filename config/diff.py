"""Says in lines of text how two configurations differ."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import cast

from config import hours
from config.loading import Channel, Loaded
from config.people import Calendars
from config.targets import rungs_written, time_written, written
from engine.sla.calendar import Calendar
from engine.sla.conditions import Condition
from engine.sla.policy import ClockRules, Plan, Policy
from engine.sla.routes import USUALLY, Route
from engine.sla.rules import Validity


def lines(old: Loaded, new: Loaded) -> list[str]:
    """One line for each difference: `+` added, `-` removed, `~` changed; none for equal rules.
    And with `!` what a change does not do, though one might think so."""
    before, after = dict(_configured(old)), dict(_configured(new))
    found: list[str] = []
    for label in [*before, *(label for label in after if label not in before)]:
        match before.get(label), after.get(label):
            case None, text:
                found.append(f"+ {label}: {text}")
            case text, None:
                found.append(f"- {label}: {text}")
            case one, other if one != other:
                found.append(f"~ {label}: {one} -> {other}")
            case _:
                pass
    found += [
        f"! status {status}: open tickets that have it stay {phase}; whoever names it from now on"
        " is refused"
        for status, phase in old.policy.statuses.items()
        if new.policy.phase(status) is None
    ]
    kept = {channel.name for channel in new.channels}
    found += [
        f"! channel {channel.name} is still told what tickets under an older version send there,"
        f" and what is withdrawn{_as_long_as(channel)}"
        for channel in old.channels
        if channel.name not in kept
    ]
    return found


def _configured(loaded: Loaded) -> Iterator[tuple[str, str]]:
    yield from _described(loaded.policy)
    for channel in loaded.channels:
        yield f"channel {channel.name}", _channel(channel)
    yield "grouped for", f"{loaded.group_wait_seconds} s"
    yield "dead channels are told of on", ", ".join(loaded.fallback) or "none"
    yield "dead after", time_written(loaded.dead_after)
    for what in ("outbox", "raw", "jobs"):
        kept: timedelta | None = getattr(loaded.retention, what)
        yield f"kept of {what}", "forever" if kept is None else f"{kept.days}d"
    for person in loaded.people:
        said = (person.name, person.email, person.slack, person.time_zone)
        yield f"person {person.key}", ", ".join(text for text in said if text)
    for one in loaded.calendars:
        yield f"on call for {one.rotation}", _on_call(one, loaded.policy)


def _channel(channel: Channel) -> str:
    given = {
        key: " and ".join(map(str, cast("tuple[object, ...]", value)))
        if isinstance(value, tuple)
        else value
        for key, value in channel.given().items()
    }
    return ", ".join([channel.type, *(f"{key} {value}" for key, value in given.items())])


def _on_call(calendars: Calendars, policy: Policy) -> str:
    rotation = policy.rotations[calendars.rotation]
    over = calendars.overrides
    return ", ".join(
        [
            f"calendar {calendars.calendar.name}",
            *([f"overrides {over.name}"] if over else []),
            f"told by {' and '.join(rotation.tell_by)}",
            f"else {' and '.join(rotation.fallback) or 'nobody'}",
        ]
    )


def _as_long_as(channel: Channel) -> str:
    needed = channel.variables()
    are = "is" if len(needed) == 1 else "are"
    return f", as long as {' and '.join(needed)} {are} set" if needed else ""


def _rules(policy: Policy) -> Iterator[tuple[str, str]]:
    for number, rule in enumerate(policy.rules, start=1):
        yield f"rule {rule.name} place", str(number)
        for word, conditions in (("when", rule.match.when), ("unless", rule.match.unless)):
            if conditions:
                yield f"rule {rule.name} {word}", "; ".join(map(_condition, conditions))
        if rule.valid is not None:
            yield f"rule {rule.name} valid", _valid(rule.valid)
    for (name, priority), plan in policy.rule_plans.items():
        label = f"rule {name} {priority.upper() or 'any'}"
        if plan.on_purpose:
            yield label, "none"
        yield from _plan(label, plan)
    for tier, valid in policy.tier_validity.items():
        yield f"{tier.upper()} valid", _valid(valid)


def _condition(one: Condition) -> str:
    words = [
        *sorted(one.words),
        *(["null"] if one.nothing else []),
        *(["*"] if one.anything else []),
    ]
    return f"{one.field} {'|'.join(words)}"


def _valid(valid: Validity) -> str:
    return f"{valid.written} by {'time' if valid.by_time else 'creation'}"


def _described(policy: Policy) -> Iterator[tuple[str, str]]:
    yield from _rules(policy)
    for (tier, priority), plan in policy.plans.items():
        yield from _plan(f"{tier.upper()} {priority.upper()}", plan)
    for tier, plan in policy.tier_fallbacks.items():
        yield from _plan(f"{tier.upper()}, other priorities", plan)
    yield from _plan("other tiers", policy.fallback)
    for name, calendar in sorted(_calendars(policy).items()):
        yield from _calendar(f"calendar {name}", calendar)
    for name, rules in policy.clocks.items():
        yield from _clock(f"clock {name}", rules)
    yield "thresholds", f"{float(policy.warning):g}% and {float(policy.critical):g}%"
    for status, phase in sorted(policy.statuses.items()):
        yield f"status {status}", phase
    yield "other statuses", policy.default_phase or "refused"
    for kind, level in policy.default_levels.items():
        yield f"level of {kind}", str(level)
    for level, name in sorted(policy.level_names.items()):
        yield f"name of level {level}", name
    yield "acknowledgement lasts", _minutes(policy.ack_timeout)
    yield "notified within", _minutes(policy.notify_within)
    for number, route in enumerate(policy.routes, start=1):
        yield f"route {route.name or number}", _route(route)
    yield "applies to", policy.apply_to.replace("_", " ")


def _plan(label: str, plan: Plan) -> Iterator[tuple[str, str]]:
    for clock, budget in plan.targets.items():
        yield f"{label} {clock}", written(budget)
        if budget.cutoff is not None:
            yield f"{label} cut-off of {clock}", hours.time_of_day(budget.cutoff)
    for clock, teams in plan.by_team.items():
        for team, budget in teams.items():
            if team != "default":
                yield f"{label} {clock} of {team}", written(budget)
    counted = {clock: calendar.name for clock, calendar in plan.calendars.items()}
    if len(set(counted.values())) == 1:
        counted = {"every clock": next(iter(counted.values()))}
    for clock, calendar in counted.items():
        yield f"{label} calendar of {clock}", calendar
    if not plan.own_dates:
        yield f"{label} own dates", "ignored"
    for clock, goal in plan.goals.items():
        yield f"{label} goal of {clock}", f"{float(goal):.12g}%"
    if plan.ladder is not None:
        levels = (f"{level} at {at}" for level, at in rungs_written(plan.ladder).items())
        yield f"{label} escalation", ", ".join(levels) or "none"


def _route(route: Route) -> str:
    said = [_asked(one) for one in route.match.when] or ["everything"]
    if route.match.unless:
        said.append(f"unless {', '.join(map(_asked, route.match.unless))}")
    text = f"{', '.join(said)} to {', '.join(route.to)}"
    if route.tell != USUALLY:
        text += f", told of what is {', '.join(sorted(route.tell))}"
    if route.repeat is not None:
        most = "" if route.repeat.at_most is None else f" at most {route.repeat.at_most} times"
        minutes = route.repeat.every / 60_000_000
        text += f", again every {minutes:g} min until {route.repeat.until}{most}"
    if route.gather is not None:
        by = f" by {', '.join(route.gather.by)}" if route.gather.by else ""
        text += f", gathered{by} for {route.gather.wait / 1_000_000:g} s"
    return text + (", and on" if route.goes_on else "")


def _asked(one: Condition) -> str:
    words = [*sorted(one.written), *(["nothing"] if one.nothing else ())]
    return f"{one.field} {'anything' if one.anything else '|'.join(words)}"


def _calendars(policy: Policy) -> Mapping[str, Calendar]:
    plans = [*policy.all_plans, *policy.tier_fallbacks.values(), policy.fallback]
    return {each.name: each for plan in plans for each in plan.calendars.values()}


def _calendar(label: str, calendar: Calendar) -> Iterator[tuple[str, str]]:
    yield f"{label} timezone", calendar.timezone
    for weekday, name in enumerate(hours.WEEKDAYS):
        yield f"{label} {name}", _hours(calendar.weekly.get(weekday, ()))
    for day, spans in sorted(calendar.shifts.items()):
        yield f"{label} {day}", _hours(spans)
    holidays = calendar.holidays
    if isinstance(holidays, hours.RegionalHolidays):
        region = holidays.country + (f"-{holidays.subdivision}" if holidays.subdivision else "")
        yield f"{label} holidays of", region
        holidays = holidays.dates
    if not callable(holidays):
        for day in sorted(holidays):
            yield f"{label} {day} holiday", "closed"


def _clock(label: str, rules: ClockRules) -> Iterator[tuple[str, str]]:
    yield f"{label} kind", rules.kind
    yield f"{label} pauses in", ", ".join(sorted(rules.pauses_in)) or "nothing"
    limit = rules.pauses_at_most
    yield f"{label} pauses at most", "without limit" if limit is None else time_written(limit)
    yield f"{label} on change", rules.on_change
    yield f"{label} on reopening", rules.reopen
    yield f"{label} answered by", rules.answered_by
    yield f"{label} after", rules.after
    if rules.again:
        yield f"{label} again", ", ".join(sorted(rules.again))


def _hours(spans: tuple[hours.Span, ...]) -> str:
    return ", ".join(map(hours.written, spans)) or "closed"


def _minutes(duration: int) -> str:
    return f"{duration // 60_000_000} min"
