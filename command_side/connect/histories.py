"""An object with its history, told as the deliveries that it was: each with the object as it was.

An API and an export have the object as it stands, and what has happened to it. Undone from the
newest on, that leads to how it was created; done again, to how it was at each step. So what a desk
would have sent is known, and is read as if it had: by the same reading, a source's own included.
"""

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from command_side.connect.expressions import found, listed, text
from command_side.connect.moments import NoTime, moment
from command_side.connect.preset import Entries, History, Put
from command_side.connect.reading import revision

MOST: Final = 2**30


@dataclass(frozen=True, slots=True)
class Told:
    """One delivery that the desk would have sent."""

    body: Any
    order: int
    """Of what happened at one time; below `MOST`."""


@dataclass(frozen=True, slots=True)
class _Step:
    at: datetime
    order: int
    entries: Entries
    within: Mapping[str, Any]
    """The entry, and its change."""
    puts: tuple[tuple[Put, Mapping[str, Any]], ...]
    """With the change that each is of."""


def told(history: History, one: Any) -> Iterator[Told]:
    """In order of time. An entry without a time that can be read says nothing."""
    steps = sorted(_steps(history, one), key=lambda step: (step.at, step.order))
    then = one
    for step in reversed(steps):
        for put, change in reversed(step.puts):
            then = _undone(put, then, change)
    yield Told(found(history.created, {"one": then}), 0)
    for step in steps:
        for put, change in step.puts:
            then = _done(put, then, change)
        yield Told(found(step.entries.body, {**step.within, "one": then}), step.order)
    if any(not _is_same(_value(then, put.path), _value(one, put.path)) for put in _puts(history)):
        yield Told(found(history.now, {"one": one}), MOST - 1)


def _steps(history: History, one: Any) -> Iterator[_Step]:
    for entries in history.entries:
        for entry in listed(entries.each, {"one": one}):
            yield from _of_entry(entries, {"one": one, "entry": entry})


def _of_entry(entries: Entries, within: Mapping[str, Any]) -> Iterator[_Step]:
    try:
        at = moment(found(entries.at, within))
    except NoTime:
        return
    changes = [{**within, "change": one} for one in listed(entries.changes, within)]
    for group in [[one] for one in changes] if entries.apart else [changes]:
        puts = [
            (put, change)
            for change in group
            if entries.field is not None
            for put in entries.puts.get((text(found(entries.field, change)) or "").casefold(), ())
        ]
        if group and (puts or entries.field is None):
            order = _number(text(found(entries.order, group[0])) or "")
            yield _Step(at, order, entries, group[0], tuple(puts))


def _number(order: str) -> int:
    """Between the creation and how it stands."""
    return 1 + revision(order) % (MOST - 2)


def _puts(history: History) -> Iterable[Put]:
    return (one for kind in history.entries for puts in kind.puts.values() for one in puts)


def _undone(put: Put, one: Any, change: Mapping[str, Any]) -> Any:
    return _changed(one, put, found(put.was, change), put.takes, put.adds, change)


def _done(put: Put, one: Any, change: Mapping[str, Any]) -> Any:
    return _changed(one, put, found(put.now, change), put.adds, put.takes, change)


def _changed(
    one: Any,
    put: Put,
    value: Any,
    adds: str | None,
    takes: str | None,
    change: Mapping[str, Any],
) -> Any:
    """The object with another value at the path; the one that was given stays."""
    if adds is not None or takes is not None:
        held = _value(one, put.path)
        members = list(cast(list[Any], held)) if isinstance(held, list) else []
        gone = None if takes is None else _name(found(takes, change))
        value = [each for each in members if takes is None or _name(each) != gone]
        if adds is not None and (come := found(adds, change)) is not None:
            value = [*(each for each in value if _name(each) != _name(come)), come]
    return _with(one, put.path.split("."), value)


def _name(member: Any) -> object:
    """By which a member of a list is known: labels change their colours."""
    return cast(dict[str, Any], member).get("name") if isinstance(member, dict) else member


def _is_same(value: Any, other: Any) -> bool:
    """Members of lists have no order, and may tell more of themselves in one place than another."""
    if not (isinstance(value, list) and isinstance(other, list)):
        return value == other
    names = (str(_name(one)) for one in cast(list[Any], value))
    return sorted(names) == sorted(str(_name(one)) for one in cast(list[Any], other))


def _with(one: Any, path: list[str], value: Any) -> Any:
    members: dict[str, Any] = copy(cast(dict[str, Any], one)) if isinstance(one, dict) else {}
    name, *rest = path
    members[name] = _with(members.get(name), rest, value) if rest else value
    return members


def _value(one: Any, path: str) -> Any:
    for name in path.split("."):
        one = cast(dict[str, Any], one).get(name) if isinstance(one, dict) else None
    return one
