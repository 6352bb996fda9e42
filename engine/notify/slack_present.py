"""What a ticket is like by now, as the first message of its thread shows it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from engine.notify.message import Notice
from engine.notify.news import RAISED
from engine.sla.instants import micros

SEVERITIES = ("warning", "critical", "breached")


@dataclass(frozen=True, slots=True)
class Present:
    """Instants are microseconds since 1970."""

    severity: str
    """warning | critical | breached, else it is in time."""
    level: int
    status: str
    assigned_to: str
    due_at: int = 0
    """0: nothing runs that is due."""
    acknowledged_by: str = ""
    """Empty: nobody has, or it does not hold any more."""
    acknowledged_until: int = 0
    snoozed_until: int = 0
    """0: it is not."""
    ended: str = ""
    """met | breached (it ended late) | cancelled | done; empty: it goes on."""
    ended_at: int = 0

    def text(self) -> str:
        """By which two can be compared, also after a restart."""
        return json.dumps(asdict(self), sort_keys=True)


def when_told(notice: Notice) -> Present:
    """As the notice itself says."""
    body = notice.body
    raised = [one for one in body["alerts"] if one["type"] in RAISED]
    worst = max((_rank(str(one.get("severity"))) for one in raised), default=0)
    return Present(
        severity=("", *SEVERITIES)[worst],
        level=max((one.get("escalation_level") or 0 for one in body["alerts"]), default=0),
        status=body.get("status") or "",
        assigned_to=body.get("assigned_to") or "",
        due_at=min((one["due_at"] for one in raised if one.get("due_at")), default=0),
    )


def by_now(ticket: Mapping[str, Any], now: datetime) -> Present:
    """As the read tables have it; `ticket` is that of `threads.First`."""
    ended, ended_at = _end(ticket)
    worst = _rank(str(ticket["state"]))
    for severity in SEVERITIES:
        since: datetime | None = ticket[f"{severity}_at"]
        if since is not None and since <= now:
            worst = max(worst, _rank(severity))
    acknowledged = not ended and _holds(ticket, now)
    snoozed: datetime | None = ticket["snoozed_until"]
    return Present(
        severity=("", *SEVERITIES)[worst],
        level=ticket["level"],
        status=ticket["status"],
        assigned_to=ticket["assigned_to"] or "",
        due_at=micros(ticket["due_at"]) if ticket["due_at"] and not ended else 0,
        acknowledged_by=(ticket["acknowledged_by"] or "somebody") if acknowledged else "",
        acknowledged_until=micros(ticket["acknowledged_until"]) if acknowledged else 0,
        snoozed_until=micros(snoozed) if snoozed and snoozed > now and not ended else 0,
        ended=ended,
        ended_at=ended_at,
    )


def _end(ticket: Mapping[str, Any]) -> tuple[str, int]:
    state, at = ticket["cycle_state"], ticket["cycle_stopped_at"]
    if state in ("met", "breached", "cancelled") and at is not None:
        return state, micros(at)
    if ticket["phase"] == "cancelled":
        return "cancelled", 0
    return ("done", 0) if ticket["phase"] == "done" else ("", 0)


def _holds(ticket: Mapping[str, Any], now: datetime) -> bool:
    """A breach ends it, and so does what the ticket's next cycle begins with."""
    at: datetime | None = ticket["acknowledged_at"]
    until: datetime | None = ticket["acknowledged_until"]
    if at is None or until is None or until <= now:
        return False
    breached: datetime | None = ticket["breached_at"]
    begun: datetime | None = ticket["cycle_started_at"]
    return not (breached and at < breached <= now) and not (begun and at < begun)


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) + 1 if severity in SEVERITIES else 0
