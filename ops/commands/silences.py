"""`sla silences`: made, listed and ended on a running service."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ops.commands.excuses import conditions
from ops.commands.exits import counted, line, out
from ops.commands.remote import all_pages, tell

STATES = {"in_force": "in force", "planned": "planned", "ended": "over"}


def body(
    match: Sequence[str],
    since: str | None,
    until: str,
    reason: str,
    by: str,
    rrule: str | None,
    time_zone: str | None,
) -> dict[str, Any]:
    """What the service is asked for."""
    return {
        "matchers": conditions("--match", match),
        "from": since,
        "until": until,
        "reason": reason,
        "by": by,
        "rrule": rrule,
        "time_zone": time_zone,
    }


def show(*, everything: bool, url: str, token: str | None, as_json: bool) -> int:
    """The newest first, and below each what it has muted."""
    found = all_pages("/silences", url, token, scope="read")
    items = [one for one in found if everything or one["state"] != "ended"]
    if as_json:
        out.print_json(data={"items": items, "total": len(items)})
        return 0
    for one in items:
        for words in _lines(one):
            line(words)
    if not items:
        past = " (--all shows those that are over)" if found else ""
        out.print(f"Nothing is muted, and nothing is planned{past}.")
    return 0


def _lines(one: Mapping[str, Any]) -> list[str]:
    since, end = _second(one["from"]), _second(one["ended_at"] or one["until"])
    planned = one["state"] == "planned" and one["next_from"] == one["from"]
    recurs = (
        f", {one['windows']} times ({one['rrule']}, {one['time_zone']})" if one["rrule"] else ""
    )
    match = " and ".join(
        f"{name} {' or '.join('nothing' if value is None else value for value in values)}"
        for name, values in one["matchers"].items()
    )
    lines = [
        f"{one['silence_id']}  {STATES[one['state']]}  {since} to {end}{recurs}",
        f"  {match}: {one['reason']} ({one['created_by'] or 'somebody'})",
    ]
    if one["window_until"] and recurs:
        lines.append(f"  this time until {_second(one['window_until'])}")
    if one["next_from"] and not planned:
        lines.append(f"  next at {_second(one['next_from'])}")
    if planned:
        return lines
    what: list[str] = []
    if alerts := one["muted_alerts"]:
        what.append(f"{counted(alerts, 'alert')} of {counted(one['muted_tickets'], 'ticket')}")
    if reminders := one["muted_reminders"]:
        what.append(counted(reminders, "reminder"))
    if not what:
        return [*lines, "  has muted nothing" + ("" if one["state"] == "ended" else " so far")]
    lines.append(f"  has muted {' and '.join(what)}")
    for muted in one["muted"]:
        level = f"level {muted['escalation_level']}"
        is_level = muted["type"] == "escalation"
        said = level if is_level else f"{muted['clock'].replace('_', ' ')} {muted['severity']}"
        lines.append(f"    {muted['external_id']}: {said}, {_second(muted['raised_at'])}")
    if (more := one["muted_alerts"] - len(one["muted"])) > 0:
        lines.append(f"    and {more:,} before")
    return lines


def _second(instant: str) -> str:
    """Without its fraction: nobody reads that."""
    return re.sub(r"[.][0-9]+", "", instant)


def create(asked: Mapping[str, Any], *, url: str, token: str | None, as_json: bool) -> int:
    """In force from its beginning on."""
    found = tell("POST", "/silences", url, token, asked, shown_at="/silences", scope="write")
    return _told(found, "Made", as_json)


def end(silence: str, *, url: str, token: str | None, as_json: bool) -> int:
    """Before its time."""
    path = f"/silences/{quote(silence, safe='')}"
    found = tell("DELETE", path, url, token, shown_at="/silences", scope="write")
    return _told(found, "Ended", as_json)


def _told(found: Mapping[str, Any], what: str, as_json: bool) -> int:
    if as_json:
        out.print_json(data=found)
    else:
        out.print(f"{what}: {found['silence_id']}")
    return 0
