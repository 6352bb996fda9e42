"""Builds who can be told, and the rotations by which somebody is on call."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from config import schema
from config.findings import Findings
from config.problems import KeyPath
from config.suggestion import suggestion
from engine.sla.rotations import Rotation, spelled

LONGEST_NAME: Final = 100
"""Of a person's key or a rotation: both are part of stored events."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be told; the key is what is stored of them."""

    key: str
    name: str
    email: str | None = None
    slack: str | None = None
    """The member's ID."""
    time_zone: str | None = None

    @property
    def spellings(self) -> set[str]:
        """How a calendar may name them, each as `spelled`."""
        return {spelled(text) for text in (self.key, self.name, self.email) if text}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a calendar comes from."""

    variable: str | None
    """The environment variable that holds its address; None: it is a file."""
    path: str = ""
    """Of the file, relative to the folder of the configuration."""

    @property
    def name(self) -> str:
        """For people; never the address, which is a secret."""
        return self.variable or self.path


@dataclass(frozen=True, slots=True)
class Calendars:
    """Those of a rotation."""

    rotation: str
    calendar: Source
    overrides: Source | None = None


def people(block: Mapping[str, schema.Person], findings: Findings) -> tuple[Person, ...]:
    """Those of the file. Nobody may be named as somebody else is: a calendar knows only that."""
    found: list[Person] = []
    taken: dict[str, str] = {}
    for key, values in block.items():
        path: KeyPath = ("people", key)
        _name(key, path, findings)
        person = Person(key, **values.model_dump())
        for spelling in sorted(person.spellings):
            other = taken.setdefault(spelling, key)
            if other != key:
                findings.limit(path, f"{spelling!r} is {other!r} too: a calendar could mean both")
        if person.email is None and person.slack is None:
            findings.warn(path, "has neither email nor slack: is named in messages, not reached")
        found.append(person)
    return tuple(found)


def rotations(
    block: Mapping[str, schema.OnCall],
    people: Collection[str],
    channels: Collection[str],
    findings: Findings,
) -> tuple[Mapping[str, Rotation], tuple[Calendars, ...]]:
    """Whom each one tells, and by which calendars."""
    found: dict[str, Rotation] = {}
    calendars: list[Calendars] = []
    for name, values in block.items():
        path: KeyPath = ("on_call", name)
        _name(name, path, findings)
        for position, key in enumerate(values.fallback):
            if key not in people:
                hint = suggestion(key, people) if people else ": there are no `people`"
                findings.refuse((*path, "fallback", position), f"nobody is called {key!r}{hint}")
        for position, channel in enumerate(values.tell_by):
            if channel not in channels:
                message = f"there is no channel {channel!r}{suggestion(channel, channels)}"
                findings.refuse((*path, "tell_by", position), message)
        if not values.fallback:
            findings.warn(path, "has no fallback: when nobody is on call, nobody is named")
        found[name] = Rotation(name, values.tell_by, values.fallback)
        calendar = _source(values, "calendar", path, findings)
        if calendar is not None:
            overrides = _source(values, "overrides", path, findings)
            calendars.append(Calendars(name, calendar, overrides))
        elif values.calendar_env is None:
            message = "is missing, or calendar_file: who is on call stands in a calendar"
            findings.refuse((*path, "calendar_env"), message)
    if block and not people:
        findings.warn(("on_call",), "there are no `people`: a calendar can name nobody")
    return found, tuple(calendars)


def _name(name: str, path: KeyPath, findings: Findings) -> None:
    if not name.strip() or len(name) > LONGEST_NAME:
        findings.refuse(path, f"is no name of 1 to {LONGEST_NAME} characters")


def _source(values: schema.OnCall, which: str, path: KeyPath, findings: Findings) -> Source | None:
    variable: str | None = getattr(values, f"{which}_env")
    file: str | None = getattr(values, f"{which}_file")
    if variable is not None and file is not None:
        message = f"is said beside {which}_env: a calendar comes from one of them"
        findings.refuse((*path, f"{which}_file"), message)
        return None
    if variable is None and file is None:
        return None
    return Source(variable, file or "")
