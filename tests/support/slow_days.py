"""Where working days end, for the slow evaluator: found by stepping through local minutes.

It shares no arithmetic with the calendars of the product: a local date is the minutes that bear it.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY = 24 * 60
Minutes = Callable[[int, int], bytes]
"""For every minute from the first to before the second, 1 or 0: whether it counts, or is excused,
or whatever is asked."""


class Hours(NamedTuple):
    """When a calendar is open, and where its dates begin."""

    open: Minutes
    zone: str


class Allowed(NamedTuple):
    """What a target allows."""

    unit: str
    """As in the product: time, working_days, end_of_working_day, time_of_working_day, own_date."""
    amount: int
    """Minutes, days, or the minute that is named."""
    at: int = 0
    """The minute of the day that is named."""
    cutoff: int | None = None


class Day(NamedTuple):
    """A local date: its first minute, and what the clock on the wall shows in each of its own."""

    first: int
    wall: tuple[int, ...]

    @property
    def end(self) -> int:
        return self.first + len(self.wall)


@lru_cache(maxsize=200_000)
def local(zone: str, minute: int) -> datetime:
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    return instant.astimezone(ZoneInfo(zone))


def day_of(zone: str, minute: int) -> Day:
    """The date on which a minute lies."""
    today = local(zone, minute).date()
    while local(zone, minute - 1).date() == today:
        minute -= 1
    return day_from(zone, minute)


@lru_cache(maxsize=4096)
def day_from(zone: str, first: int) -> Day:
    """The date that begins with this minute."""
    today, wall = local(zone, first).date(), list[int]()
    while (now := local(zone, first + len(wall))).date() == today:
        wall.append(now.hour * 60 + now.minute)
    return Day(first, tuple(wall))


def minute_of(day: Day, time: int) -> int:
    """The first minute at which the clock shows a time; where it jumps over it, as much later."""
    if time in day.wall:
        return day.first + day.wall.index(time)
    last = max(index for index, shown in enumerate(day.wall) if shown < time)
    return day.first + last + time - day.wall[last]


def works(day: Day, hours: Hours) -> bool:
    """Whether any of it is open."""
    return 1 in hours.open(day.first, day.end)


def next_working(day: Day, hours: Hours) -> Day:
    day = day_from(hours.zone, day.end)
    while not works(day, hours):
        day = day_from(hours.zone, day.end)
    return day


def end_of(allowed: Allowed, start: int, hours: Hours) -> int:
    """Where working days end that are counted from a minute; also in closed hours."""
    day = day_of(hours.zone, start)
    if allowed.cutoff is not None and not (
        works(day, hours) and start <= minute_of(day, allowed.cutoff)
    ):
        day = next_working(day, hours)
        start = day.first + hours.open(day.first, day.end).index(1)
    time = day.wall[start - day.first]
    for _ in range(allowed.amount):
        day = next_working(day, hours)
    if allowed.unit == "end_of_working_day":
        return day.first + hours.open(day.first, day.end).rindex(1) + 1
    return minute_of(day, allowed.at if allowed.unit == "time_of_working_day" else time)
