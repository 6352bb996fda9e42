"""What in a promise moved a deadline: another target, calendar, hours, holiday, zone or ladder.

Whatever else a promise may come with is told here: one more part that compares old and new.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from engine.sla.budget import Budget
from engine.sla.calendar import Calendar
from engine.sla.excuses import Windows, within
from engine.sla.instants import moment
from engine.sla.policy import Phase, Rung
from query_side.audit.standing import Levels, Milestones
from query_side.audit.wording import day, duration, hours, listed, short, weekdays

BY_KIND = {"warning": "at the warning", "critical": "when critical", "breached": "at the breach"}
MOST_DATES = 5
"""Dates that are named of each kind."""


def moved_by(
    old: tuple[Budget | None, Calendar], new: tuple[Budget | None, Calendar], start: int, end: int
) -> Sequence[str]:
    """What the new promise comes with, as in `the target 4h instead of 8h`; empty: the same.

    Of two versions of one calendar only what bears on the time from `start` to `end`.
    """
    (had, before), (has, after) = old, new
    parts: list[str] = []
    if has is not None and had is not None and had.unit == has.unit == "own_date":
        if had != has:
            parts.append("another date of the ticket's own")
    elif has is not None and had != has:
        instead = "" if had is None else f" instead of {short(had, before)}"
        target = "" if has.unit == "own_date" else "the target "
        parts.append(f"{target}{short(has, after)}{instead}")
    if before.name != after.name:
        parts.append(f"the calendar {after.name} instead of {before.name}")
    elif before != after:
        first, last = _dates(before, after, start, end)
        told = [*_differences(before, after, first, last)] or ["other hours"] * (not parts)
        parts += [f"{listed(told)} (calendar {after.name})"] if told else []
    return parts


def milestones_moved(old: Milestones | None, new: Milestones | None) -> Iterator[str]:
    """What else it comes with: other levels, thresholds, or phases in which it stands still."""
    if old is None or new is None:
        return
    if old.levels != new.levels:
        yield from _levels(old.levels, new.levels)
    for name, had, has in (
        ("the warning", old.warning, new.warning),
        ("the critical alert", old.critical, new.critical),
    ):
        if had != has:
            yield f"{name} at {float(has):g}% left instead of {float(had):g}%"
    if old.pauses_in != new.pauses_in:
        yield f"pauses in {_phases(new.pauses_in)} instead of {_phases(old.pauses_in)}"
    if old.pauses_at_most != new.pauses_at_most:
        limits = _limit(new.pauses_at_most), _limit(old.pauses_at_most)
        yield "{} as the limit of its pauses instead of {}".format(*limits)


def excused_otherwise(old: Windows, new: Windows, start: int, end: int) -> str:
    """Whether other time is excused of that from `start` to `end`; empty: it is not."""
    had, has = (within(windows, start, end) for windows in (old, new))
    if had == has:
        return ""
    if not has:
        return "no excused time any more"
    return "other excused time" if had else "excused time"


def _levels(old: Levels | None, new: Levels | None) -> Iterator[str]:
    had, has = _by_level(old), _by_level(new)
    if not has:
        yield "no levels any more"
        return
    for level in sorted(had.keys() | has.keys()):
        if had.get(level) == has.get(level):
            continue
        if level not in has:
            yield f"no level {level} any more"
        else:
            instead = f" instead of {had[level]}" if level in had else ""
            yield f"level {level} {has[level]}{instead}"


def _by_level(levels: Levels | None) -> Mapping[int, str]:
    """When each is reached, in words."""
    if levels is None:
        return {}
    if isinstance(levels, Mapping):
        return {level: BY_KIND[kind] for kind, level in levels.items() if level > 0}
    return {rung.level: _reached(rung) for rung in levels}


def _reached(rung: Rung) -> str:
    match rung.unit:
        case "elapsed":
            return f"after {duration(int(rung.amount))}"
        case "percent":
            return f"at {float(rung.amount):g}%"
        case "from_deadline":
            side = "after" if rung.amount >= 0 else "before"
            return f"{duration(abs(int(rung.amount)))} {side} the deadline"


def _limit(at_most: int | None) -> str:
    return "nothing" if at_most is None else duration(at_most)


def _phases(phases: Collection[Phase]) -> str:
    return listed(sorted(phases)) if phases else "no phase"


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
    for weekday in range(7):
        was, is_now = before.weekly.get(weekday, ()), after.weekly.get(weekday, ())
        if was != is_now:
            changed[hours(is_now), hours(was)].add(weekday)
    for (is_now, was), days in changed.items():
        if days & here:
            yield f"{is_now} instead of {was} on {weekdays(days)}"
    closed = _holidays(before, first, last) - before.shifts.keys()
    closes = _holidays(after, first, last) - after.shifts.keys()
    if added := closes - closed:
        yield f"{'a holiday' if len(added) == 1 else 'holidays'} on {_named(added)}"
    if gone := closed - closes - after.shifts.keys():
        yield f"no holiday on {_named(gone)} any more"
    for each in sorted(before.shifts.keys() | after.shifts.keys()):
        if not first <= each <= last or before.shifts.get(each) == after.shifts.get(each):
            continue
        open_now = hours(after.shifts[each]) if each in after.shifts else "the usual hours"
        yield f"{open_now} on {day(each)}"


def _holidays(calendar: Calendar, first: date, last: date) -> set[date]:
    found = calendar.holidays
    if callable(found):
        by_year = (found(year) for year in range(first.year, last.year + 1))
        found = [day for dates in by_year for day in dates]
    return {day for day in found if first <= day <= last}


def _named(days: Collection[date]) -> str:
    names = [day(each) for each in sorted(days)]
    more = len(names) - MOST_DATES
    return listed(names if more <= 0 else [*names[:MOST_DATES], f"{more} more days"])
