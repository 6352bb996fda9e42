"""A feed read in a process of its own says the same, and cannot take longer than it may."""

from pathlib import Path

import pytest

from engine.on_call.apart import read_apart
from engine.on_call.reading import Names, NoCalendar, read
from engine.sla.instants import parsed

LEVELS = (Path(__file__).parent / "data" / "levels.ics").read_bytes()
NAMES = Names({"anna berg": "anna", "ben okafor": "ben"}, {"anna": "Europe/Berlin"}, "UTC")
SINCE, UNTIL = parsed("2026-03-01T00:00:00Z"), parsed("2026-04-01T00:00:00Z")
NEVER = LEVELS.replace(
    b"SUMMARY:chloe", b"SUMMARY:anna berg\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"
)
"""No day is that: who looks for it looks through all centuries."""


async def test_it_says_what_reading_says() -> None:
    assert await read_apart(LEVELS, NAMES, SINCE, UNTIL) == read(LEVELS, NAMES, SINCE, UNTIL)


async def test_what_is_no_calendar_is_refused_as_it_is_there() -> None:
    with pytest.raises(NoCalendar, match="does not begin with"):
        await read_apart(b"<html>\n</html>", NAMES, SINCE, UNTIL)


async def test_a_rule_that_never_happens_ends_with_its_process() -> None:
    with pytest.raises(NoCalendar, match="cannot be read within 1 seconds"):
        await read_apart(NEVER, NAMES, SINCE, UNTIL, seconds=1)
