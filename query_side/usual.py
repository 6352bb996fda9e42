"""READ: when deadlines lie, hour by hour or day by day, against what is usually done then.

What is usual of an hour is the mean of how many cycles ended, kept or not, in the same hour of the
same weekday in each of the last weeks: nobody's plan, but what the same people have shown they do.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from query_side.reading import Instant

Step = Literal["hour", "day"]
LENGTHS: Mapping[Step, timedelta] = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
WEEK = timedelta(days=7)


class TeamShare(BaseModel):
    """What of it is one team's."""

    team: str | None
    count: int


class Bucket(BaseModel):
    """An hour or a day, as far as it lies ahead."""

    from_: Instant = Field(serialization_alias="from", description="Its beginning; the first: now")
    until: Instant
    count: int = Field(description="Clocks that will be breached in it if nothing happens")
    usual: float | None = Field(
        description="How many cycles usually end in it: the mean over the last weeks; null: there"
        " is no whole week to tell by"
    )
    teams: list[TeamShare] = Field(description="`count` by team, those that have any")


class TeamLoad(BaseModel):
    """One team over all buckets."""

    team: str | None
    count: int = Field(description="Clocks that will be breached if nothing happens")
    usual: float | None = Field(description="How many of its cycles usually end in such a time")


class Slot(NamedTuple):
    """An hour or a day of a time zone."""

    begins: datetime
    ends: datetime


Done = Mapping[datetime, Mapping[str | None, int]]
"""By the beginning of a slot, and by team."""


def slots(step: Step, at: datetime, until: datetime, zone: str) -> Sequence[Slot]:
    """Those from `at` on that have ended by `until`; the first one is that of `at`."""
    found = [slot_of(step, at, zone)]
    while found[-1].ends <= until:
        found.append(slot_of(step, found[-1].ends, zone))
    return found[:-1]


def slot_of(step: Step, at: datetime, zone: str) -> Slot:
    """The one that an instant lies in. An hour is one in UTC's sense, so that none is lost or
    counted twice where clocks are put; a day begins at its local midnight."""
    local = at.astimezone(ZoneInfo(zone))
    if step == "hour":
        past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        begins = at.astimezone(UTC) - past
        return Slot(begins, begins + LENGTHS[step])
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return Slot(midnight.astimezone(UTC), (midnight + LENGTHS[step]).astimezone(UTC))


def same_before(step: Step, slot: Slot, at: datetime, zone: str, weeks: int) -> Sequence[Slot]:
    """The slots of the same local time of the same weekday that have ended by `at`, the newest
    first: one a week."""
    local = slot.begins.astimezone(ZoneInfo(zone))
    ago = (slot_of(step, local - number * WEEK, zone) for number in count(1))
    return list(islice((one for one in ago if one.ends <= at), weeks))


def usual(
    slot: Slot, before: Sequence[Slot], at: datetime, weeks: int, done: Done
) -> Mapping[str | None, float]:
    """Of one slot, by team, as far as it lies after `at`; `before` are those of the same time of
    the last `weeks`."""
    ahead = (slot.ends - max(slot.begins, at)) / (slot.ends - slot.begins)
    summed: dict[str | None, float] = {}
    for one in before:
        for team, ended in done.get(one.begins, {}).items():
            summed[team] = summed.get(team, 0.0) + ended
    return {team: ahead * ended / weeks for team, ended in summed.items()}


def edges(places: Iterable[Slot]) -> Sequence[datetime]:
    """The instants, in order, at which any of them begins or ends."""
    return sorted({edge for place in places for edge in place})
