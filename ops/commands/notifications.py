"""`sla notifications test`: the service's own preview of who would be told of what."""

from collections.abc import Iterable, Mapping
from typing import Any

from ops.commands.exits import FOUND_PROBLEMS, out, refuse
from ops.commands.remote import ask

SET = "Set it where the service runs, and restart it."


def fields(given: Iterable[str]) -> dict[str, str]:
    """`NAME=VALUE` each."""
    found: dict[str, str] = {}
    for one in given:
        name, sign, value = one.partition("=")
        if not (name and sign):
            refuse(f"Not NAME=VALUE: {one!r}.")
        found[name] = value
    return found


def preview(asked: Mapping[str, Any], *, url: str, token: str | None, as_json: bool) -> int:
    """1 when nobody would be told, also for want of a channel that something can be sent to."""
    found = ask("POST", "/notifications/preview", url, token, asked, scope="read")
    if as_json:
        out.print_json(data=found)
    else:
        _show(found)
    told = [one for one in found["messages"] if one["unreachable"] is None]
    return 0 if told else FOUND_PROBLEMS


def _show(found: Mapping[str, Any]) -> None:
    for one in found["routes"]:
        sign = "+" if one["matched"] else "-"
        out.print(f"{sign} {one['name']}: {one['because']}", soft_wrap=True)
    for one in found["messages"]:
        people = f" ({', '.join(one['people'])})" if one["people"] else ""
        out.print(f"\n{one['channel']}{people}", style="bold")
        out.print(one["text"], soft_wrap=True)
        if why := one["unreachable"]:
            # What begins so is about people, not about a variable.
            remedy = "" if why.startswith("it ") else f" {SET}"
            said = f"It is not sent: {why}.{remedy}"
            out.print(said, style="yellow", soft_wrap=True)
    if not found["messages"]:
        out.print("\nNobody would be told.")
