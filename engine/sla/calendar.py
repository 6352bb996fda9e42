"""Business calendars: when time counts, and the arithmetic of deadlines and elapsed time.

Instants are integer microseconds since 1970-01-01T00:00Z, durations integer microseconds.
One sorted sequence of open spans with running sums is read two ways by bisection, so that
`deadline` and `elapsed` are each other's inverse at O(log n). The sequence is built by the year
as far as somebody asks, and every extension is a new table that replaces the old one in a single
assignment: readers in other threads see one or the other, never a mixture.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
DAY: Final = 86_400_000_000
MINUTE: Final = 60_000_000

FIRST_YEAR: Final = 1969
LAST_YEAR: Final = 2200
"""Calendars with hours are closed outside these local years. Source times end with 2100."""

FAR_FUTURE: Final = 253_402_214_400_000_000
"""9999-12-31T00:00Z, what `deadline`, `first_after` and `add_working_days` answer when the
calendar does not open for long enough any more: a valid date in every time zone, never reached."""

Spans = Sequence[tuple[int, int]]
"""Minutes of the local day, half-open; 1440 is 24:00."""
Holidays = Collection[date] | Callable[[int], Collection[date]]
"""The dates, or a function from the year to that year's dates."""


@dataclass(frozen=True, slots=True)
class _Table:
    """The open spans of some consecutive local years."""

    first: int
    last: int
    begin: int
    end: int
    opens: list[int]
    closes: list[int]
    sums: list[int]
    """Open time before each span, and after the last: one entry more than spans."""
    days: list[int]
    """Proleptic ordinals of the local dates with any opening."""
    day_closes: list[int]

    def measured(self, instant: int) -> int:
        """Open microseconds from the beginning of the table to the instant."""
        index = bisect_right(self.opens, instant) - 1
        if index < 0:
            return 0
        return self.sums[index] + min(instant, self.closes[index]) - self.opens[index]


class Calendar:
    """Weekly hours in a time zone, with holidays and one-off shifts. Immutable, equal by value.

    Local edges become instants: a time in the spring gap moves forward by the gap's length, an
    ambiguous time is the first of the two, spans that become empty are dropped.
    """

    def __init__(
        self,
        name: str,
        timezone: str,
        weekly: Mapping[int, Spans],
        holidays: Holidays = (),
        shifts: Mapping[date, Spans] | None = None,
    ) -> None:
        """`weekly` is by weekday (0 is Monday); a shift replaces its date's hours, a holiday's too.

        Raises `zoneinfo.ZoneInfoNotFoundError` for an unknown zone.
        """
        self.name = name
        self.timezone = timezone
        self.weekly = {day: tuple(spans) for day, spans in weekly.items() if spans}
        self.holidays = holidays if callable(holidays) else frozenset(holidays)
        self.shifts = {day: tuple(spans) for day, spans in (shifts or {}).items()}
        self._zone = ZoneInfo(timezone)
        self._years: dict[int, tuple[list[tuple[int, int]], list[tuple[int, int]]]] = {}
        self._table: _Table | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Calendar):
            return NotImplemented
        return self._value() == other._value()

    def __hash__(self) -> int:
        return hash((self.name, self.timezone))

    def __repr__(self) -> str:
        return f"Calendar({self.name!r}, {self.timezone!r})"

    def deadline(self, start: int, budget: int) -> int:
        """The earliest instant at which `elapsed(start, instant)` equals the budget.

        A budget of nothing (or less) ends at the start. `FAR_FUTURE` when it is never used up.
        """
        if budget <= 0:
            return start
        table = self._covering(start, start)
        wanted = table.measured(start) + budget
        while wanted > table.sums[-1]:
            if table.last >= LAST_YEAR:
                return FAR_FUTURE
            table = self._grown(table)
        index = bisect_left(table.sums, wanted) - 1
        return table.opens[index] + wanted - table.sums[index]

    def elapsed(self, start: int, end: int) -> int:
        """Open microseconds between two instants; 0 when `end` is not after `start`."""
        if end <= start:
            return 0
        table = self._covering(start, end)
        return table.measured(end) - table.measured(start)

    def first_after(self, instant: int) -> int:
        """The first instant at or after this one at which the calendar is open."""
        table = self._covering(instant, instant)
        while True:
            index = bisect_right(table.closes, instant)
            if index < len(table.opens):
                return max(instant, table.opens[index])
            if table.last >= LAST_YEAR:
                return FAR_FUTURE
            table = self._grown(table)

    def is_open(self, instant: int) -> bool:
        """Whether time counts at this instant; at closing time it no longer does."""
        table = self._covering(instant, instant)
        index = bisect_right(table.opens, instant) - 1
        return index >= 0 and instant < table.closes[index]

    def add_working_days(
        self, start: int, days: int, *, end_of_day: bool, minute: int | None = None
    ) -> int:
        """The same local time of day, or the last closing, `days` (from 1) working days later; or
        that minute of the day.

        A working day is a local date with any opening; counting begins with the date after the
        start. The time of day may lie in closed hours. `FAR_FUTURE` when there are too few days.
        """
        if start >= FAR_FUTURE:
            return FAR_FUTURE
        table = self._covering(start, start)
        local = self._local(start)
        index = bisect_right(table.days, local.toordinal()) + days - 1
        while index >= len(table.days):
            if table.last >= LAST_YEAR:
                return FAR_FUTURE
            table = self._grown(table)
        if end_of_day:
            return table.day_closes[index]
        later = date.fromordinal(table.days[index])
        if minute is not None:
            return self._instant(later, minute)
        return _microseconds(datetime.combine(later, local.time(), self._zone))

    def counted_from(self, start: int, cutoff: int) -> int:
        """The start, or the opening of the next working day where it is after the cut-off, a minute
        of the local day. All of a date without any opening is after it.

        `FAR_FUTURE` when the calendar does not open any more.
        """
        if start >= FAR_FUTURE:
            return FAR_FUTURE
        table = self._covering(start, start)
        today = self._local(start).date()
        index = bisect_left(table.days, today.toordinal())
        works = index < len(table.days) and table.days[index] == today.toordinal()
        if works and start <= self._instant(today, cutoff):
            return start
        return self.first_after(self._instant(today + timedelta(days=1), 0))

    def open_intervals(self, start: int, end: int) -> list[tuple[int, int]]:
        """The open spans between two instants, clipped to them; touching ones are joined."""
        if end <= start:
            return []
        table = self._covering(start, end)
        first, last = bisect_right(table.closes, start), bisect_left(table.opens, end)
        return [
            (max(table.opens[index], start), min(table.closes[index], end))
            for index in range(first, last)
        ]

    def _value(self) -> tuple[object, ...]:
        return (self.name, self.timezone, self.weekly, self.holidays, self.shifts)

    def _local(self, instant: int) -> datetime:
        return (EPOCH + timedelta(microseconds=instant)).astimezone(self._zone).replace(fold=0)

    def _year_of(self, instant: int) -> int:
        if instant < _EARLIEST:
            return FIRST_YEAR
        if instant > _LATEST:
            return LAST_YEAR
        return min(max(self._local(instant).year, FIRST_YEAR), LAST_YEAR)

    def _covering(self, start: int, end: int) -> _Table:
        table = self._table
        if table is not None and table.begin <= start and end < table.end:
            return table
        first, last = self._year_of(start), self._year_of(end)
        if table is not None:
            first, last = min(first, table.first), max(last, table.last)
        return self._built(first, last)

    def _grown(self, table: _Table) -> _Table:
        years = table.last - table.first + 1
        return self._built(table.first, min(table.last + years, LAST_YEAR))

    def _built(self, first: int, last: int) -> _Table:
        opens: list[int] = []
        closes: list[int] = []
        days: list[int] = []
        day_closes: list[int] = []
        for year in range(first, last + 1):
            spans, openings = self._year(year)
            for opening, closing in spans:
                if closes and opening <= closes[-1]:
                    closes[-1] = max(closes[-1], closing)
                else:
                    opens.append(opening)
                    closes.append(closing)
            for ordinal, closing in openings:
                days.append(ordinal)
                day_closes.append(closing)
        sums = [0]
        for opening, closing in zip(opens, closes, strict=True):
            sums.append(sums[-1] + closing - opening)
        begin = -FAR_FUTURE if first == FIRST_YEAR else self._instant(date(first, 1, 1), 0)
        end = FAR_FUTURE * 2 if last == LAST_YEAR else self._instant(date(last + 1, 1, 1), 0)
        table = _Table(first, last, begin, end, opens, closes, sums, days, day_closes)
        self._table = table
        return table

    def _year(self, year: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """The spans of a local year as instants, and its working days with their last closing."""
        known = self._years.get(year)
        if known is not None:
            return known
        holidays = self.holidays(year) if callable(self.holidays) else self.holidays
        spans: list[tuple[int, int]] = []
        openings: list[tuple[int, int]] = []
        day, midnight = date(year, 1, 1), self._instant(date(year, 1, 1), 0)
        while day.year == year:
            tomorrow = day + timedelta(days=1)
            next_midnight = self._instant(tomorrow, 0)
            hours = self.shifts.get(day)
            if hours is None:
                hours = () if day in holidays else self.weekly.get(day.weekday(), ())
            # A date that a zone left out when it crossed the date line has no length.
            if hours and midnight < next_midnight:
                edges = ((self._instant(day, a), self._instant(day, b)) for a, b in hours)
                today = sorted(edge for edge in edges if edge[0] < edge[1])
                if today:
                    spans += today
                    openings.append((day.toordinal(), max(closing for _, closing in today)))
            day, midnight = tomorrow, next_midnight
        self._years[year] = spans, openings
        return spans, openings

    def _instant(self, day: date, minute: int) -> int:
        # Adding to an aware datetime is wall-clock arithmetic, and the sum has fold=0: the first
        # of two ambiguous times; a time in the gap moves forward by the gap's length.
        wall = datetime.combine(day, time(), self._zone) + timedelta(minutes=minute)
        return _microseconds(wall)


class _Always(Calendar):
    """24x7: every instant counts, a working day is a UTC date. No tables."""

    def deadline(self, start: int, budget: int) -> int:
        if budget <= 0:
            return start
        end = start + budget
        return end if end <= FAR_FUTURE else max(start, FAR_FUTURE)

    def elapsed(self, start: int, end: int) -> int:
        return end - start if end > start else 0

    def first_after(self, instant: int) -> int:
        return instant

    def is_open(self, instant: int) -> bool:
        return True

    def add_working_days(
        self, start: int, days: int, *, end_of_day: bool, minute: int | None = None
    ) -> int:
        later = start + days * DAY
        if minute is not None:
            later = later // DAY * DAY + minute * MINUTE
        return min((later // DAY + 1) * DAY if end_of_day else later, FAR_FUTURE)

    def counted_from(self, start: int, cutoff: int) -> int:
        today = start // DAY * DAY
        return start if start <= today + cutoff * MINUTE else today + DAY

    def open_intervals(self, start: int, end: int) -> list[tuple[int, int]]:
        return [(start, end)] if start < end else []


def _microseconds(aware: datetime) -> int:
    delta = aware - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


_EARLIEST: Final = _microseconds(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC))
_LATEST: Final = _microseconds(datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC))

ALWAYS: Final[Calendar] = _Always("24x7", "UTC", {day: ((0, 1440),) for day in range(7)})
"""The built-in calendar `24x7`, the default, in constant time."""
