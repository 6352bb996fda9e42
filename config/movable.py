"""What of a configuration can be moved without its text: targets, calendars and thresholds.

Each comes with the way to it in a change, as `config.changes` takes it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from config import document
from config.loading import Loaded
from config.schema import Priority, Rule, Tier
from config.targets import MINUTES_SUFFIX, SECOND, target, written
from engine.sla.calendar import ALWAYS

_NO_PRIORITIES: Final = {*Tier.model_fields, *Rule.model_fields}
_NO_TARGETS: Final = {*Priority.model_fields}


@dataclass(frozen=True, slots=True)
class MovableTarget:
    """What one clock is promised somewhere."""

    path: tuple[str, ...]
    """To the key of the clock."""
    instead_of: str | None
    """The key that says it now beside, which has to go: `resolution_minutes`."""
    promised: str
    """The tier or the rule."""
    priority: str
    clock: str
    team: str | None
    """Where a team has a target of its own."""
    value: str
    """As it is written: 4h, 2bd."""
    seconds: int | None
    """None: it counts working days."""


@dataclass(frozen=True, slots=True)
class MovableCalendar:
    """By which calendar is counted somewhere."""

    path: tuple[str, ...]
    promised: str | None
    """The tier or the rule; None: everywhere else."""
    value: str | None
    """None: by that of everywhere else."""


@dataclass(frozen=True, slots=True)
class Movable:
    """All of it."""

    targets: list[MovableTarget]
    calendars: list[MovableCalendar]
    calendar_names: list[str]
    warning_percent: float
    critical_percent: float


def movable(loaded: Loaded) -> Movable:
    """Of a configuration that holds."""
    read = document.parse(loaded.content, name="the configuration in force", stored=True).values
    values = cast("Mapping[str, Any]", read)
    default: Any = values.get("default_calendar")
    calendars = [MovableCalendar(("default_calendar",), None, default or ALWAYS.name)]
    targets: list[MovableTarget] = []
    for path, promised, block in _promises(values):
        calendars.append(MovableCalendar((*path, "calendar"), promised, block.get("calendar")))
        for priority, entry in block.items():
            if priority not in _NO_PRIORITIES and isinstance(entry, Mapping):
                entries = cast("Mapping[str, Any]", entry)
                targets += _targets((*path, priority), promised, priority, entries)
    named: Mapping[str, Any] = values.get("calendars") or {}
    policy = loaded.policy
    return Movable(
        targets,
        calendars,
        list(dict.fromkeys([ALWAYS.name, *named])),
        float(policy.warning),
        float(policy.critical),
    )


def _promises(
    values: Mapping[str, Any],
) -> Iterator[tuple[tuple[str, ...], str, Mapping[str, Any]]]:
    """Every tier and rule: the way to it, its name, and what stands there."""
    for rule in values.get("rules") or ():
        yield ("rules", rule["name"]), rule["name"], rule
    for tier, block in values["sla_targets"].items():
        yield ("sla_targets", tier), tier, block or {}


def _targets(
    path: tuple[str, ...], promised: str, priority: str, entries: Mapping[str, Any]
) -> Iterator[MovableTarget]:
    for key, value in entries.items():
        if key in _NO_TARGETS or value is None:
            continue
        clock = key.removesuffix(MINUTES_SUFFIX)
        if isinstance(value, Mapping):
            for team, own in cast("Mapping[str, Any]", value).items():
                yield _target((*path, key, team), None, promised, priority, clock, team, own)
        elif clock == key:
            yield _target((*path, key), None, promised, priority, clock, None, value)
        else:
            yield _target((*path, clock), key, promised, priority, clock, None, f"{value}m")


def _target(
    path: tuple[str, ...],
    instead_of: str | None,
    promised: str,
    priority: str,
    clock: str,
    team: str | None,
    value: str,
) -> MovableTarget:
    budget = target(value)
    seconds = budget.amount // SECOND if budget.unit == "time" else None
    return MovableTarget(
        path, instead_of, promised, priority, clock, team, written(budget), seconds
    )
