"""The libraries that know iCalendar, of which the types say little."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, Protocol, cast
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events  # pyright: ignore[reportMissingTypeStubs]  # ships none
import x_wr_timezone  # pyright: ignore[reportMissingTypeStubs]  # ships none
from icalendar.timezone import tzp
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

FEED_ZONE: Final = "X-WR-TIMEZONE"


class Calendar(Protocol):
    """As much of a VCALENDAR as is asked for."""

    def get(self, name: str, default: str) -> object: ...

    def walk(self, name: str) -> Iterable[Any]: ...


def calendars(text: str) -> Iterable[Calendar]:
    """Raises anything."""
    return cast("list[Calendar]", icalendar.Calendar.from_ical(text, multiple=True))


def occurrences(
    calendar: Calendar, zone: ZoneInfo | None, since: datetime, until: datetime
) -> Iterable[Any]:
    """Every event as often as it recurs, with its exceptions, `DTSTART` and `DTEND`. Where the
    feed has a time zone, what is in UTC recurs by that one: so Google means it."""
    found = cast("icalendar.Calendar", calendar)
    if zone is not None:
        found = x_wr_timezone.to_standard(found, timezone=zone)
    # It would be looked up again, by its own name alone, and where there is none nothing be read.
    cast("dict[str, object]", found).pop(FEED_ZONE, None)
    query: Any = recurring_ical_events.of(found)
    return query.between(since, until)


def apart(calendar: Calendar) -> Iterable[Calendar]:
    """As many calendars as there are events, each with what is said of one: how it recurs, and
    where it does otherwise. What else there is, such as time zones, is in all of them."""
    whole = cast("icalendar.Calendar", calendar)
    events: dict[str, list[Any]] = {}
    others: list[Any] = []
    for place, part in enumerate(whole.subcomponents):
        if part.name == "VEVENT":
            events.setdefault(str(part.get("UID", place)), []).append(part)
        else:
            others.append(part)
    for parts in events.values():
        one = whole.copy()
        one.subcomponents = [*others, *parts]
        yield cast("Calendar", one)


def zone(name: str) -> ZoneInfo | None:
    """By its own name or by Outlook's; None: it is not known."""
    known = cast("Any", tzp)
    name = name.strip()
    # By Outlook's name it would find what a feed defines under it, which is no zone with a name.
    found = known.timezone(WINDOWS_TO_OLSON.get(name, name)) if name else None
    return found if isinstance(found, ZoneInfo) else None
