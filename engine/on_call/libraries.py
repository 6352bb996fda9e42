"""The libraries that know iCalendar, of which the types say little."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol, cast
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events  # pyright: ignore[reportMissingTypeStubs]  # ships none
import x_wr_timezone  # pyright: ignore[reportMissingTypeStubs]  # ships none
from icalendar.timezone import tzp


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
    if zone is not None:
        calendar = cast(
            "Calendar",
            x_wr_timezone.to_standard(cast("icalendar.Calendar", calendar), timezone=zone),
        )
    query: Any = recurring_ical_events.of(
        cast("icalendar.Calendar", calendar), skip_bad_series=True
    )
    return query.between(since, until)


def zone(name: str) -> ZoneInfo | None:
    """By its own name or by Outlook's; None: it is not known."""
    known = cast("Any", tzp)
    found = known.timezone(name.strip()) if name.strip() else None
    return found if isinstance(found, ZoneInfo) else None
