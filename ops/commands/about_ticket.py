"""Questions about one ticket, asked of a running service."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx

from ops.commands.exits import FOUND_PROBLEMS, refuse
from ops.commands.remote import connected


def ask(
    what: str, ticket: str, asked: Mapping[str, str | None], *, url: str, token: str | None
) -> dict[str, Any]:
    """`what` is the last part of the path; leaves with 1 when there is no such ticket."""
    with connected(url, token) as client:
        try:
            answer = client.get(
                f"/tickets/{quote(ticket, safe='')}/{what}",
                params={name: value for name, value in asked.items() if value is not None},
            )
        except httpx.TransportError as error:
            refuse(f"{url} does not answer: {error}", code=FOUND_PROBLEMS)
    body: dict[str, Any] = answer.json()
    if not answer.is_success:
        refuse(_complaint(body), code=FOUND_PROBLEMS)
    return body


def local(rfc3339: str, zone: ZoneInfo) -> str:
    return datetime.fromisoformat(rfc3339).astimezone(zone).strftime("%a %Y-%m-%d %H:%M:%S")


def heading(body: Mapping[str, Any], at: str, zone: ZoneInfo) -> str:
    """Which ticket the answer is about, as of when, and by what was known when."""
    known = f", by what was known at {local(body['known_at'], zone)}" if body["known_at"] else ""
    return f"{body['external_id']} at {local(at, zone)}{known} ({zone.key})"


def _complaint(problem: dict[str, Any]) -> str:
    """Why it was refused; what is wrong with a parameter is said of the option it came from."""
    errors: list[dict[str, Any]] = problem.get("errors") or []
    options = (f"--{error['loc'][-1].replace('_', '-')}: {error['msg']}." for error in errors)
    hint = " Name one with --token or SLA_TOKEN." if problem["status"] in (401, 403) else ""
    return (" ".join(options) or problem["detail"]) + hint
