"""An iCalendar feed, read: who is on call when, and what of it could not be understood.

Pure. What others wrote is read by libraries that may take minutes over a malicious text, or fail
in any way: `apart` gives them a process of their own.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from engine.on_call import libraries
from engine.sla.calendar import DAY
from engine.sla.instants import micros, moment
from engine.sla.rotations import Shift, Shifts, normalised, spelled

MOST_BYTES: Final = 5 * 1024 * 1024
MOST_SHIFTS: Final = 5_000
"""Of a feed within a horizon: they are stored."""
MOST_SAID: Final = 20
"""Of strangers, and of doubts."""
LONGEST_SAID: Final = 100
FREQUENCIES: Final = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
"""Nobody's shift recurs more often: a rule that does is a bomb."""
MOST_TIMES_A_DAY: Final = 24
_FOLD: Final = re.compile(r"\r?\n[ \t]")
_RULE: Final = re.compile(r"^(?:RRULE|EXRULE)\b[^:\n]*:(.*)$", re.MULTILINE | re.IGNORECASE)
_USED_ZONE: Final = re.compile(r'^DTSTART[^:\n]*;TZID="?([^":;\n]+)', re.MULTILINE | re.IGNORECASE)
_OWN_ZONE: Final = re.compile(r"^TZID:(.+)$", re.MULTILINE | re.IGNORECASE)
_LEVEL: Final = re.compile(r"\[\s*L\s*([0-9]{1,4})\s*\]", re.IGNORECASE)


class NoCalendar(ValueError):
    """The text cannot be used; says why, in a line."""


@dataclass(frozen=True, slots=True)
class Names:
    """Who may be on call."""

    by_spelling: Mapping[str, str]
    """Key, name or e-mail address, as `spelled`, to key."""
    zones: Mapping[str, str]
    """Key to the name of the person's time zone, where it is known."""
    default_zone: str
    """By which dates and local times are meant, where neither the feed nor the person says."""

    def zone(self, key: str) -> ZoneInfo:
        """By which somebody's dates and local times are meant; an empty key: nobody's."""
        return ZoneInfo(self.zones.get(key, self.default_zone))


@dataclass(frozen=True, slots=True, order=True)
class Stranger:
    """Somebody whom a calendar names, and the configuration does not."""

    start: int
    """Of the first such shift."""
    said: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a feed says about a stretch of time."""

    shifts: Shifts
    strangers: tuple[Stranger, ...] = ()
    doubts: tuple[str, ...] = ()
    """What else was not understood, in sentences."""


def read(text: bytes, names: Names, since: int, until: int) -> Found:
    """What counts from one instant to another, microseconds. Raises NoCalendar."""
    if len(text) > MOST_BYTES:
        raise NoCalendar(f"is larger than {MOST_BYTES:,} bytes")
    lines = _FOLD.sub("", text.decode("utf-8", "replace").lstrip("\ufeff \r\n"))
    lines = lines.replace("\r\n", "\n").replace("\r", "\n")
    if not lines.upper().startswith("BEGIN:VCALENDAR"):
        raise NoCalendar("does not begin with BEGIN:VCALENDAR")
    if not lines.rstrip().upper().endswith("END:VCALENDAR"):
        raise NoCalendar("breaks off: it does not end with END:VCALENDAR")
    for rule in _RULE.finditer(lines):
        _refuse_bomb(rule[1].strip().upper())
    try:
        return _read(lines, names, since, until)
    except NoCalendar:
        raise
    except Exception as error:  # the libraries raise whatever they stumble over
        raise NoCalendar(f"cannot be read: {_why(error)}") from error


def _refuse_bomb(rule: str) -> None:
    parts = {name: said for name, _, said in (one.partition("=") for one in rule.split(";"))}
    frequency = parts.get("FREQ", "").strip()
    if frequency not in FREQUENCIES:
        raise NoCalendar(
            f"an event recurs {frequency[:20] or 'without saying how'}: a shift recurs"
            f" {', '.join(FREQUENCIES)}"
        )
    interval = parts.get("INTERVAL", "1").strip()
    if not interval.isdecimal() or not int(interval):
        # The library would look at one and the same day for ever.
        raise NoCalendar(f"an event recurs at intervals of {interval[:20]!r}: it is 1 or more")
    times = 1
    for part in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        times *= parts.get(part, "").count(",") + 1
    if times > MOST_TIMES_A_DAY:
        raise NoCalendar(f"an event recurs {times:,} times a day: {MOST_TIMES_A_DAY} are the most")


def _read(lines: str, names: Names, since: int, until: int) -> Found:
    shifts: list[Shift] = []
    strangers: dict[str, int] = {}
    refused: dict[str, None] = {}
    doubts = list(_unknown_zones(lines))
    for calendar in libraries.calendars(lines):
        where = str(calendar.get(libraries.FEED_ZONE, "")).strip()
        zone = libraries.zone(where)
        if where and zone is None:
            doubts.append(
                f"the calendar's time zone {where!r} is not known: it counts as if not said"
            )
        for event in calendar.walk("VEVENT"):
            for name, why in event.errors:
                doubts.append(f"an event's {name} cannot be read: {why}")
        for event in _readable(calendar, zone, since, until, doubts):
            people, declined = _people(event, names)
            for key in people or [""]:
                own = (
                    zone or libraries.zone(names.zones.get(key, "")) or ZoneInfo(names.default_zone)
                )
                start, end = _instant(event["DTSTART"].dt, own), _instant(event["DTEND"].dt, own)
                if not start < end or end <= since or until <= start:
                    continue
                if people:
                    shifts.append(Shift(start, end, key, _level(event)))
                elif declined:
                    refused[_said(event)] = None
                else:
                    said = _said(event)
                    strangers[said] = min(start, strangers.get(said, start))
        if len(shifts) > MOST_SHIFTS:
            raise NoCalendar(f"has more than {MOST_SHIFTS:,} shifts in the time to come")
    doubts += [f"who was asked has declined, and nobody is on call by it: {one}" for one in refused]
    return Found(
        normalised(shifts),
        tuple(sorted(Stranger(start, said) for said, start in strangers.items())[:MOST_SAID]),
        tuple([one[: 2 * LONGEST_SAID] for one in dict.fromkeys(doubts)][:MOST_SAID]),
    )


def _readable(
    calendar: libraries.Calendar,
    zone: ZoneInfo | None,
    since: int,
    until: int,
    doubts: list[str],
) -> Sequence[Any]:
    """An event that cannot be read keeps none of the others from counting, and is a doubt."""
    try:
        return [*_occurrences(calendar, zone, since, until)]
    except Exception:  # the libraries raise whatever they stumble over
        found: list[Any] = []
        for one in libraries.apart(calendar):
            try:
                found += _occurrences(one, zone, since, until)
            except Exception as error:
                events = [*one.walk("VEVENT")]
                if not any(each.errors for each in events):  # else that is said already
                    said = _said(events[0])
                    doubts.append(f"the event {said!r} cannot be read: {_why(error)}")
        return found


def _why(error: Exception) -> str:
    said = (str(error) or type(error).__name__).splitlines()[0]
    # So the library says of every rule that it cannot read.
    return said.replace("UNTIL parameter is missing", "its rule is none")[:LONGEST_SAID]


def _occurrences(
    calendar: libraries.Calendar, zone: ZoneInfo | None, since: int, until: int
) -> Iterator[Any]:
    """Each event as often as it recurs; a cancelled one never. Dates, and local times without a
    zone, are looked for as if they were in UTC: where somebody is, a day may begin and end half a
    day before or after."""
    for event in libraries.occurrences(calendar, zone, moment(since - DAY), moment(until + DAY)):
        if str(event.get("STATUS", "")).upper() != "CANCELLED" and "DTEND" in event:
            yield event


def _people(event: Any, names: Names) -> tuple[list[str], bool]:
    """Keys: by the addresses of those who take part, else by the title; none: it is a stranger, or
    all who were asked have declined."""
    found: list[str] = []
    refused: set[str | None] = set()
    asked = 0
    for attendee in _attendees(event):
        key = names.by_spelling.get(spelled(_address(attendee)))
        if str(attendee.params.get("PARTSTAT", "")).upper() == "DECLINED":
            refused.add(key)
            continue
        asked += 1
        if key is not None and key not in found:
            found.append(key)
    if found:
        return found, False
    key = names.by_spelling.get(spelled(_title(event)))
    if key is not None and key not in refused:
        return [key], False
    return [], bool(refused) and not asked


def _attendees(event: Any) -> Iterable[Any]:
    found = event.get("ATTENDEE", [])
    return cast("list[Any]", found) if isinstance(found, list) else [found]


def _address(attendee: Any) -> str:
    """PagerDuty leaves out the `mailto:`."""
    return str(attendee).casefold().removeprefix("mailto:").strip()


def _title(event: Any) -> str:
    return " ".join(_LEVEL.sub(" ", str(event.get("SUMMARY", ""))).split())


def _level(event: Any) -> int:
    found = _LEVEL.search(str(event.get("SUMMARY", "")))
    return int(found[1]) if found else 0


def _said(event: Any) -> str:
    title, addresses = _title(event), [_address(one) for one in _attendees(event)]
    said = f"{title} ({', '.join(addresses)})" if addresses else title
    return said[:LONGEST_SAID] or "an event without a title"


def _instant(value: date, zone: ZoneInfo) -> int:
    """Of a date its first midnight; of a local time without a zone the one there."""
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if value.tzinfo is None:
        value = value.replace(tzinfo=zone)
    return micros(value)


def _unknown_zones(lines: str) -> Iterator[str]:
    own = {name.strip().strip('"') for name in _OWN_ZONE.findall(lines)}
    for name in sorted({name.strip() for name in _USED_ZONE.findall(lines)} - own):
        if libraries.zone(name) is None:
            yield f"the time zone {name!r} is not known: its times are taken as local ones"
