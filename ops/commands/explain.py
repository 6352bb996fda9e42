"""`sla explain`: which promise a ticket falls under, and why, asked of a running service."""

from typing import Any
from urllib.parse import quote

import httpx

from ops.commands.exits import FOUND_PROBLEMS, out, refuse
from ops.commands.remote import connected
from ops.commands.timeline import complaint


def explain(
    ticket: str,
    source: str | None,
    as_of: str | None,
    known_at: str | None,
    url: str,
    token: str | None,
    *,
    as_json: bool,
) -> int:
    """Show which rule decides, and of each before it what fails: 1 without such a ticket."""
    asked = {"source": source, "as_of": as_of, "known_at": known_at}
    with connected(url, token) as client:
        try:
            answer = client.get(
                f"/tickets/{quote(ticket, safe='')}/sla",
                params={name: value for name, value in asked.items() if value is not None},
            )
        except httpx.TransportError as error:
            refuse(f"{url} does not answer: {error}", code=FOUND_PROBLEMS)
    body: dict[str, Any] = answer.json()
    if not answer.is_success:
        refuse(complaint(body), code=FOUND_PROBLEMS)
    if as_json:
        out.print_json(data={name: body[name] for name in ("external_id", "at", "rule", "why")})
        return 0
    version = body["policy_version"]
    out.print(f"{body['external_id']}, by policy version {version}", style="bold", markup=False)
    for reason in body["why"]:
        mark = "*" if reason["matched"] else "-"
        line = f"{mark} {reason['rule']}: {reason['because']}"
        out.print(line, markup=False, soft_wrap=True)
    return 0
