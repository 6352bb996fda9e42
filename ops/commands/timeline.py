"""`sla timeline`: a ticket's history, asked of a running service."""

from typing import Any
from urllib.parse import quote

import httpx

from ops.commands.exits import FOUND_PROBLEMS, out, refuse
from ops.commands.remote import connected


def timeline(
    ticket: str,
    *,
    source: str | None,
    as_of: str | None,
    known_at: str | None,
    url: str,
    token: str | None,
    as_json: bool,
) -> int:
    """Show everything that happened, and why: 1 when there is no such ticket."""
    asked = {"source": source, "as_of": as_of, "known_at": known_at}
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
        refuse(_complaint(body), code=FOUND_PROBLEMS)
    if as_json:
        out.print_json(data=body)
        return 0
    known = f", by what was known at {body['known_at']}" if body["known_at"] else ""
    out.print(f"{body['external_id']} at {body['as_of']}{known}", style="bold", markup=False)
    for entry in body["entries"]:
        out.print(f"{entry['occurred_at']}  {entry['explanation']}", markup=False, soft_wrap=True)
    return 0


def _complaint(problem: dict[str, Any]) -> str:
    """Why it was refused; what is wrong with a parameter is said of the option it came from."""
    errors: list[dict[str, Any]] = problem.get("errors") or []
    options = (f"--{error['loc'][-1].replace('_', '-')}: {error['msg']}." for error in errors)
    hint = " Name one with --token or SLA_TOKEN." if problem["status"] in (401, 403) else ""
    return (" ".join(options) or problem["detail"]) + hint
