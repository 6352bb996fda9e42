"""READ: by when so much of a clock's own time will have passed, by each calendar that there is."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from engine.sla.calendar import Calendar
from engine.sla.instants import SECOND, micros, moment
from engine.sla.policy import Policy


@dataclass(slots=True)
class Hours:
    """As parallel lists that a query can join."""

    policies: list[int] = field(default_factory=list[int])
    calendars: list[str] = field(default_factory=list[str])
    until: list[datetime] = field(default_factory=list[datetime])


def passing(policies: Iterable[Policy], now: datetime, seconds: float) -> Hours:
    """By version and calendar, when so many seconds from now will have counted; where the calendar
    does not open for so long any more, an instant that never comes."""
    start, span = micros(now), round(seconds * SECOND)
    found, reached = Hours(), dict[Calendar, int]()
    for policy in policies:
        plans = (*policy.all_plans, *policy.tier_fallbacks.values(), policy.fallback)
        calendars = {one.name: one for plan in plans for one in plan.calendars.values()}
        for name, calendar in calendars.items():
            if calendar not in reached:
                reached[calendar] = calendar.deadline(start, span)
            found.policies.append(policy.version)
            found.calendars.append(name)
            found.until.append(moment(reached[calendar]))
    return found
