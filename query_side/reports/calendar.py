"""READ: the days, weeks and months of a time zone that a period is divided into."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, Final, Literal, LiteralString, NamedTuple
from zoneinfo import ZoneInfo

Unit = Literal["day", "week", "month"]
UNITS: tuple[Unit, ...] = ("day", "week", "month")
MOMENTS: Final[Mapping[Unit, LiteralString]] = {
    "day": ", width_bucket({at}, %(day)s::timestamptz[]) AS day",
    "week": ", width_bucket({at}, %(week)s::timestamptz[]) AS week",
    "month": ", width_bucket({at}, %(month)s::timestamptz[]) AS month",
}
"""Which of the stretches of a unit an instant lies in, from 1, by the beginnings of them all."""


class Stretch(NamedTuple):
    """A day, week or month, as far as it lies in the period."""

    label: str
    since: datetime
    until: datetime


def stretches(unit: Unit, since: datetime, until: datetime, zone: str) -> Sequence[Stretch]:
    """All of [since, until), in order and without gaps. A day begins at its local midnight, or
    where the clocks jump over that, when they do."""
    local, begins = ZoneInfo(zone), since
    first = _first(unit, since.astimezone(local).date())
    days, edges = [first], list[datetime]()
    while (edge := _midnight(_next(unit, days[-1]), local)) < until:
        edges.append(edge)
        days.append(_next(unit, days[-1]))
    return [
        Stretch(_label(unit, day), since, until)
        for day, (since, until) in zip(days, pairwise([begins, *edges, until]), strict=True)
    ]


Divided = Mapping[Unit, Sequence[Stretch]]
"""A period, by each unit that is asked for."""


def divided(names: Collection[str], since: datetime, until: datetime, zone: str) -> Divided:
    """[since, until) by those of the names that are units."""
    return {unit: stretches(unit, since, until, zone) for unit in UNITS if unit in names}


def labelled(
    row: dict[str, Any], by: Divided, since: datetime, until: datetime
) -> tuple[datetime, datetime]:
    """Names the stretches of a row that has their places; from when to when all of them are."""
    for unit, parts in by.items():
        place: int = row[unit]
        part = parts[place - 1]
        row[unit] = part.label
        since, until = max(since, part.since), min(until, part.until)
    return since, until


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _first(unit: Unit, day: date) -> date:
    match unit:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)


def _next(unit: Unit, day: date) -> date:
    match unit:
        case "day":
            return day + timedelta(days=1)
        case "week":
            return day + timedelta(days=7)
        case "month":
            return (day + timedelta(days=31)).replace(day=1)


def _label(unit: Unit, day: date) -> str:
    match unit:
        case "day":
            return day.isoformat()
        case "week":
            year, week, _ = day.isocalendar()
            return f"{year}-W{week:02}"
        case "month":
            return day.isoformat()[:7]
