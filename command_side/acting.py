"""Who gives the command that is being carried out, as far as that was shown and not only said."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, overload

from command_side.deciding.events import Personal

CLI = "cli"
PROXY = "proxy"
TOKEN = "token:"


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever is at it."""

    through: str
    """As `Personal.through` has it."""
    person: str | None = None
    """Who it is for certain: nobody else can be named instead."""


_acting: ContextVar[Actor | None] = ContextVar("acting", default=None)


def begin(actor: Actor | None) -> None:
    """From here on, in this task, it is this one; None: nobody was asked who it is."""
    _acting.set(actor)


@contextmanager
def acting(actor: Actor) -> Generator[None]:
    """Only as long as the context lasts."""
    before = _acting.set(actor)
    try:
        yield
    finally:
        _acting.reset(before)


@overload
def said(by: str) -> str: ...
@overload
def said(by: str | None) -> str | None: ...
def said(by: str | None) -> str | None:
    """Who gives it: whom a proxy has sworn to be there, else who it says it is."""
    actor = _acting.get()
    return by if actor is None or actor.person is None else actor.person


def through() -> str | None:
    """By what it was shown."""
    actor = _acting.get()
    return None if actor is None else actor.through


def signed(by: str | None, reason: str | None = None) -> Personal:
    """The personal part of an event that somebody caused by a command, with why, if they said."""
    return Personal(by=said(by), through=through(), reason=reason)


def who(by: str, **more: Any) -> dict[str, Any]:
    """The same by name, with more that is said, for a decision that makes that part itself."""
    return {"by": said(by), "through": through(), **more}
