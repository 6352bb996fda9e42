"""What in a promise moved a deadline: another target, calendar, hours, holiday or time zone."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from engine.sla.calendar import Calendar
from engine.sla.instants import moment
from engine.sla.policy import Budget
from query_side.audit.wording import hours, listed, short, weekdays

MOST_DATES = 5
"""Dates that are named of each kind."""


def moved_by(
    old: tuple[Budget | None, Calendar], new: tuple[Budget | None, Calendar], start: int, end: int
) -> str:
    """What the new promise comes with, as in `the target 4 h instead of 8 h`; empty: the same.

    Of two versions of one calendar only what bears on the time from `start` to `end`.
    """
    (had, before), (has, after) = old, new
    parts: list[str] = []
    if has is not None and had != has:
        instead = "" if had is None else f" instead of {short(had, before)}"
        parts.append(f"the target {short(has, after)}{instead}")
    if before.name != after.name:
        parts.append(f"the calendar {after.name} instead of {before.name}")
    elif before != after:
        first, last = _dates(before, after, start, end)
        told = listed([*_differences(before, after, first, last)] or ["other hours"])
        parts.append(f"{told} (calendar {after.name})")
    return listed(parts) if parts else ""


def _dates(before: Calendar, after: Calendar, start: int, end: int) -> tuple[date, date]:
    """The local dates that are concerned, in either time zone."""
    zones = [ZoneInfo(before.timezone), ZoneInfo(after.timezone)]
    first = min(moment(start).astimezone(zone).date() for zone in zones)
    last = max(moment(end).astimezone(zone).date() for zone in zones)
    return first, last


def _differences(before: Calendar, after: Calendar, first: date, last: date) -> Iterator[str]:
    if before.timezone != after.timezone:
        yield f"the time zone {after.timezone} instead of {before.timezone}"
    week = range(min((last - first).days, 6) + 1)
    here = {(first + timedelta(days=step)).weekday() for step in week}
    changed: dict[tuple[str, str], set[int]] = defaultdict(set)
    for day in range(7):
        was, is_now = before.weekly.get(day, ()), after.weekly.get(day, ())
        if was != is_now:
            changed[hours(is_now), hours(was)].add(day)
    for (is_now, was), days in changed.items():
        if days & here:
            yield f"{is_now} instead of {was} on {weekdays(days)}"
    closed = {day for day in _holidays(before, first, last) if day not in before.shifts}
    closes = {day for day in _holidays(after, first, last) if day not in after.shifts}
    if added := closes - closed:
        yield f"{'a holiday' if len(added) == 1 else 'holidays'} on {_named(added)}"
    if gone := closed - closes - after.shifts.keys():
        yield f"no holiday on {_named(gone)} any more"
    for day in sorted(before.shifts.keys() | after.shifts.keys()):
        if not first <= day <= last or before.shifts.get(day) == after.shifts.get(day):
            continue
        open_now = hours(after.shifts[day]) if day in after.shifts else "the usual hours"
        yield f"{open_now} on {day}"


def _holidays(calendar: Calendar, first: date, last: date) -> set[date]:
    found = calendar.holidays
    if callable(found):
        by_year = (found(year) for year in range(first.year, last.year + 1))
        found = [day for dates in by_year for day in dates]
    return {day for day in found if first <= day <= last}


def _named(days: Collection[date]) -> str:
    names = [str(day) for day in sorted(days)]
    more = len(names) - MOST_DATES
    return listed(names if more <= 0 else [*names[:MOST_DATES], f"{more} more days"])
