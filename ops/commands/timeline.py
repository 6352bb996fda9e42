"""`sla timeline`: a ticket's history, asked of a running service."""

from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx

from ops.commands.exits import FOUND_PROBLEMS, out, refuse
from ops.commands.remote import connected


def timeline(
    ticket: str,
    *,
    source: str | None,
    as_of: str | None,
    known_at: str | None,
    tz: str | None,
    url: str,
    token: str | None,
    as_json: bool,
) -> int:
    """Show everything that happened, and why: 1 when there is no such ticket."""
    asked = {"source": source, "as_of": as_of, "known_at": known_at, "tz": tz}
    with connected(url, token) as client:
        try:
            answer = client.get(
                f"/tickets/{quote(ticket, safe='')}/timeline",
                params={name: value for name, value in asked.items() if value is not None},
            )
        except httpx.TransportError as error:
            refuse(f"{url} does not answer: {error}", code=FOUND_PROBLEMS)
    body: dict[str, Any] = answer.json()
    if not answer.is_success:
        refuse(complaint(body), code=FOUND_PROBLEMS)
    if as_json:
        out.print_json(data=body)
        return 0
    zone = ZoneInfo(body["time_zone"])
    known = f", by what was known at {_local(body['known_at'], zone)}" if body["known_at"] else ""
    as_of = f"{body['external_id']} at {_local(body['as_of'], zone)}"
    out.print(f"{as_of}{known} ({zone.key})", style="bold", markup=False)
    for entry in body["entries"]:
        line = f"{_local(entry['occurred_at'], zone)}  {entry['explanation']}"
        out.print(line, markup=False, soft_wrap=True)
    return 0


def _local(rfc3339: str, zone: ZoneInfo) -> str:
    return datetime.fromisoformat(rfc3339).astimezone(zone).strftime("%a %Y-%m-%d %H:%M:%S")


def complaint(problem: dict[str, Any]) -> str:
    """Why it was refused; what is wrong with a parameter is said of the option it came from."""
    errors: list[dict[str, Any]] = problem.get("errors") or []
    options = (f"--{error['loc'][-1].replace('_', '-')}: {error['msg']}." for error in errors)
    hint = " Name one with --token or SLA_TOKEN." if problem["status"] in (401, 403) else ""
    return (" ".join(options) or problem["detail"]) + hint
