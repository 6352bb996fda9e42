"""What every stored event has in common: how it is written, read, and shown.

A body is JSON with short names, of which `SHORT` is the dictionary; instants are microseconds since
1970-01-01T00:00Z, spans microseconds. What has its default is left out. Storage formats: a field
may be added with a default, none renamed or given another meaning; anything else is a new topic,
and an upcast from the old one.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any, ClassVar, Final, TypeVar, cast, get_type_hints

import msgspec

from engine.sla.instants import SECOND, rfc3339

Instant = Annotated[int, "instant"]
Span = Annotated[int, "span"]
Moments = Annotated[dict[str, int], "moments"]
"""Instants by the name of the attribute."""

SHORT: Final[Mapping[str, str]] = {
    "acknowledged_at": "ak",
    "after": "af",
    "alert_id": "id",
    "alerts": "al",
    "all_cycles": "all",
    "assigned": "asg",
    "at_most": "mx",
    "at": "a",
    "attempts": "n",
    "because": "bc",
    "before": "bf",
    "breached_at": "b",
    "breached_at_unexcused": "bu",
    "calendar": "cal",
    "channel": "ch",
    "clock": "k",
    "count": "cn",
    "counted_at": "ct",
    "created_at": "cr",
    "critical_at": "ci",
    "current": "cur",
    "customer_tier": "t",
    "cycle": "n",
    "cycle_started_at": "sa",
    "cycles": "cy",
    "dedup_key": "key",
    "delivered_at": "a",
    "due_at": "d",
    "elapsed": "e",
    "escalation_level": "el",
    "every": "ev",
    "excused": "xc",
    "excuses": "x",
    "external_id": "ext",
    "facts": "f",
    "first_stopped_at": "fs",
    "generation": "gen",
    "given": "g",
    "had": "had",
    "late": "l",
    "left": "lf",
    "level": "lv",
    "level_name": "ln",
    "milestone": "m",
    "moments": "mo",
    "muted": "mu",
    "newest_at": "nw",
    "notices": "no",
    "observations": "o",
    "occurred_at": "oa",
    "on_purpose": "op",
    "ordinal": "ord",
    "organization": "org",
    "out_of_hours": "oh",
    "overdue_from": "ov",
    "overdue_from_unexcused": "ou",
    "own_date": "own",
    "paused": "ps",
    "phase": "ph",
    "policy": "v",
    "previous_excuses": "px",
    "previous_policy": "pv",
    "priority": "p",
    "raised_at": "ra",
    "reason": "why",
    "remaining": "rem",
    "reminders": "rms",
    "repeats": "rp",
    "resumed": "rsd",
    "resumes_at": "rs",
    "revision": "r",
    "route": "rt",
    "rule": "ru",
    "salt": "salt",
    "severity": "sev",
    "source": "src",
    "stands": "sds",
    "started_at": "sa",
    "state": "s",
    "status": "st",
    "stood_at": "sd",
    "stopped_at": "so",
    "suppressed": "sup",
    "target": "tg",
    "tell": "tl",
    "to": "to",
    "type": "ty",
    "uncounted": "uc",
    "until": "u",
    "warning_at": "w",
}
"""Names as they are stored. Two fields may share one where no body has both."""


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, rename=SHORT):
    """Base of what bodies consist of."""


class Body(Part, frozen=True, kw_only=True):
    """Base of every event's body."""

    TOPIC: ClassVar[str] = ""


class Unknown(Body, frozen=True, kw_only=True):
    """An event of a topic that this release does not know; readers pass it over."""

    raw: bytes


class Unreadable(ValueError):
    """The bytes of an event are not what its topic says."""


Upcast = Callable[[dict[str, Any]], dict[str, Any]]
"""From the members of an older topic's body to those of the one that has taken its place."""

Some = TypeVar("Some", bound=Body)

_DECODERS: dict[str, Callable[[bytes], Body]] = {}
_ENCODER = msgspec.json.Encoder()


def event(of: type[Some]) -> type[Some]:
    """Decorates the body of a topic."""
    if not of.TOPIC or of.TOPIC in _DECODERS:
        raise ValueError(f"{of.__name__} has no topic of its own")
    _DECODERS[of.TOPIC] = msgspec.json.Decoder(of).decode
    return of


def upcast(topic: str, to: type[Body], by: Upcast) -> None:
    """What is stored under an older topic is read as `to`."""
    if topic in _DECODERS:
        raise ValueError(f"{topic} is read already")

    def decode(state: bytes) -> Body:
        return msgspec.convert(by(msgspec.json.decode(state)), to)

    _DECODERS[topic] = decode


def topics() -> list[str]:
    """All that are read."""
    return sorted(_DECODERS)


def written(part: Part) -> bytes:
    """Its bytes."""
    return _ENCODER.encode(part)


def read(topic: str, state: bytes) -> Body:
    """The body of a stored event. Raises Unreadable."""
    decode = _DECODERS.get(topic)
    if decode is None:
        return Unknown(raw=state)
    try:
        return decode(state)
    except (msgspec.MsgspecError, ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"{topic}: {error}") from error


def shown(part: Part) -> dict[str, Any]:
    """As people and their programs read it: whole names, RFC 3339, seconds."""
    found: dict[str, Any] = {}
    for name, show in _shapes(type(part)):
        value = getattr(part, name)
        if show is _moments:
            if value:
                given = cast("dict[str, Any]", found.get("given") or {})
                found["given"] = {**given, **_moments(value)}
        else:
            found[_seconds_of(name) if show is _seconds else name] = show(value)
    return found


def _seconds_of(name: str) -> str:
    return f"{name}_seconds"


def seconds(duration: int) -> float:
    """Whole where it is whole."""
    return duration // SECOND if duration % SECOND == 0 else duration / SECOND


def _instant(value: int | None) -> str | None:
    return None if value is None else rfc3339(value)


def _seconds(value: int | None) -> float | None:
    return None if value is None else seconds(value)


def _moments(value: Mapping[str, int]) -> dict[str, str]:
    return {name: rfc3339(at) for name, at in value.items()}


def _other(value: Any) -> Any:
    if isinstance(value, Part):
        return shown(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [_other(one) for one in cast("tuple[Any, ...]", value)]
    return value


@cache
def _shapes(of: type[Part]) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    ways = {"instant": _instant, "span": _seconds, "moments": _moments}
    hints = get_type_hints(of, include_extras=True)
    return tuple(
        (name, next((way for mark, way in ways.items() if mark in _marks(hints[name])), _other))
        for name in of.__struct_fields__
    )


def _marks(hint: Any) -> set[str]:
    """Of an annotated type, or of any that it is joined with."""
    found = {one for one in getattr(hint, "__metadata__", ()) if isinstance(one, str)}
    for one in getattr(hint, "__args__", ()):
        found |= _marks(one) if hasattr(one, "__metadata__") else set()
    return found
