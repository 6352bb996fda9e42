"""`sla timeline`: a ticket's history, asked of a running service."""

from zoneinfo import ZoneInfo

from ops.commands.about_ticket import ask, heading, local
from ops.commands.exits import line, out


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
    body = ask("timeline", ticket, asked, url=url, token=token)
    if as_json:
        out.print_json(data=body)
        return 0
    zone = ZoneInfo(body["time_zone"])
    out.print(heading(body, body["as_of"], zone), style="bold")
    for entry in body["entries"]:
        line(f"{local(entry['occurred_at'], zone)}  {entry['explanation']}")
    return 0
