"""How the audit room words things: durations, what was used of a promise, days of a calendar."""

from collections.abc import Collection, Iterable
from itertools import groupby

from engine.sla.calendar import ALWAYS, Calendar
from engine.sla.instants import SECOND
from engine.sla.policy import Budget

MINUTE, HOUR, DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UNITS = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"))


def duration(micros: int, calendar: Calendar = ALWAYS) -> str:
    """`1 d 2 h 30 min`. Days of 24 hours are no measure of working time: that has hours only."""
    rest = max(micros, 0)
    parts: list[str] = []
    for size, unit in UNITS if calendar is ALWAYS else UNITS[1:]:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
    if rest or not parts:
        parts.append(f"{rest / SECOND:g} s")
    return " ".join(parts[:3])


def promise(budget: Budget, calendar: Calendar) -> str:
    """`8 working hours (calendar office)`, `2 working days (calendar office)`, `4 h`."""
    if budget.unit == "time" and calendar is ALWAYS:
        return duration(budget.amount)
    return f"{short(budget, calendar)} (calendar {calendar.name})"


def short(budget: Budget, calendar: Calendar) -> str:
    """The promise without its calendar."""
    match budget.unit:
        case "time":
            return _time(budget.amount, calendar)
        case "working_days":
            return _many(budget.amount, "working day")
        case "end_of_working_day":
            return f"{_many(budget.amount, 'working day')}, to the end of the day"


def used(elapsed: int, target: int | None, budget: Budget | None, calendar: Calendar) -> str:
    """`12 of 40 working hours`, `1 of 2 working days`, `30 min of 1 h`."""
    if target is None or not target:
        return duration(elapsed, calendar)
    if budget is not None and budget.unit == "working_days":
        days, rest = divmod(elapsed * budget.amount, target)
        if not rest:
            return f"{days} of {_many(budget.amount, 'working day')}"
    of_all = _time(target, calendar)
    if calendar is not ALWAYS and not (target % HOUR or elapsed % HOUR):
        return f"{elapsed // HOUR} of {of_all}"
    return f"{duration(elapsed, calendar)} of {of_all}"


def _time(micros: int, calendar: Calendar) -> str:
    if calendar is ALWAYS:
        return duration(micros)
    for size, unit in ((HOUR, "working hour"), (MINUTE, "working minute")):
        if micros % size == 0 and (size == HOUR or micros < HOUR):
            return _many(micros // size, unit)
    return f"{duration(micros, calendar)} of working time"


def _many(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def hours(spans: Iterable[tuple[int, int]]) -> str:
    """`09:00-12:30, 13:30-18:00`; minutes of a local day."""
    written = ("-".join(f"{at // 60:02}:{at % 60:02}" for at in span) for span in spans)
    return ", ".join(written) or "closed"


def weekdays(days: Collection[int]) -> str:
    """`mon-wed, fri`; 0 is Monday."""
    runs = groupby(enumerate(sorted(days)), key=lambda each: each[1] - each[0])
    found = [[day for _, day in run] for _, run in runs]
    return ", ".join(
        WEEKDAYS[run[0]] if len(run) == 1 else f"{WEEKDAYS[run[0]]}-{WEEKDAYS[run[-1]]}"
        for run in found
    )


def word(text: str) -> str:
    """In quotes where it is more than one."""
    return f'"{text}"' if " " in text else text


def listed(parts: Collection[str]) -> str:
    """`a, b and c`."""
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last
