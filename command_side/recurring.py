"""Windows that recur, by the rules of RFC 5545: each occurrence is a window."""

import re
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.rrule import rrule, rrulestr

from engine.sla.excuses import Windows, merged
from engine.sla.instants import micros

LAST = datetime(2101, 1, 1, tzinfo=UTC)
"""No time that anybody reports lies after it."""
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_RULE = re.compile(r"(?:RRULE:)?((?:[A-Z]+=[A-Z0-9,+:-]+;?)+)")
_END = re.compile(r"UNTIL=(\d{8})(?:T(\d{6}))?(Z?)(?=;|$)")
LATER = 7_600
"""Years. Calendars repeat every 400, weekdays included, and the library looks for what never
happens until the year 9999: it is asked about so much later, and so has less to look through."""
FARTHEST = datetime(9_999 - LATER, 1, 1, tzinfo=UTC)
"""What ends after it ends too late in any case."""


class NoRule(ValueError):
    """The member of a request that is to blame, and what is wrong with it."""

    def __init__(self, member: str, wrong: str) -> None:
        super().__init__(wrong)
        self.member = member


def _zone(name: str) -> ZoneInfo:
    """Raises NoRule."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise NoRule("time_zone", f"no time zone {name[:100]!r} is known") from error


def occurrences(start: datetime, end: datetime, rule: str, time_zone: str, *, most: int) -> Windows:
    """The window from `start` to `end`, and each time that it recurs, as long as it is.

    Local times in the spring gap move forward, ambiguous ones are the first of the two. Raises
    NoRule, also where it is more than `most`.
    """
    local = _zone(time_zone)
    found = _RULE.fullmatch(rule.strip())
    if found is None:
        raise NoRule("rrule", "is no rule as FREQ=WEEKLY;BYDAY=SU;COUNT=10")
    parts = {name: said for name, _, said in (one.partition("=") for one in found[1].split(";"))}
    if parts.get("FREQ") not in FREQUENCIES:
        raise NoRule("rrule", f"its FREQ is one of {', '.join(FREQUENCIES)}")
    if not parts.keys() & {"COUNT", "UNTIL"}:
        raise NoRule("rrule", "needs an end: COUNT or UNTIL")
    if "BYEASTER" in parts:  # the library's own; Easter does not repeat so soon
        raise NoRule("rrule", "cannot be read: there is no BYEASTER in RFC 5545")
    try:
        text, last = found[1].strip(";"), FARTHEST
        if "UNTIL" in parts:
            last = min(_end(parts["UNTIL"], local), FARTHEST)
            text = _END.sub(f"UNTIL={_moved(last.astimezone(local), LATER):%Y%m%dT%H%M%S}", text)
        rules = rrulestr(text, dtstart=_moved(start.astimezone(local), LATER))
        interval = int(parts.get("INTERVAL", 1))
    except (ValueError, TypeError, KeyError) as error:
        raise NoRule("rrule", f"cannot be read: {error}") from error
    if not isinstance(rules, rrule):
        raise NoRule("rrule", "is more than one rule")
    if interval < 1:  # the library would look at one and the same day for ever
        raise NoRule("rrule", "its INTERVAL is 1 or more")
    try:
        later = islice(rules, most + 1)
        begins = [_moved(one, -LATER).replace(tzinfo=local).astimezone(UTC) for one in later]
    except (ValueError, IndexError, OverflowError) as error:  # it looks at some parts only here
        raise NoRule("rrule", f"cannot be read: {error}") from error
    if begins and begins[-1] > last:  # by the wall's clock before it, in the gap of spring
        del begins[-1]
    if len(begins) > most:
        raise NoRule("rrule", f"comes to more than {most} windows")
    if not begins:
        raise NoRule("rrule", "never happens")
    length: timedelta = end - start
    too_few = "UNTIL" not in parts and len(begins) < int(parts["COUNT"])
    if too_few or begins[-1] + length > LAST:
        raise NoRule("rrule", "goes on beyond 2100")
    return merged((micros(begin), micros(begin + length)) for begin in begins)


def _end(written: str, local: ZoneInfo) -> datetime:
    """A date, a local time, or an instant: the whole date counts. Raises ValueError."""
    found = _END.fullmatch(f"UNTIL={written}")
    if found is None:
        raise ValueError(f"UNTIL={written} is no date and no time")
    moment = datetime.fromisoformat(f"{found[1]}T{found[2] or '235959'}")
    return moment.replace(tzinfo=UTC if found[3] else local)


def _moved(moment: datetime, years: int) -> datetime:
    """The same local time of the same day of the week and the year. Raises ValueError."""
    return moment.replace(year=moment.year + years, tzinfo=None)
