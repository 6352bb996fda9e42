"""How the audit room words things: durations, instants, promises, days, and who did it."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from zoneinfo import ZoneInfo

from command_side.deciding.events import Ticket
from engine.sla.budget import Budget
from engine.sla.calendar import ALWAYS, Calendar
from engine.sla.instants import SECOND, moment
from query_side.audit.standing import Happening, Update

MINUTE, HOUR, DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UNITS = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"))
ZONED = re.compile(
    r"([A-Z][a-z]{2} [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:[+-][0-9:]{5})?)"
    r" ([A-Z][A-Za-z0-9_+/-]+)"
)
"""An instant with its time zone, in a sentence, as `instant` writes it: what people wrote stays, as
in a title with two times of day."""
FILES = (".yaml", ".yml")
SOMEBODY = "somebody"
"""Whose name has been erased."""
ATTRIBUTES = {
    "status": "the status",
    "priority": "the priority",
    "customer_tier": "the customer tier",
    "assigned_to": "the assignee",
    "title": "the title",
}
"""What is told with its value, and what it is called; of all else only that it was given or
changed."""


@dataclass(slots=True)
class Words:
    """What the sentences of one ticket have in common: a time zone, the names of people, and what
    has been said already."""

    asked: str | None = None
    """The time zone that somebody asked for; None: each calendar's own."""
    home: str = "UTC"
    """That of whatever belongs to no calendar with hours."""
    names: Mapping[Update, str | None] = field(default_factory=dict[Update, str | None])
    """Who made an update; None: it does not say."""
    authors: Mapping[int, str] = field(default_factory=dict[int, str])
    """Who, or which file, brought a version of the policy."""
    repairs: Mapping[int, tuple[int, str]] = field(default_factory=dict[int, tuple[int, str]])
    """Of versions that count since a time before their acceptance: since when, and why."""
    _said: set[tuple[Update, str]] = field(default_factory=set[tuple[Update, str]])

    def zone(self, calendar: Calendar = ALWAYS) -> str:
        return self.asked or (self.home if calendar is ALWAYS else calendar.timezone)

    def instant(self, at: int, calendar: Calendar = ALWAYS) -> str:
        """`Mon 2026-11-30 13:00 Europe/Berlin`; who asked for a time zone knows it."""
        zone = "" if self.asked else f" {self.zone(calendar)}"
        return f"{self.bare(at, calendar)}{zone}"

    def bare(self, at: int, calendar: Calendar = ALWAYS) -> str:
        """The same without the zone, for where it is named once."""
        local = moment(at).astimezone(ZoneInfo(self.zone(calendar)))
        clock = f"{local:%H:%M:%S}".removesuffix(":00")
        twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
        offset = local.isoformat()[-6:] if twice else ""  # the hour that comes twice a year
        return f"{day(local.date())} {clock}{offset}"

    def once(self, sentence: str) -> str:
        """With the time zone at the first of its instants only, if it is that of all."""
        found = list(ZONED.finditer(sentence))
        if len({each[2] for each in found}) != 1:
            return sentence
        begins = found[0].end()
        return sentence[:begins] + ZONED.sub(r"\1", sentence[begins:])

    def origin(self, version: int) -> str:
        """` (by ada)`, ` (from sla_config.yaml)`, or nothing where nobody knows."""
        author = self.authors.get(version)
        if not author:
            return ""
        return f" ({'from' if author.endswith(FILES) else 'by'} {author})"

    def repaired(self, event: Ticket.Retargeted) -> int | None:
        """The newest such version among those that a ticket was brought under by then."""
        return max(
            (one for one in self.repairs if event.previous_policy < one <= event.policy),
            default=None,
        )

    def changed(self, attribute: str, old: str | None, new: str | None, it: Happening) -> str:
        """`jane changed the status from open to pending`; to repeat it, `the status became
        pending`."""
        what, update = ATTRIBUTES[attribute], it.update
        from_to = f"from {value(old)} to {value(new)}" if old else f"to {value(new)}"
        if update is None:
            return f"{what} changed {from_to}"
        if (update, attribute) in self._said:
            return f"{what} became {value(new)}"
        self._said.add((update, attribute))
        who = self.names.get(update)
        return f"{who} changed {what} {from_to}" if who else f"{what} changed {from_to}"

    def dated(self, what: str, at: int | None, update: Update | None) -> str:
        """`jane set the ticket's own date for the resolution to Mon 2026-11-30 18:00 UTC`."""
        who = None if update is None else self.names.get(update)
        if at is None:
            return f"{who} withdrew {what}" if who else f"{what} was withdrawn"
        instant = self.instant(at)
        return f"{who} set {what} to {instant}" if who else f"{what} became {instant}"


def clock_name(clock: str, cycle: int, what: str = "clock") -> str:
    """`Resolution clock`, `Next response clock (cycle 2)`."""
    name = beginning(clock.replace("_", " "))
    return f"{name} {what}" + (f" (cycle {cycle})" if cycle > 1 else "")


def day(date: date) -> str:
    """`Mon 2026-11-30`."""
    return f"{WEEKDAYS[date.weekday()].capitalize()} {date}"


def duration(micros: int, calendar: Calendar = ALWAYS) -> str:
    """`1 d 2 h 30 min`. Days of 24 hours are no measure of working time: that has hours only.

    Only what is shorter than a second has a fraction.
    """
    rest = max(micros, 0)
    parts: list[str] = []
    for size, unit in UNITS if calendar is ALWAYS else UNITS[1:]:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
    if rest >= SECOND:
        parts.append(f"{rest // SECOND} s")
    elif not parts:
        parts.append(f"{rest / SECOND:g} s")
    return " ".join(parts[:3])


def promise(budget: Budget, calendar: Calendar) -> str:
    """As it is written, and what that means: `8h (8 working hours, calendar office)`, `4h`."""
    meaning = _meaning(budget, calendar)
    text = budget.text or meaning
    notes = [] if _same(text, meaning) else [meaning]
    if calendar is not ALWAYS:
        notes.append(f"calendar {calendar.name}")
    return f"{text} ({', '.join(notes)})" if notes else text


def short(budget: Budget, calendar: Calendar) -> str:
    """The promise without what it means."""
    return budget.text + _cutoff(budget) if budget.text else _meaning(budget, calendar)


def _meaning(budget: Budget, calendar: Calendar) -> str:
    if budget.unit == "time":
        return _time(budget.amount, calendar)
    if budget.unit == "own_date":
        return "the ticket's own date"
    days = _many(budget.amount, "working day")
    if budget.unit == "end_of_working_day":
        days += ", to the end of the day"
    if budget.unit == "time_of_working_day":
        days += f", until {_clock(budget.minute)}"
    return days + _cutoff(budget)


def _cutoff(budget: Budget) -> str:
    return "" if budget.cutoff is None else f" with the cut-off {_clock(budget.cutoff)}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _same(text: str, meaning: str) -> bool:
    """`90m` needs no explanation by `90 min`."""
    return text.replace(" ", "").rstrip("in") == meaning.replace(" ", "").rstrip("in")


def used(elapsed: int, target: int | None, budget: Budget | None, calendar: Calendar) -> str:
    """`12 of 40 working hours`, `1 of 2 working days`, `30 min of 1 h`."""
    if target is None or not target:
        return duration(elapsed, calendar)
    if budget is not None and budget.unit == "working_days":
        days, rest = divmod(elapsed * budget.amount, target)
        if not rest:
            return f"{days} of {_many(budget.amount, 'working day')}"
    of_all = _time(target, calendar)
    if budget is not None and budget.unit != "time":
        of_all += f" ({short(budget, calendar)})"
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
    written = ("-".join(map(_clock, span)) for span in spans)
    return ", ".join(written) or "closed"


def weekdays(days: Collection[int]) -> str:
    """`mon-wed, fri`; 0 is Monday."""
    runs = groupby(enumerate(sorted(days)), key=lambda each: each[1] - each[0])
    found = [[day for _, day in run] for _, run in runs]
    return ", ".join(
        WEEKDAYS[run[0]] if len(run) == 1 else f"{WEEKDAYS[run[0]]}-{WEEKDAYS[run[-1]]}"
        for run in found
    )


def value(given: object) -> str:
    """An attribute's; in quotes where it is more than one word, or none."""
    if given is None:
        return "nobody"
    text = str(given)
    return f'"{text}"' if " " in text or not text else text


def beginning(text: str) -> str:
    """Of a sentence: with a capital letter."""
    return text[:1].upper() + text[1:]


def capital(who: str) -> str:
    """The same of whoever it is about; a name stays as it is written."""
    return beginning(who) if who == SOMEBODY else who


def listed(parts: Collection[str]) -> str:
    """`a, b and c`."""
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last
