"""How calendars are written: day ranges, `09:00-12:30`, dates, and the holidays of a country."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Span = tuple[int, int]
"""Minutes of the local day, half-open."""

_SPAN: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})")
_TIME: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_COUNTRY: Final = re.compile(r"[A-Z]{2,3}")


def days(key: str) -> tuple[int, ...]:
    """The weekdays (0 is Monday) of `fri` or `mon-thu`, round the week too; or `ValueError`."""
    names = key.lower().split("-")
    if len(names) > 2 or any(name not in WEEKDAYS for name in names):
        raise ValueError(f"{key!r} is no weekday: write one of {', '.join(WEEKDAYS)}, or mon-thu")
    first, last = WEEKDAYS.index(names[0]), WEEKDAYS.index(names[-1])
    return tuple((first + step) % 7 for step in range((last - first) % 7 + 1))


def span(value: object) -> Span:
    """The opening hours of `09:00-12:30`; raises `ValueError` that says what to write."""
    found = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{value!r} are no hours: write '09:00-12:30'")
    opening, closing = _minute(found[1], found[2]), _minute(found[3], found[4])
    start, end = map(time_of_day, (opening, closing))
    if closing == opening:
        raise ValueError(f"{value!r} has no length; the whole day is '00:00-24:00'")
    if closing == 0:
        raise ValueError(f"{value!r}: the end of a day is written 24:00, as in '{start}-24:00'")
    if closing < opening:
        raise ValueError(
            f"{value!r} goes over midnight: write two intervals, '{start}-24:00' on this day "
            f"and '00:00-{end}' on the next"
        )
    return opening, closing


def minute_of_day(value: object) -> int:
    """The minute of the local day of `16:00`, up to 24:00; raises `ValueError`."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{value!r} is no time of day: write '16:00'")
    return _minute(found[1], found[2])


def time_of_day(minute: int) -> str:
    """The minute of the day as the file writes it."""
    return f"{minute // 60:02}:{minute % 60:02}"


def disjoint(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """The spans in order; raises `ValueError` when two of them overlap."""
    ordered = tuple(sorted(spans))
    for before, after in pairwise(ordered):
        if after[0] < before[1]:
            raise ValueError(f"{written(before)} and {written(after)} overlap")
    return ordered


def day(value: object) -> date:
    """The date of `2026-12-24`; raises `ValueError`."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise ValueError(f"{value!r} is no date of the calendar") from error
    raise ValueError(f"{value!r} is no date: write 2026-12-24")


def written(hours: Span) -> str:
    """The hours as the file writes them."""
    return "-".join(map(time_of_day, hours))


@dataclass(frozen=True, slots=True)
class RegionalHolidays:
    """The public holidays of a country or a part of it, and further dates; by year."""

    country: str
    subdivision: str | None
    dates: frozenset[date]

    def __call__(self, year: int) -> Collection[date]:
        """The dates of a year."""
        from holidays import country_holidays  # imports for a fifth of a second, rarely needed

        return {*country_holidays(self.country, self.subdivision, years=year), *self.dates}


def check_country(country: str) -> None:
    """Raises `ValueError` for a country whose holidays are not known."""
    # The library looks a country up among the names of its module, and not all of those are one.
    if not (_COUNTRY.fullmatch(country) and _is_known(country)):
        raise ValueError(f"the holidays of {country!r} are not known: write an ISO code such as DE")


def check_subdivision(country: str, subdivision: str) -> None:
    """Raises `ValueError` for a part of a (known) country that is not known."""
    if not _is_known(country, subdivision):
        from holidays import country_holidays

        known = ", ".join(country_holidays(country).subdivisions) or "none"
        raise ValueError(f"{country} has no subdivision {subdivision!r}; the known ones: {known}")


def _is_known(country: str, subdivision: str | None = None) -> bool:
    from holidays import country_holidays

    try:
        country_holidays(country, subdivision)
    except NotImplementedError:  # so the library says that it knows no such country or part
        return False
    return True


def _minute(hour: str, minute: str) -> int:
    at = int(hour) * 60 + int(minute)
    if int(minute) > 59 or at > 1440:
        raise ValueError(f"{hour}:{minute} is no time of day")
    return at
