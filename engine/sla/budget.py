"""What a target allows, and how much calendar time that is for a cycle.

Instants and durations are integer microseconds.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from engine.sla.calendar import Calendar
from engine.sla.excuses import Excepted


class Hours(NamedTuple):
    """By which calendar a stretch of a cycle was counted."""

    until: int
    calendar: Calendar
    measured: int
    """Open microseconds from where the cycle is counted from until then, by each in its time."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a target allows: calendar time, whole working days from a cycle's start, or whatever
    lies before a date of the ticket's own."""

    unit: Literal["time", "working_days", "end_of_working_day", "time_of_working_day", "own_date"]
    amount: int
    """Microseconds of calendar time, a count of days, or an instant."""
    text: str = field(default="", compare=False)
    """As the configuration writes it, for people; what counts is the amount."""
    minute: int = 0
    """Of the local day at which a `time_of_working_day` ends."""
    cutoff: int | None = None
    """Minute of the local day; working days of what starts after it count from the next one's
    opening."""

    def measured_from(self, start: int, calendar: Calendar, before: Sequence[Hours] = ()) -> int:
        """Microseconds of calendar time that this budget gives a cycle begun at `start`; `before`
        are the hours that were in force until then, the oldest first: a stretch is measured by
        those by which it is counted, or the same day would be more, or less, than promised."""
        if self.unit == "time":
            return self.amount
        end, since, measured = self._end(start, calendar), start, 0
        index = bisect_left(before, end, key=lambda hours: hours.until)
        if index:
            since, _, measured = before[index - 1]
        by = calendar if index == len(before) else before[index].calendar
        return measured + by.elapsed(since, end)

    def _end(self, start: int, calendar: Calendar) -> int:
        """The date, or where the working days end; also in closed hours."""
        if self.unit == "own_date":
            return self.amount
        if self.cutoff is not None:
            start = calendar.counted_from(start, self.cutoff)
        return calendar.add_working_days(
            start,
            self.amount,
            end_of_day=self.unit == "end_of_working_day",
            minute=self.minute if self.unit == "time_of_working_day" else None,
        )

    def deadline(
        self, reached: int, start: int, calendar: Calendar, counting: Calendar | Excepted
    ) -> int:
        """Which instant of a standstill is the deadline: elapsed reaches the target at `reached`,
        and exceeds it only once the calendar is open.

        The closing time; after working days the opening, for Friday 09:00 and one of them is
        Monday 09:00 also where the day begins then; or the time, or the date, that was named.
        `counting` is the calendar with what is excused, by which nothing is promised.
        """
        if self.unit in ("time", "end_of_working_day"):
            return reached
        opening = counting.first_after(reached)
        if self.unit == "working_days":
            return opening
        named = self._end(start, calendar)
        return named if reached <= named <= opening else reached
