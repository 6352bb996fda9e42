"""How long what is not the log is kept."""

from datetime import timedelta

import pytest

from config import diff
from config.loading import ConfigError, Loaded, load
from engine.notify.channel_types import CHANNEL_TYPES


def loaded(said: str = "") -> Loaded:
    text = "sla_targets: {gold: {p1: {resolution: 4h}}}\n" + said
    return load(
        text, version=1, accepted_at=0, warning=0.15, critical=0.05, channel_types=CHANNEL_TYPES
    )


def test_without_a_word_what_was_sent_is_kept_for_a_quarter_and_the_rest_for_a_month() -> None:
    kept = loaded().retention
    days = timedelta(days=1)
    assert (kept.events, kept.outbox, kept.raw, kept.jobs) == (
        "forever",
        90 * days,
        30 * days,
        30 * days,
    )


@pytest.mark.parametrize(
    ("said", "days"), [("1d", 1), ("2w", 14), ("24mo", 720), ("3y", 1095), ("forever", None)]
)
def test_times_are_days_weeks_months_years_or_for_ever(said: str, days: int | None) -> None:
    kept = loaded(f"retention: {{outbox: {said}, events: forever}}").retention
    assert kept.outbox == (None if days is None else timedelta(days=days))
    assert kept.raw == timedelta(days=30)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("outbox: 90", "outbox: 90 is no time to keep things: write 90d, 12mo, 2y or forever"),
        ("raw: 0d", "raw: '0d' is no time to keep things: write 90d, 12mo, 2y or forever"),
        ("jobs: 12h", "jobs: '12h' is no time to keep things: write 90d, 12mo, 2y or forever"),
        ("events: 10y", "events: '10y' is none of 'forever'"),
        ("outbx: 9d", "outbx: unknown key; did you mean 'outbox'?"),
    ],
)
def test_what_is_no_time_is_refused_and_events_are_never_dropped(said: str, wrong: str) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(f"retention: {{{said}}}")
    (problem,) = refused.value.problems
    assert f"{problem.key}: {problem.message}" == f"retention.{wrong}"


def test_a_change_of_it_is_shown() -> None:
    assert diff.lines(loaded(), loaded("retention: {outbox: 1y, raw: forever}")) == [
        "~ kept of outbox: 90d -> 365d",
        "~ kept of raw: 30d -> forever",
    ]
