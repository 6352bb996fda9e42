"""`sla excuses`: granted, previewed, ended and withdrawn on a running service."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import httpx

from ops.commands.exits import counted, line, out, refuse
from ops.commands.remote import all_pages, ask, tell

NOTHING: Final = "nothing decided"
"""In place of an attainment."""


def body(
    since: str,
    until: str | None,
    match: Sequence[str] | None,
    unless: Sequence[str] | None,
    everything: bool,
    clocks: Sequence[str] | None,
    reason: str,
    by: str,
    rrule: str | None,
    time_zone: str | None,
) -> dict[str, Any]:
    """What the service is asked for."""
    return {
        "from": since,
        "until": until,
        "match": conditions("--match", match),
        "unless": conditions("--unless", unless),
        "everything": everything,
        "clocks": list(clocks) if clocks else None,
        "reason": reason,
        "by": by,
        "rrule": rrule,
        "time_zone": time_zone,
    }


def conditions(option: str, given: Sequence[str] | None) -> dict[str, list[str]]:
    """From `team=payments` and `priority=P0,P1`, or leave with what is wrong. A comma with a
    backslash before it belongs to a name."""
    found: dict[str, list[str]] = {}
    for one in given or ():
        field, equals, values = one.partition("=")
        if not equals:
            refuse(f"{option}: write team=payments, or priority=P0,P1, not {one!r}")
        names = [one.replace("\\,", ",").strip() for one in re.split(r"(?<!\\),", values)]
        found.setdefault(field.strip(), []).extend(names)
    return found


def show(*, url: str, token: str | None, as_json: bool) -> int:
    """All of them, the newest first."""
    items = all_pages("/excuses", url, token)
    if as_json:
        out.print_json(data={"items": items, "total": len(items)})
        return 0
    for one in items:
        ends = [end for end in (one["until"], one["ended_at"]) if end is not None]
        until = min(ends, key=datetime.fromisoformat, default="going on")
        recurs = (
            f", {one['windows']:,} times ({one['rrule']}, {one['time_zone']})"
            if one["rrule"]
            else ""
        )
        applied = one["applied"]
        done = f"{counted(applied['done'], 'ticket')} moved" + (
            "" if applied["total"] is not None else " yet"
        )
        line(
            f"{one['excuse_id']}  {one['state']}  {one['from']} to {until}{recurs}  {one['reason']}"
            f" ({one['granted_by'] or 'somebody'}; {done})"
        )
    return 0


def grant(asked: Mapping[str, Any], *, url: str, token: str | None, as_json: bool) -> int:
    """It is in the log; tickets hear of it in the background."""
    found = tell("POST", "/excuses", url, token, asked, shown_at="/excuses")
    if as_json:
        out.print_json(data=found)
        return 0
    out.print(f"Granted: {found['excuse_id']}")
    _warn(found)
    return 0


def preview(asked: Mapping[str, Any], *, url: str, token: str | None, as_json: bool) -> int:
    """Nothing is written."""
    found = ask("POST", "/excuses/preview", url, token, asked)
    if as_json:
        out.print_json(data=found)
        return 0
    out.print(
        f"It concerns {counted(found['tickets'], 'ticket')}; verdicts that change:"
        f" {found['cycles_changed']:,}, alerts that are withdrawn: {found['alerts_withdrawn']:,}.",
    )
    before, after = (
        {_group(one): f"{one['attainment_percent']} %" for one in found["attainment"][when]}
        for when in ("before", "after")
    )
    for group in sorted({*before, *after}):
        was, would = before.get(group, NOTHING), after.get(group, NOTHING)
        out.print(f"{' '.join(group)}: {was} -> {would}")
    _warn(found)
    return 0


def _group(one: Mapping[str, Any]) -> tuple[str, str, str]:
    return one["tier"], one["priority"], one["clock"]


def end(excuse: str, *, by: str, at: str | None, url: str, token: str | None, as_json: bool) -> int:
    """Time counts again."""
    path = f"/excuses/{quote(excuse, safe='')}/end"
    asked = {"by": by, "at": at}
    found = tell("POST", path, url, token, asked, shown_at="/excuses")
    return _told(found, "Ended", as_json)


def withdraw(
    excuse: str, *, by: str, reason: str, url: str, token: str | None, as_json: bool
) -> int:
    """As if it had never been."""
    path = f"/excuses/{quote(excuse, safe='')}?{httpx.QueryParams({'by': by, 'reason': reason})}"
    found = tell("DELETE", path, url, token, shown_at="/excuses")
    return _told(found, "Withdrawn", as_json)


def _told(found: Mapping[str, Any], what: str, as_json: bool) -> int:
    if as_json:
        out.print_json(data=found)
    else:
        out.print(f"{what}: {found['excuse_id']}")
    return 0


def _warn(found: Mapping[str, Any]) -> None:
    for one in found["warnings"]:
        out.print(f"Note: {one}")
