"""Whoever is refused again and again is told so, and no more is remembered than a bound."""

from datetime import UTC, datetime, timedelta

import pytest

from command_side.connect.refusals import MOST_FAILURES, Refusals

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_no_more_addresses_are_remembered_than_that_however_fast_they_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("command_side.connect.refusals.MOST_ADDRESSES", 10)
    refusals = Refusals(lambda: NOON)
    for _ in range(MOST_FAILURES):
        refusals.too_many("quiet since")
        refusals.too_many("goes on")
    for number in range(30):
        refusals.too_many(f"once {number}")
        assert refusals.too_many("goes on")
    assert not refusals.too_many("quiet since")


def test_after_a_minute_it_is_told_again_why() -> None:
    at = [NOON]
    refusals = Refusals(lambda: at[0])
    assert not any(refusals.too_many("one") for _ in range(MOST_FAILURES))
    assert refusals.too_many("one")
    assert not refusals.too_many("other")
    at[0] += timedelta(minutes=1)
    assert not refusals.too_many("one")
