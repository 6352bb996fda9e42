"""How targets and levels are written: `4h`, `2bd-end`, `1bd@17:00`; `10`, `50%`, `due-60`."""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import groupby, pairwise
from typing import Final

from config.hours import minute_of_day, time_of_day
from engine.sla.budget import Budget
from engine.sla.policy import Rung

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
UNITS: Final = {"h": 60 * MINUTE, "m": MINUTE, "s": SECOND}
MINUTES_SUFFIX: Final = "_minutes"
MOST_TIME: Final = 1000 * 366 * 24 * 60 * MINUTE
MOST_DAYS: Final = 366_000
"""A thousand years: nobody promises more, and every sum of instants still fits 64 bits."""

EXAMPLES: Final = "4h, 90m, 90s, 2bd, 2bd-end or 1bd@17:00"
_TARGET: Final = re.compile(r"(-?[0-9]{1,12})(h|m|s|bd|bd-end|bd@)([0-9:]{4,5})?")
_TIME: Final = re.compile(r"(-?[0-9]{1,12})(h|m|s)")
_DAYS: Final = re.compile(r"([0-9]{1,6})\s*(d|days?|w|weeks?)")
_LEVEL: Final = re.compile(r"LEVEL_([0-9]{1,4})", re.IGNORECASE)
_PERCENT: Final = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*%")
_FROM_DEADLINE: Final = re.compile(r"due([+-][0-9]{1,9})")


def target(value: object) -> Budget:
    """The budget of a `<clock>: 4h`; raises `ValueError` that says what to write."""
    if not isinstance(value, str):
        raise ValueError(f"{value!r} has no unit: write {EXAMPLES}")
    found = _TARGET.fullmatch(value)
    if found is None or (found[2] == "bd@") != (found[3] is not None):
        raise ValueError(_advice(value))
    amount, unit = int(found[1]), found[2]
    if unit == "bd@":
        minute = minute_of_day(found[3])
        return _checked(Budget("time_of_working_day", amount, found[0], minute))
    if unit == "bd":
        return _checked(Budget("working_days", amount, found[0]))
    if unit == "bd-end":
        return _checked(Budget("end_of_working_day", amount, found[0]))
    return _checked(Budget("time", amount * UNITS[unit], found[0]))


def target_minutes(clock: str, value: object) -> Budget:
    """The budget of a `<clock>_minutes: 240`; raises `ValueError` that says what to write."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(
            f"{value!r} is no whole number of minutes: write 240, or `{clock}: 4h` without _minutes"
        )
    return _checked(Budget("time", value * MINUTE, f"{value} min"))


def pause_limit(value: object) -> object:
    """Microseconds of a `pauses_at_most: 56h`; raises `ValueError` that says what to write."""
    if value is None or (value == 0 and type(value) is int):
        return value
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(
            f"{value!r} is no limit of pauses: write 56h, 90m or 90s, of the clock's own calendar, "
            "or 0"
        )
    amount = int(found[1]) * UNITS[found[2]]
    if not 0 <= amount <= MOST_TIME:
        raise ValueError("a limit of pauses lies between 0 and a thousand years")
    return amount


def lasting(value: object) -> int:
    """Microseconds of a `dead_after: 10m`; raises `ValueError` that says what to write."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None or not 0 < (amount := int(found[1]) * UNITS[found[2]]) <= MOST_TIME:
        raise ValueError(f"{value!r} is no length of time: write 2h, 10m or 90s")
    return amount


def level(key: str) -> int:
    """The number of a `LEVEL_n`; raises `ValueError`."""
    found = _LEVEL.fullmatch(key)
    if found is None or int(found[1]) == 0:
        raise ValueError(f"{key!r} is no level: write LEVEL_1, LEVEL_2, …")
    return int(found[1])


def rung(number: int, value: object) -> Rung:
    """One level of a ladder; raises `ValueError` that says what to write."""
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 0:
            raise ValueError(f"{value} minutes of elapsed time never are")
        return _within(Rung(number, "elapsed", Fraction(value * MINUTE)))
    if isinstance(value, str) and (found := _PERCENT.fullmatch(value)):
        return Rung(number, "percent", Fraction(found[1]))
    if isinstance(value, str) and (found := _FROM_DEADLINE.fullmatch(value)):
        return _within(Rung(number, "from_deadline", Fraction(int(found[1]) * MINUTE)))
    raise ValueError(
        f"{value!r} is no time of a level: write minutes elapsed (10), a share of the target "
        "('50%'), or minutes from the deadline (due-60, due+30)"
    )


def out_of_order(rungs: Sequence[Rung]) -> Rung | None:
    """The first level that does not come after the level below it of the same unit."""
    by_unit = sorted(rungs, key=lambda each: (each.unit, each.level))
    for _, group in groupby(by_unit, key=lambda each: each.unit):
        same = list(group)
        for below, above in pairwise(same):
            if above.amount <= below.amount:
                return above
    return None


def written(budget: Budget) -> str:
    """The budget as the file writes it."""
    match budget.unit:
        case "working_days":
            return f"{budget.amount}bd"
        case "end_of_working_day":
            return f"{budget.amount}bd-end"
        case "time_of_working_day":
            return f"{budget.amount}bd@{time_of_day(budget.minute)}"
        case "own_date":
            return "the ticket's own date"
        case "time":
            return time_written(budget.amount)


def time_written(amount: int) -> str:
    """Whole seconds as the file writes them."""
    return next(f"{amount // size}{unit}" for unit, size in UNITS.items() if amount % size == 0)


def rungs_written(rungs: Sequence[Rung]) -> Mapping[int, str]:
    """The levels as the file writes them."""
    texts: dict[int, str] = {}
    for each in rungs:
        match each.unit:
            case "elapsed":
                texts[each.level] = f"{each.amount / MINUTE} min"
            case "percent":
                texts[each.level] = f"{float(each.amount):g}%"
            case "from_deadline":
                texts[each.level] = f"due{int(each.amount / MINUTE):+d}"
    return texts


def _checked(budget: Budget) -> Budget:
    if budget.amount <= 0:
        raise ValueError("a target must be positive")
    if budget.amount > (MOST_TIME if budget.unit == "time" else MOST_DAYS):
        raise ValueError("a target of more than a thousand years")
    return budget


def _within(each: Rung) -> Rung:
    if abs(each.amount) > MOST_TIME:
        raise ValueError("a level more than a thousand years away")
    return each


def _advice(value: str) -> str:
    days = _DAYS.fullmatch(value.strip().lower())
    if days is None:
        return f"{value!r} is no target: write {EXAMPLES}"
    count = int(days[1]) * (7 if days[2].startswith("w") else 1)
    return (
        f"{value!r} could be days or working days: write {24 * count}h for hours of the calendar, "
        f"or {int(days[1]) * (5 if days[2].startswith('w') else 1)}bd for working days"
    )
