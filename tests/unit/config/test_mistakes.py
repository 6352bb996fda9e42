"""Every mistake in the file is refused with its key, its line and what to write instead."""

from pathlib import Path

import pytest

from config import reading
from config.loading import ConfigError, Problem, load
from engine.notify.channel_types import CHANNEL_TYPES

MISTAKES = Path(__file__).parent / "data" / "mistakes"
P0 = "sla_targets.ENTERPRISE.P0"
BUSINESS = "calendars.business"
NIGHT = "calendars.night"
ROUTE = "notifications.routes[0]"

EXPECTED = {
    "alias_bomb": (1, "", "more than 100,000 values"),
    "alias_of_nothing": (2, "", "found undefined alias 'tier'"),
    "alias_of_itself": (2, "", "nested too deeply"),
    "broken_yaml": (3, "", "is no YAML: while parsing a flow mapping (line 2), expected ','"),
    "calendar_built_in": (3, "calendars.24x7", "built in"),
    "calendar_number": (3, f"{P0}.calendar", "put it in quotes"),
    "calendar_unknown_at_the_priority": (3, f"{P0}.calendar", "no calendar 'business'"),
    "calendar_unknown_at_the_tier": (
        3,
        "sla_targets.ENTERPRISE.calendar",
        "no calendar 'business'; the known ones: 24x7",
    ),
    "calendar_unknown_default": (2, "default_calendar", "no calendar 'business'"),
    "calendar_unknown_zone": (4, f"{BUSINESS}.timezone", "unknown time zone 'Europe/Atlantis'"),
    "calendar_without_hours": (3, BUSINESS, "has no opening"),
    "calendar_without_opening": (3, BUSINESS, "has no opening"),
    "calendar_without_zone": (3, f"{BUSINESS}.timezone", "is missing"),
    "calendar_zone_is_a_path": (4, f"{BUSINESS}.timezone", "unknown time zone"),
    "channel_long_mention": (3, "notifications.channels.slack.mention", "at most 200 characters"),
    "channel_long_name": (3, f"notifications.channels.{'c' * 101}", "more than 100 characters"),
    "channel_slack_with_secret": (
        4,
        "notifications.channels.slack.secret_env",
        "applies to channels of the type webhook only",
    ),
    "channel_key_misspelt": (
        4,
        "notifications.channels.chat.urlenv",
        "unknown key; did you mean 'url_env'?",
    ),
    "channel_type_misspelt": (4, "notifications.channels.ops.type", "did you mean 'webhook'?"),
    "channel_type_number": (4, "notifications.channels.ops.type", "no type of channel '5'"),
    "channel_unknown_type": (
        4,
        "notifications.channels.mail.type",
        "no type of channel 'fax'; the known ones: ",
    ),
    "channel_without_address": (4, "notifications.channels.ops.url_env", "is missing"),
    "channel_without_type": (4, "notifications.channels.ops.type", "is missing: one of "),
    "channel_webhook_with_mention": (
        4,
        "notifications.channels.ops.mention",
        "applies to channels of the type slack only",
    ),
    "channel_without_name": (3, "notifications.channels.", "a key without a name"),
    "channel_with_its_secret": (
        4,
        "notifications.channels.slack.url_env",
        "is the name of an environment variable",
    ),
    "clock_key_of_another_kind": (3, "clocks.response.reopen", "of the kind resolution only"),
    "clock_kind_changed": (3, "clocks.response.kind", "built in and of the kind response"),
    "clock_named_as_a_key": (3, "clocks.cutoff", "is no name for a clock"),
    "clock_name": (3, "clocks.First-Approval", "is no name for a clock"),
    "clock_unknown_calendar": (3, "clocks.response.calendar", "did you mean 'business'?"),
    "clock_unknown_phase": (3, "clocks.response.pauses_in[0]", "'sleeping' is none of 'waiting'"),
    "clock_again_misspelt": (4, "clocks.own.again[0]", "'unasigned' is none of 'unassigned'"),
    "clock_again_of_another_kind": (3, "clocks.response.again", "of the kind assignment only"),
    "clock_pause_limit_in_days": (3, "clocks.resolution.pauses_at_most", "'2bd' is no limit of"),
    "clock_pause_limit_misspelt": (
        3,
        "clocks.resolution.pause_at_most",
        "unknown key; did you mean 'pauses_at_most'?",
    ),
    "clock_pause_limit_negative": (3, "clocks.resolution.pauses_at_most", "between 0 and a"),
    "clock_pause_limit_without_unit": (3, "clocks.resolution.pauses_at_most", "write 56h, 90m"),
    "clock_without_kind": (3, "clocks.approval", "needs a kind: response, resolution"),
    "cutoff_misspelt_at_the_priority": (5, f"{P0}.cut_off", "did you mean 'cutoff'?"),
    "cutoff_misspelt_at_the_tier": (3, "sla_targets.ENTERPRISE.cut_off", "mean 'cutoff'?"),
    "cutoff_no_time": (
        3,
        "sla_targets.ENTERPRISE.cutoff",
        "'4pm' is no time of day: write '16:00'",
    ),
    "cutoff_no_time_of_a_day": (3, f"{P0}.cutoff", "24:30 is no time of day"),
    "cutoff_unquoted": (5, f"{P0}.cutoff", "'16:00'"),
    "control_character": (2, "", "the character #x0007"),
    "default_level_negative": (3, "escalation.default.warning", "must be greater than or equal"),
    "empty": (0, "", "is empty; sla_targets is required"),
    "goal_in_words": (
        3,
        f"{P0}.goals.resolution",
        "'95%' is no goal: write per cent from 0 to 100",
    ),
    "goal_missing": (4, "goals.resolution", "'None' is no goal"),
    "goal_negative": (3, "sla_targets.ENTERPRISE.goals.resolution", "'-1' is no goal"),
    "goal_no_number": (4, "goals.resolution", "'nan' is no goal: write per cent from 0 to 100"),
    "goal_of_no_clock": (5, "goals.resolutoin", "is no clock; did you mean 'resolution'?"),
    "goal_of_no_clock_at_the_priority": (
        5,
        f"{P0}.goals.resolution_minutes",
        "is no clock; did you mean 'resolution'?",
    ),
    "goal_of_no_clock_at_the_rule": (7, "rules[0].goals.resolutoin", "mean 'resolution'?"),
    "goal_of_no_clock_at_the_tier": (
        3,
        "sla_targets.ENTERPRISE.goals.approval",
        "is no clock; the known ones: response, resolution",
    ),
    "goal_too_high": (4, "goals.resolution", "'100.5' is no goal: write per cent from 0 to 100"),
    "goal_yes": (4, "goals.resolution", "'True' is no goal"),
    "goals_misspelt": (4, "goal", "unknown key; did you mean 'goals'?"),
    "goals_misspelt_at_the_priority": (5, f"{P0}.goal", "did you mean 'goals'?"),
    "goals_without_clocks": (4, "goals", "must be a mapping"),
    "holiday_country_name": (6, f"{BUSINESS}.holidays.country", "write an ISO code such as DE"),
    "holiday_country_norway_unquoted": (6, f"{BUSINESS}.holidays.country", "put it in quotes"),
    "holiday_impossible": (3, f"{BUSINESS}.holidays.dates[0]", "'2026-02-30' is no date of"),
    "holiday_no_date": (9, f"{BUSINESS}.holidays.dates[1]", "write 2026-12-24"),
    "holiday_subdivision_alone": (6, f"{BUSINESS}.holidays.subdivision", "needs the country"),
    "holiday_unknown_country": (7, f"{BUSINESS}.holidays.country", "of 'XX' are not known"),
    "holiday_unknown_subdivision": (
        6,
        f"{BUSINESS}.holidays.subdivision",
        "DE has no subdivision 'XX'; the known ones: BB, BE",
    ),
    "hours_no_list": (3, f"{BUSINESS}.hours.mon", "must be a list"),
    "hours_of_no_day": (3, f"{BUSINESS}.hours.mon[0]", "25:00 is no time of day"),
    "hours_over_midnight": (
        6,
        f"{NIGHT}.hours.mon-thu[0]",
        "write two intervals, '22:00-24:00' on this day and '00:00-06:00' on the next",
    ),
    "hours_overlapping": (6, f"{BUSINESS}.hours.mon", "09:00-13:30 and 13:00-18:00 overlap"),
    "hours_unreadable": (3, f"{BUSINESS}.hours.mon[0]", "write '09:00-12:30'"),
    "hours_until_zero": (3, f"{NIGHT}.hours.mon[0]", "written 24:00, as in '22:00-24:00'"),
    "hours_without_length": (3, f"{NIGHT}.hours.mon[0]", "has no length"),
    "key_twice": (6, f"{P0}.response", "stands twice; the first is in line 4"),
    "key_with_spaces": (2, "sla_targets. ENTERPRISE", "has spaces around it"),
    "ladder_level_misspelt": (3, f"{P0}.escalation.L1", "write LEVEL_1"),
    "ladder_level_twice": (5, f"{P0}.escalation.level_1", "the same level as 'LEVEL_1'"),
    "ladder_level_zero": (3, f"{P0}.escalation.LEVEL_0", "is no level"),
    "ladder_out_of_order": (7, f"{P0}.escalation.LEVEL_3", "must come after the level below"),
    "ladder_out_of_order_from_the_deadline": (
        5,
        f"{P0}.escalation.LEVEL_3",
        "must come after the level below",
    ),
    "ladder_time_endless": (3, f"{P0}.escalation.LEVEL_1", "more than a thousand years"),
    "ladder_time_negative": (3, f"{P0}.escalation.LEVEL_1", "-10 minutes"),
    "ladder_time_unknown": (3, f"{P0}.escalation.LEVEL_1", "'1h' is no time of a level"),
    "level_name_empty": (2, "escalation_levels.1", "must not be empty"),
    "level_name_number": (3, "escalation_levels.1", "put it in quotes"),
    "level_name_unknown": (3, "escalation_levels.LEVEL_1", "write 0, 1, 2"),
    "list_instead_of_mapping": (1, "", "it begins with `sla_targets:`"),
    "mapping_as_key": (2, "", "a key must be plain text"),
    "merge_of_itself": (2, "", "nested too deeply"),
    "merge_of_text": (3, "", "`<<` takes over a mapping"),
    "minutes_negative": (2, "notifications.notify_within_minutes", "must be greater than"),
    "minutes_text": (3, "escalation.ack_timeout_minutes", "must be a whole number"),
    "no_number": (2, "", "'fifteen' is no number"),
    "number_hexadecimal": (2, "alert_thresholds.warning", "'0x1E' is no decimal number"),
    "number_octal": (3, f"{P0}.response_minutes", "'010' is no decimal number (010 is 8 in"),
    "number_of_nothing": (2, "", "'' is no number"),
    "number_sexagesimal": (2, "escalation.ack_timeout_minutes", "'1:30' is no decimal number"),
    "number_sexagesimal_fraction": (2, "alert_thresholds.warning", "'1:15.5' is no decimal"),
    "on_change_unknown": (2, "on_change.apply_to", "'everything' is none of 'open_tickets'"),
    "priority_twice": (4, "sla_targets.ENTERPRISE.p0", "the same as 'P0': case makes no"),
    "own_dates_unknown": (3, f"{P0}.own_dates", "'no' is none of 'taken' or 'ignored'"),
    "route_to_nobody": (4, f"{ROUTE}.to", "must not be empty"),
    "route_to_unknown_channel": (6, f"{ROUTE}.to[1]", "'slak'; did you mean 'slack'?"),
    "route_type_retracted": (4, f"{ROUTE}.match.type", "is called `withdrawn` here"),
    "route_unknown_clock": (4, f"{ROUTE}.match.clock", "no clock 'first_response'"),
    "route_unknown_field": (
        4,
        f"{ROUTE}.match.tier",
        "no route matches that; the known ones: source, customer_tier, priority",
    ),
    "route_unknown_severity": (5, f"{ROUTE}.match.severity", "no severity 'catastrophic'"),
    "route_unquoted_yes": (4, f"{ROUTE}.match.priority", "put it in quotes"),
    "scalar_tag": (2, "", "the tag !minutes is not known"),
    "shift_impossible": (8, f"{BUSINESS}.shifts.2026-13-01", "no date of the calendar"),
    "shift_over_midnight": (6, f"{BUSINESS}.shifts.2026-12-31[0]", "write two intervals"),
    "status_twice": (4, "statuses.awaiting_vendor", "the same as 'Awaiting Vendor'"),
    "status_unknown_phase": (3, "statuses.triage", "'wating' is none of 'waiting'"),
    "status_without_phase": (3, "statuses.triage", "needs a phase"),
    "tab": (2, "", "a tab: YAML is indented with spaces"),
    "tab_inside": (3, "", "is no YAML: a tab"),
    "tag": (2, "", "the tag !!python/object/apply:os.system is not known"),
    "target_by_team_of_another_kind": (
        3,
        f"{P0}.resolution",
        "only clocks of the kind ownership have targets by team",
    ),
    "target_by_team_misspelt": (5, f"{P0}.team.payments", "write 4h, 90m"),
    "target_by_team_twice": (6, f"{P0}.team.Payments", "the same as 'payments': case makes no"),
    "target_at_the_tier": (3, "sla_targets.ENTERPRISE.response_minutes", "must be a mapping"),
    "target_endless": (3, f"{P0}.response_minutes", "more than a thousand years"),
    "target_endless_days": (3, f"{P0}.resolution", "more than a thousand years"),
    "target_fraction": (3, f"{P0}.response_minutes", "1.5 is no whole number of minutes"),
    "target_misspelt": (4, f"{P0}.reponse_minutes", "did you mean 'response_minutes'?"),
    "target_negative": (5, f"{P0}.resolution", "must be positive"),
    "target_quoted_minutes": (3, f"{P0}.response_minutes", "'15' is no whole number of minutes"),
    "target_twice": (5, f"{P0}.response_minutes", "two targets: with and without _minutes"),
    "target_unknown_unit": (3, f"{P0}.response", "write 4h, 90m, 90s, 2bd, 2bd-end or 1bd@17:00"),
    "target_time_of_no_day": (3, f"{P0}.resolution", "25:00 is no time of day"),
    "target_without_time_of_day": (3, f"{P0}.resolution", "'1bd@' is no target"),
    "target_without_unit": (3, f"{P0}.response", "15 has no unit: write 4h"),
    "target_yes": (3, f"{P0}.response_minutes", "True is no whole number of minutes"),
    "target_zero": (3, f"{P0}.response_minutes", "must be positive"),
    "target_zero_days": (3, f"{P0}.resolution", "must be positive"),
    "targets_empty": (1, "sla_targets", "there is nothing here"),
    "targets_missing": (1, "sla_targets", "is missing"),
    "targets_none": (1, "sla_targets", "must not be empty"),
    "text_with_half_a_pair": (2, "escalation_levels.1", "half a surrogate pair"),
    "text_with_no_character": (2, "", "is no YAML"),
    "text_with_nul": (2, "escalation_levels.1", "must not contain NUL"),
    "threshold_text": (2, "alert_thresholds.warning", "must be a number"),
    "threshold_too_large": (2, "alert_thresholds.warning", "must be less than 100"),
    "threshold_zero": (2, "alert_thresholds.critical", "must be greater than 0"),
    "thresholds_equal": (2, "alert_thresholds", "these are 15% and 15%"),
    "thresholds_reversed": (2, "alert_thresholds", "warning must be more than critical"),
    "thresholds_reversed_by_default": (
        2,
        "alert_thresholds",
        "4% and 5% (critical by the environment or by default)",
    ),
    "tier_empty": (2, "sla_targets.ENTERPRISE", "there is nothing here"),
    "tier_twice": (3, "sla_targets.Enterprise", "the same as 'ENTERPRISE'"),
    "two_days": (5, f"{P0}.resolution", "write 48h for hours of the calendar, or 2bd"),
    "two_documents": (2, "", "expected a single document"),
    "two_weeks": (3, f"{P0}.resolution", "write 336h for hours of the calendar, or 10bd"),
    "unknown_block": (2, "notification", "unknown key; did you mean 'notifications'?"),
    "unknown_key": (4, f"{BUSINESS}.time_zone", "unknown key; did you mean 'timezone'?"),
    "weekday_twice": (7, f"{BUSINESS}.hours.fri", "fri is listed twice"),
    "weekday_unknown": (3, f"{BUSINESS}.hours.workdays", "is no weekday: write one of mon"),
}


def refused(text: str) -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        load(
            text, version=1, accepted_at=0, warning=0.15, critical=0.05, channel_types=CHANNEL_TYPES
        )
    return caught.value.problems


def test_every_mistake_has_an_expectation() -> None:
    assert sorted(path.stem for path in MISTAKES.glob("*.yaml")) == sorted(EXPECTED)


@pytest.mark.parametrize("mistake", EXPECTED)
def test_the_mistake_is_named_with_its_key_and_line(mistake: str) -> None:
    line, key, words = EXPECTED[mistake]
    [problem] = refused(reading.read(MISTAKES / f"{mistake}.yaml"))
    assert (problem.line, problem.key) == (line, key)
    assert words in problem.message


def test_an_error_reads_like_a_compilers() -> None:
    text = reading.read(MISTAKES / "two_days.yaml")
    with pytest.raises(ConfigError) as caught:
        load(
            text, version=1, accepted_at=0, warning=0.15, critical=0.05, channel_types=CHANNEL_TYPES
        )
    assert str(caught.value) == (
        "sla_config.yaml:5: sla_targets.ENTERPRISE.P0.resolution: '2d' could be days or working "
        "days: write 48h for hours of the calendar, or 2bd for working days"
    )


def test_all_problems_are_told_at_once_in_the_order_of_the_file() -> None:
    problems = refused(
        "sla_targets:\n"
        "  gold:\n"
        "    high: {response: 2d, resolution: -1h}\n"
        "default_calendar: nowhere\n"
        "statuses: {triage: }\n"
    )
    assert [problem.line for problem in problems] == [3, 3, 4, 5]
    problems = refused("sla_targets: 1\nnonsense: 1\nclocks: [x]\n")
    assert [problem.line for problem in problems] == [1, 2, 3]


def test_a_secret_written_into_the_file_is_not_repeated_in_the_error() -> None:
    [problem] = refused(reading.read(MISTAKES / "channel_with_its_secret.yaml"))
    assert "hooks.slack.com" not in problem.message


def test_a_file_of_ten_megabytes_is_refused_by_its_size() -> None:
    [problem] = refused("# " + "x" * 10_000_000)
    assert problem.message == "has 10,000,002 bytes; a configuration may have 1,000,000"


@pytest.mark.parametrize("brackets", ["[", "{a: "])
def test_a_file_of_brackets_is_refused(brackets: str) -> None:
    [problem] = refused(brackets * 20_000)
    assert "nested too deeply" in problem.message


def test_a_number_of_thousands_of_digits_is_refused() -> None:
    [problem] = refused(f"sla_targets: {{gold: {{high: {{response_minutes: {'9' * 5000}}}}}}}")
    assert "is no number" in problem.message
