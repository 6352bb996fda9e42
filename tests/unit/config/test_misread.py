"""What holds and probably means something else than its reader thinks is said."""

from datetime import date

import pytest

from config.hours import RegionalHolidays
from config.loading import Loaded, load
from engine.notify.channel_types import CHANNEL_TYPES
from engine.sla.instants import parsed

TIERS = "sla_targets: {gold: {P1: {response: 1h, resolution: 4h}}}\n"
CALENDAR = TIERS + "calendars: {office: {timezone: %s, hours: {mon-fri: ['09:00-17:00']}%s}}\n"


def loaded(text: str) -> Loaded:
    return load(
        text,
        version=1,
        accepted_at=parsed("2026-11-30T09:00:00Z"),
        warning=0.15,
        critical=0.05,
        channel_types=CHANNEL_TYPES,
    )


def warnings(text: str) -> list[str]:
    return [one.split(": ", 1)[1] for one in loaded(text).warnings]


def rule(rest: str) -> str:
    return f"{TIERS}rules: [{{name: a, {rest}}}]\n"


@pytest.mark.parametrize("word", ["any", "Default", "'*'"])
def test_a_tier_has_no_word_for_all_other_priorities(word: str) -> None:
    [told] = warnings(f"sla_targets: {{gold: {{P1: {{response: 1h}}, {word}: {{response: 4h}}}}}}")
    name = word.strip("'")
    assert told == (
        f"sla_targets.gold.{name}: is the priority of that name, not all others: name each, or "
        "write a rule when: {customer_tier: gold} with `any`"
    )


@pytest.mark.parametrize("word", ["any", "default", "'*'"])
def test_there_is_no_word_for_all_other_tiers(word: str) -> None:
    targets = "{P1: {response: 1h}}"
    [told] = warnings(f"sla_targets: {{gold: {targets}, silver: {targets}, {word}: {targets}}}")
    assert "is the tier of that name" in told
    assert told.endswith("unless: {customer_tier: [gold, silver]}")


@pytest.mark.parametrize("word", ["default", "'*'"])
def test_a_rule_has_one_word_for_all_other_priorities(word: str) -> None:
    told = warnings(rule(f"when: {{team: b}}, any: none, {word}: {{response: 1h}}"))
    name = word.strip("'")
    assert told == [f"rules[0].{name}: is the priority of that name; all others are `any`"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("when: {priority: P1}, P0: none, any: none", "rules[0].P0: the rule matches no such"),
        ("unless: {priority: p0}, P0: none, any: none", "rules[0].P0: the rule matches no such"),
        ("when: {team: b}, P0: {response: 1h}", "rules[0]: promises nothing to tickets of every"),
        (
            "when: {priority: [P0, P1, p2]}, P0: {response: 1h}",
            "rules[0]: promises nothing to tickets of priority P1, p2",
        ),
        ("when: {team: b}, unless: {team: [B, c]}, any: none", "rules[0]: never matches"),
        ("when: {tags: [b]}, unless: {tags: '*'}, any: none", "rules[0]: never matches"),
    ],
)
def test_of_what_a_rule_never_promises_is_said(text: str, told: str) -> None:
    [found] = warnings(rule(text))
    assert found.startswith(told)


@pytest.mark.parametrize(
    "text",
    [
        "when: {priority: [P0, p1]}, P0: {response: 1h}, P1: none",
        "when: {priority: [P0, p1]}, unless: {priority: P1}, P0: {response: 1h}",
        "when: {team: b}, P0: {response: 1h}, any: none",
        "when: {priority: '*', team: b}, P0: {response: 1h}, any: none",
        "when: {tags: [b, c]}, unless: {tags: b}, any: none",
        "when: {team: [b, null]}, unless: {team: b}, any: none",
    ],
)
def test_of_what_may_come_about_nothing_is_said(text: str) -> None:
    assert warnings(rule(text)) == []


def test_shares_of_one_are_no_per_cent() -> None:
    assert warnings(f"{TIERS}alert_thresholds: {{warning: 0.15, critical: 0.05}}") == [
        "alert_thresholds.warning: is 0.15 per cent: write 15 if that share is meant",
        "alert_thresholds.critical: is 0.05 per cent: write 5 if that share is meant",
    ]
    assert warnings(f"{TIERS}alert_thresholds: {{warning: 5, critical: 1}}") == []


def test_a_clock_that_nobody_is_promised_never_counts() -> None:
    clocks = "clocks: {own: {kind: assignment}, update: {pauses_in: []}, resolution: {}}\n"
    assert [one.split(": ")[0] for one in warnings(TIERS + clocks)] == [
        "clocks.own",
        "clocks.update",
    ]


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("Etc/GMT+2", "is 2 h behind UTC, for these names turn the sign round: Etc/GMT-2"),
        ("Etc/GMT-10", "is 10 h ahead of UTC, for these names turn the sign round: Etc/GMT+10"),
        ("EST", "never has summer time: write America/New_York if that is meant"),
        ("GMT", "never has summer time: write Europe/London if that is meant"),
    ],
)
def test_a_zone_that_is_not_the_one_it_looks_like(zone: str, told: str) -> None:
    [found] = warnings(CALENDAR % (zone, ""))
    assert found.startswith(f"calendars.office.timezone: {told}")


@pytest.mark.parametrize("zone", ["UTC", "Etc/GMT", "Europe/Berlin", "EST5EDT"])
def test_others_are_what_they_look_like(zone: str) -> None:
    assert warnings(CALENDAR % (zone, "")) == []


def test_a_list_of_holidays_that_is_over_names_no_day_to_come() -> None:
    over = ", holidays: ['2026-11-29', '2025-12-25']"
    assert warnings(CALENDAR % ("UTC", over)) == [
        "calendars.office.holidays: end with 2026-11-29: no day to come is one"
    ]
    assert warnings(CALENDAR % ("UTC", ", holidays: ['2026-11-30']")) == []
    of_a_country = ", holidays: {country: DE, dates: ['2025-12-24']}"
    assert warnings(CALENDAR % ("UTC", of_a_country)) == []


@pytest.mark.parametrize(
    "text",
    [
        "{cutoff: '16:00', P1: {resolution: 4h, team: {a: 1bd}}}",
        "{P1: {cutoff: '16:00', resolution: 4h, team: {a: 1bd}}}",
    ],
)
def test_a_cut_off_bears_on_working_days_of_one_team_too(text: str) -> None:
    assert warnings(f"sla_targets: {{gold: {text}}}\nclocks: {{team: {{kind: ownership}}}}\n") == []


LADDER = "resolution: 60m, escalation: {LEVEL_1: 50%, LEVEL_2: "


@pytest.mark.parametrize(
    ("level", "told"),
    [
        ("due-60", "is reached as soon as the clock starts, for the target is 60m"),
        ("due-90", "is reached as soon as the clock starts, for the target is 60m"),
        ("due-40", "comes before LEVEL_1 with a target of 60m"),
        ("10", "comes before LEVEL_1 with a target of 60m"),
    ],
)
def test_levels_of_several_units_rise_with_the_target_that_there_is(level: str, told: str) -> None:
    path = "escalation.LEVEL_2"
    [of_tier] = warnings(f"sla_targets: {{gold: {{P1: {{{LADDER}{level}}}}}}}}}")
    assert of_tier == f"sla_targets.gold.P1.{path}: {told}"
    [of_rule] = warnings(rule(f"any: none, P0: {{{LADDER}{level}}}}}, when: {{team: b}}"))
    assert of_rule == f"rules[0].P0.{path}: {told}"


@pytest.mark.parametrize("level", ["due-30", "due+30", "30", "100%"])
def test_levels_that_rise_do(level: str) -> None:
    assert warnings(f"sla_targets: {{gold: {{P1: {{{LADDER}{level}}}}}}}}}") == []


def test_of_working_days_nobody_knows_how_long_they_are() -> None:
    days = LADDER.replace("60m", "1bd")
    assert warnings(f"sla_targets: {{gold: {{P1: {{{days}due-900}}}}}}}}") == []


@pytest.mark.parametrize(
    ("country", "part", "day"),
    [("GB", "ENG", date(2026, 4, 6)), ("CH", "ZH", date(2026, 4, 3))],
)
def test_a_country_without_its_part_has_what_all_of_it_has(
    country: str, part: str, day: date
) -> None:
    """As the reference says."""
    assert day not in RegionalHolidays(country, None, frozenset())(2026)
    assert day in RegionalHolidays(country, part, frozenset())(2026)
