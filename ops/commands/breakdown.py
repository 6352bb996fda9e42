"""`sla breakdown`: who used the time of a ticket's clocks, asked of a running service."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from ops.commands.about_ticket import ask, heading
from ops.commands.exits import out, show, table

TIMES = ("counted", "paused", "excused", "out of hours")
ERASED = "somebody"
"""Who was assigned, and whose name was erased."""


def breakdown(
    ticket: str,
    source: str | None,
    as_of: str | None,
    known_at: str | None,
    url: str,
    token: str | None,
    *,
    as_json: bool,
) -> int:
    """Show a table for every cycle: 1 when there is no such ticket."""
    asked = {"source": source, "as_of": as_of, "known_at": known_at}
    body = ask("breakdown", ticket, asked, url=url, token=token)
    if as_json:
        out.print_json(data=body)
        return 0
    out.print(heading(body, body["at"], ZoneInfo("UTC")), style="bold")
    if not body["cycles"]:
        out.print("Nothing is promised, so no time is counted.")
    for one in body["cycles"]:
        cycle = f" (cycle {one['cycle']})" if one["cycle"] > 1 else ""
        out.print(f"\n{one['clock']}{cycle}, in h:mm:ss")
        made = table("team", "assigned to", "status", "rule", *TIMES)
        for part in one["parts"]:
            made.add_row(
                part["team"] or "-",
                part["assigned_to"] or (ERASED if part["assigned"] else "-"),
                part["status"] or "-",
                part["rule"] or "-",
                *_times(part),
            )
        made.add_row("all", "", "", "", *_times(one), style="bold")
        show(made)
    return 0


def _times(divided: Mapping[str, Any]) -> list[str]:
    return [_duration(divided[f"{name.replace(' ', '_')}_seconds"]) for name in TIMES]


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if seconds else "-"
