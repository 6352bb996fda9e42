"""Instants inside and outside."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from engine.sla.instants import micros, moment, parsed, rfc3339, rfc3339_or_none


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59.999999Z", -1),
        ("2024-03-31T01:30:00Z", 1_711_848_600_000_000),
        ("2024-03-31T01:30:00.000001Z", 1_711_848_600_000_001),
        ("2099-12-31T23:59:59.500000Z", 4_102_444_799_500_000),
        ("9999-12-31T00:00:00.000001Z", 253_402_214_400_000_001),
    ],
)
def test_instants_are_written_and_read_to_the_microsecond(text: str, instant: int) -> None:
    assert (parsed(text), rfc3339(instant)) == (instant, text)
    assert micros(moment(instant)) == instant


def test_any_offset_is_read_and_utc_is_written() -> None:
    assert rfc3339(parsed("2024-03-31T03:30:00+02:00")) == "2024-03-31T01:30:00Z"
    there = datetime(2024, 3, 31, 3, 30, tzinfo=timezone(timedelta(hours=2)))
    assert moment(micros(there)) == datetime(2024, 3, 31, 1, 30, tzinfo=UTC)


def test_nothing_stays_nothing() -> None:
    assert (rfc3339_or_none(None), rfc3339_or_none(0)) == (None, "1970-01-01T00:00:00Z")
