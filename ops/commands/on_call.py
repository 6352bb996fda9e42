"""`sla on-call`: asked of a running service."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx

from ops.commands.exits import out, refuse
from ops.commands.remote import ask

NOBODY = "No calendar says who is on call: the configuration names none in `on_call`."


def show(
    name: str | None,
    *,
    at: str | None,
    known_at: str | None,
    url: str,
    token: str | None,
    as_json: bool,
) -> int:
    """One rotation at an instant, or all of them now."""
    if name is None and (at or known_at):
        refuse("Name a rotation: at other instants one is asked for at a time.")
    given = {"at": at, "known_at": known_at}
    asked = httpx.QueryParams({key: value for key, value in given.items() if value})
    path = "/on-call" if name is None else f"/on-call/{quote(name, safe='')}?{asked}"
    found = ask("GET", path, url, token, scope="read")
    if as_json:
        out.print_json(data=found)
        return 0
    items: list[Mapping[str, Any]] = [found] if name else found["items"]
    for line in [line for one in items for line in _lines(one)] or [NOBODY]:
        out.print(line, soft_wrap=True)
    return 0


def _lines(one: Mapping[str, Any]) -> Iterator[str]:
    standing = [f"{_who(each)} until {each['until']}" for each in one["now"]]
    fallback = ", ".join(one["fallback"]) or "nobody"
    yield f"{one['name']}: {'; '.join(standing) or f'nobody, so {fallback} is told'}"
    for each in one["next"]:
        yield f"  next: {_who(each)} from {each['from']} until {each['until']}"
    for each in one["gaps"]:
        yield f"  nobody: from {each['from']} until {each['until']}"
    for each in one["unknown"]:
        yield f"  unknown: {each['said']!r} from {each['from']}"
    for each in one["doubts"]:
        yield f"  {each}"
    if one["stale"]:
        when = f"for more than a day, not since {one['read_at']}" if one["read_at"] else "yet"
        yield f"  The calendars could not be read {when}."
    if one["error"]:
        yield f"  {one['error']}"


def _who(one: Mapping[str, Any]) -> str:
    return f"{one['person']} (from level {one['level']})" if one["level"] else one["person"]
