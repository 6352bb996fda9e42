"""Builds the calendars of the file, and finds them by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from config import hours
from config.findings import Findings
from config.problems import KeyPath
from config.schema import Holidays, Hours
from config.suggestion import suggestion
from engine.sla.calendar import ALWAYS, Calendar

LAST_MINUTE: Final = 23 * 60 + 59


@dataclass(frozen=True, slots=True)
class Calendars:
    """The calendars by name, `24x7` included."""

    by_name: Mapping[str, Calendar]
    findings: Findings

    def named(self, name: str | None, path: KeyPath, otherwise: Calendar) -> Calendar:
        """The calendar that the path names; `otherwise` where it names none, or an unknown one."""
        if name is None:
            return otherwise
        found = self.by_name.get(name)
        if found is None:
            hint = suggestion(name, self.by_name)
            self.findings.refuse(path, f"there is no calendar {name!r}{hint}")
            return otherwise
        return found


def build(blocks: Mapping[str, Hours], findings: Findings, *, today: date) -> Calendars:
    """All calendars; those that are refused stand in as `24x7`, so that only they are blamed."""
    by_name = {ALWAYS.name: ALWAYS}
    for name, block in blocks.items():
        path: KeyPath = ("calendars", name)
        if name == ALWAYS.name:
            findings.refuse(path, "is built in: give yours another name")
            continue
        by_name[name] = _calendar(name, block, path, findings, today)
    return Calendars(by_name, findings)


def _calendar(name: str, block: Hours, path: KeyPath, findings: Findings, today: date) -> Calendar:
    weekly: dict[int, tuple[hours.Span, ...]] = {}
    for key, spans in (block.hours or {}).items():
        here = (*path, "hours", key)
        _warn_of_the_last_minute(spans, here, findings)
        try:
            weekdays = hours.days(key)
        except ValueError as error:
            findings.refuse(here, error)
            continue
        for weekday in weekdays:
            if weekday in weekly:
                findings.refuse(here, f"{hours.WEEKDAYS[weekday]} is listed twice")
            weekly[weekday] = spans
    shifts = block.shifts or {}
    for day, spans in shifts.items():
        _warn_of_the_last_minute(spans, (*path, "shifts", day.isoformat()), findings)
    open_days = [day for day, spans in shifts.items() if spans]
    if not any((block.hours or {}).values()):
        if not open_days:
            findings.refuse(path, "has no opening: no time would ever count")
        elif max(open_days) < today:
            findings.warn(path, "has no opening left: its last one was a shift in the past")
    holidays = _holidays(block.holidays or Holidays(), (*path, "holidays"), findings)
    return Calendar(name, block.timezone, weekly, holidays, shifts)


def _holidays(
    block: Holidays, path: KeyPath, findings: Findings
) -> frozenset[date] | hours.RegionalHolidays:
    dates = frozenset(block.dates)
    if block.country is None:
        if block.subdivision is not None:
            findings.refuse((*path, "subdivision"), "needs the country it is a part of")
        return dates
    try:
        hours.check_country(block.country)
    except ValueError as error:
        findings.refuse((*path, "country"), error)
        return dates
    if block.subdivision is not None:
        try:
            hours.check_subdivision(block.country, block.subdivision)
        except ValueError as error:
            findings.refuse((*path, "subdivision"), error)
            return dates
    return hours.RegionalHolidays(block.country, block.subdivision, dates)


def _warn_of_the_last_minute(
    spans: tuple[hours.Span, ...], path: KeyPath, findings: Findings
) -> None:
    if any(end == LAST_MINUTE for _, end in spans):
        findings.warn(path, "23:59 leaves out the last minute of the day; 24:00 is its end")
