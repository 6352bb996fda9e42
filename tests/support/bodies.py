"""Events written by hand as people read them, through the encoder of the product."""

from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal, cast, get_args, get_origin, get_type_hints

from msgspec.structs import fields
from pydantic_core import to_json

from command_side.deciding.events import Body, written
from command_side.deciding.events.base import Part
from engine.sla.instants import SECOND, micros, parsed
from tests.support.formats import events

BODIES: dict[str, type[Body]] = {topic: type(every[0]) for topic, every in events.BODIES.items()}
MOMENTS = (
    "created_at",
    "first_responded_at",
    "last_agent_reply_at",
    "last_customer_reply_at",
    "response_due_at",
    "resolution_due_at",
)
SPANS = ("elapsed", "target", "remaining", "uncounted", "wait")


def body_of(topic: str, said: dict[str, Any]) -> Body:
    """`said` has whole names, instants as RFC 3339 or datetimes and spans in seconds, as `shown`
    gives them. What the body knows nothing of is left out, what it needs is empty."""
    return BODIES[topic](**_members(BODIES[topic], said))


def bytes_of(topic: str, said: dict[str, Any]) -> bytes:
    """Of a topic that the product does not know, as it stands."""
    return written(body_of(topic, said)) if topic in BODIES else to_json(said)


def _members(of: type[Any], said: dict[str, Any]) -> dict[str, Any]:
    said = dict(said)
    if "moments" in of.__struct_fields__:
        given: dict[str, Any] = said.get("given") or {}
        moments = {n: _instant(v) for n, v in given.items() if n in MOMENTS and v is not None}
        said["moments"] = moments or None
        said["given"] = {n: v for n, v in given.items() if n not in moments}
    for name in SPANS:
        seconds = said.get(f"{name}_seconds")
        if seconds is not None:
            said[name] = round(seconds * SECOND)
    found: dict[str, Any] = {}
    for name, hint, required, part, is_instant in _known(of):
        value: Any = said.get(name)
        if value is None and required:
            nested = part is not None and "tuple" not in str(hint)
            value = dict[str, Any]() if nested else _empty(hint)
        if value is None:
            continue
        if part is None:
            found[name] = _instant(value) if is_instant else _frozen(value)
        elif isinstance(value, dict):
            found[name] = part(**_members(part, cast("dict[str, Any]", value)))
        else:
            parts = cast("list[dict[str, Any]]", value)
            found[name] = tuple(part(**_members(part, one)) for one in parts)
    return found


@cache
def _known(of: type[Any]) -> list[tuple[str, Any, bool, type[Part] | None, bool]]:
    """Of each member its name and type, whether it is needed, the part that it is or has many of,
    and whether it is an instant: to ask a type that takes longer than to make one."""
    hints = get_type_hints(of, include_extras=True)
    found: list[tuple[str, Any, bool, type[Part] | None, bool]] = []
    for field in fields(of):
        hint = hints[field.name]
        part = next((one for one in _types_in(hint) if issubclass(one, Part)), None)
        found.append((field.name, hint, field.required, part, "instant" in str(hint)))
    return found


def _types_in(hint: Any) -> list[type[Any]]:
    if isinstance(hint, type) and get_origin(hint) is None:
        return [hint]
    return [one for inner in get_args(hint) for one in _types_in(inner)]


def _frozen(value: Any) -> Any:
    return tuple(cast("list[Any]", value)) if isinstance(value, list) else value


def _empty(hint: Any) -> Any:
    kind = get_origin(hint) or hint
    if kind is Annotated:
        kind = get_args(hint)[0]
    return "waiting" if kind is Literal else kind()


def _instant(value: str | datetime | int | None) -> int | None:
    if isinstance(value, str):
        return parsed(value)
    return micros(value) if isinstance(value, datetime) else value
