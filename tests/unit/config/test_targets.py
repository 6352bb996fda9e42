"""What targets become: budgets of calendar time or of working days, with their cut-off."""

from pathlib import Path

from config.loading import Loaded, load
from engine.notify.channel_types import CHANNEL_TYPES
from engine.sla.budget import Budget

GOOD = Path(__file__).parent / "data" / "good" / "working_days.yaml"
MINUTE = 60_000_000
HOUR = 60 * MINUTE


def read(text: str) -> Loaded:
    return load(
        text, version=1, accepted_at=0, warning=0.15, critical=0.05, channel_types=CHANNEL_TYPES
    )


def test_targets_are_hours_minutes_seconds_or_working_days() -> None:
    assert read(GOOD.read_text("utf-8")).policy.plan("gold", "high").targets == {
        "response": Budget("time", 90 * MINUTE),
        "next_response": Budget("time", 90_000_000),
        "update": Budget("working_days", 2),
        "resolution": Budget("end_of_working_day", 2),
    }


def test_a_target_keeps_the_text_that_it_was_written_with() -> None:
    text = "sla_targets: {gold: {high: {response_minutes: 480, resolution: 2bd-end}}}"
    targets = read(text).policy.plan("gold", "high").targets
    assert {clock: target.text for clock, target in targets.items()} == {
        "response": "480 min",
        "resolution": "2bd-end",
    }


def test_a_cut_off_bears_on_targets_in_working_days_and_the_nearest_holds() -> None:
    rules = read(GOOD.read_text("utf-8")).policy
    assert rules.plan("silver", "high").targets == {
        "response": Budget("time", HOUR),
        "resolution": Budget("time_of_working_day", 1, minute=17 * 60, cutoff=16 * 60),
    }
    assert rules.plan("silver", "low").targets == {
        "resolution": Budget("end_of_working_day", 1, cutoff=9 * 60 + 30)
    }


def test_own_dates_are_taken_unless_the_nearest_says_that_they_are_ignored() -> None:
    text = (
        "sla_targets:\n"
        "  gold: {high: {response: 1h}, low: {response: 1h, own_dates: ignored}}\n"
        "  tin: {own_dates: ignored, high: {response: 1h}, low: {response: 1h, own_dates: taken}}\n"
    )

    def taken(text: str) -> list[bool]:
        policy = read(text).policy
        asked = ["gold high", "gold low", "gold other", "tin high", "tin low", "tin other", "x y"]
        return [policy.plan(*each.split()).own_dates for each in asked]

    assert taken(text) == [True, False, True, False, True, False, True]
    ignored = taken(f"{text}own_dates: ignored\n")
    assert ignored == [False, False, False, False, True, False, False]


def test_a_cut_off_of_nothing_in_working_days_is_warned_about() -> None:
    text = (
        "sla_targets:\n"
        "  gold:\n"
        "    cutoff: '16:00'\n"
        "    high: {response: 4h}\n"
        "    low: {response: 1bd, resolution: 8h}\n"
        "  silver:\n"
        "    cutoff: '16:00'\n"
        "    high: {response: 4h, cutoff: '15:00'}\n"
    )
    loaded = read(text)
    assert [warning.split(": ", 2)[:2] for warning in loaded.warnings] == [
        ["sla_config.yaml:7", "sla_targets.silver.cutoff"],
        ["sla_config.yaml:8", "sla_targets.silver.high.cutoff"],
    ]
    assert "targets in working days, such as 1bd" in loaded.warnings[0]
