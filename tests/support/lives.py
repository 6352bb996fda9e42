"""One ticket's life, told by each desk in its own words: values of ours, in the forms of theirs.

Opened 09:00 by a customer of ACME with priority P2, assigned 09:05, first answered 09:10, waiting
for the customer from 09:20 to 09:50, raised to P1 at 10:00, solved 10:20, opened again 10:40,
closed 11:00.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from tests.support.items import at

Told = tuple[dict[str, str], Any]
"""Headers, and the body."""

STEPS = (
    "opened",
    "assigned",
    "answered",
    "pending",
    "replied",
    "raised",
    "solved",
    "again",
    "closed",
)
MINUTES = dict(zip(STEPS, (0, 5, 10, 20, 50, 60, 80, 100, 120), strict=True))
STATUS = {
    "opened": "open",
    "pending": "pending",
    "replied": "open",
    "solved": "solved",
    "again": "open",
    "closed": "closed",
}


def z(when: float) -> str:
    return at(when).isoformat().replace("+00:00", "Z")


def _so_far(step: str, values: dict[str, str], first: str) -> str:
    """What was said last, up to this step."""
    said = [values[one] for one in STEPS[: STEPS.index(step) + 1] if one in values]
    return said[-1] if said else first


def zendesk() -> Sequence[Told]:
    """Events: what changed, and the ticket as the desk had it then."""
    kinds: dict[str, tuple[str, dict[str, Any]]] = {
        "opened": ("created", {}),
        "assigned": ("agent_assignment_changed", {"current": "8000", "previous": None}),
        "answered": ("comment_added", {"comment": _zendesk_comment(staff=True)}),
        "pending": ("status_changed", {"current": "PENDING", "previous": "OPEN"}),
        "replied": ("status_changed", {"current": "OPEN", "previous": "PENDING"}),
        "raised": ("priority_changed", {"current": "URGENT", "previous": "HIGH"}),
        "solved": ("status_changed", {"current": "SOLVED", "previous": "OPEN"}),
        "again": ("status_changed", {"current": "OPEN", "previous": "SOLVED"}),
        "closed": ("status_changed", {"current": "CLOSED", "previous": "OPEN"}),
    }
    told: list[Told] = []
    for number, step in enumerate(STEPS):
        kind, event = kinds[step]
        detail: dict[str, Any] = {
            "id": "5158",
            "created_at": z(0),
            "updated_at": z(MINUTES[step]),
            "status": _so_far(step, STATUS, "open").upper(),
            "priority": "URGENT" if MINUTES[step] >= MINUTES["raised"] else "HIGH",
            "assignee_id": "8000" if MINUTES[step] >= MINUTES["assigned"] else None,
            "group_id": "77",
            "organization_id": "ACME",
            "subject": "Checkout is down",
            "type": "INCIDENT",
            "tags": [],
        }
        body = {
            "id": f"00000000-0000-0000-0000-00000000000{number}",
            "type": f"zen:event-type:ticket.{kind}",
            "time": z(MINUTES[step]),
            "detail": detail,
            "event": event,
        }
        told.append(({}, body))
    return told


def _zendesk_comment(*, staff: bool) -> dict[str, Any]:
    return {"id": "1", "body": "…", "is_public": True, "author": {"id": "8000", "is_staff": staff}}


def jira() -> Sequence[Told]:
    """Issues with their changelog; comments for themselves."""
    names = {
        "opened": "Open",
        "pending": "Waiting for customer",
        "replied": "Work in progress",
        "solved": "Resolved",
        "again": "Reopened",
        "closed": "Closed",
    }
    told: list[Told] = []
    for number, step in enumerate(STEPS):
        at_micros = int(at(MINUTES[step]).timestamp() * 1000)
        fields = {
            "created": at(0).strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
            "summary": "Checkout is down",
            "status": {"name": _so_far(step, names, "Open")},
            "priority": {"name": "Highest" if MINUTES[step] >= MINUTES["raised"] else "High"},
            "assignee": {"displayName": "Ann"} if MINUTES[step] >= MINUTES["assigned"] else None,
            "issuetype": {"name": "Incident"},
            "labels": [],
            "customfield_10002": [{"name": "ACME"}],
        }
        body: dict[str, Any] = {
            "timestamp": at_micros,
            "issue": {"id": "10040", "key": "HELP-7", "fields": fields},
        }
        if step == "answered":
            body["webhookEvent"] = "comment_created"
            body["comment"] = {
                "id": "900",
                "created": at(MINUTES[step]).strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
                "author": {"displayName": "Ann", "emailAddress": "ann@ourdesk.example"},
                "jsdPublic": True,
            }
        else:
            body["webhookEvent"] = "jira:issue_created" if number == 0 else "jira:issue_updated"
            if number:
                body["changelog"] = {"id": str(10_000 + number), "items": _jira_items(step, names)}
        told.append(({"x-atlassian-webhook-identifier": f"hook-{number}"}, body))
    return told


def _jira_items(step: str, names: dict[str, str]) -> list[dict[str, Any]]:
    if step == "assigned":
        return [{"field": "assignee", "fromString": None, "toString": "Ann"}]
    if step == "raised":
        return [{"field": "priority", "fromString": "High", "toString": "Highest"}]
    before = _so_far(STEPS[STEPS.index(step) - 1], names, "Open")
    return [{"field": "status", "fromString": before, "toString": names[step]}]


def github() -> Sequence[Told]:
    """Issues: labels say the priority and that it waits."""
    actions = {
        "opened": "opened",
        "assigned": "assigned",
        "pending": "labeled",
        "replied": "unlabeled",
        "raised": "labeled",
        "solved": "closed",
        "again": "reopened",
        "closed": "closed",
    }
    told: list[Told] = []
    for number, step in enumerate(STEPS):
        minute = MINUTES[step]
        waits = MINUTES["pending"] <= minute < MINUTES["replied"]
        priority = "P1" if minute >= MINUTES["raised"] else "P2"
        issue = {
            "number": 7,
            "title": "Checkout is down",
            "state": "closed" if step in ("solved", "closed") else "open",
            "created_at": z(0),
            "updated_at": z(minute),
            "user": {"id": 5, "login": "customer"},
            "assignee": {"login": "ann"} if minute >= MINUTES["assigned"] else None,
            "labels": [{"name": priority}, *([{"name": "waiting"}] if waits else [])],
        }
        body: dict[str, Any] = {
            "action": actions.get(step, "created"),
            "issue": issue,
            "repository": {"full_name": "acme/desk"},
            "organization": {"login": "ACME"},
        }
        if step == "answered":
            body["comment"] = {
                "id": 900,
                "created_at": z(minute),
                "updated_at": z(minute),
                "author_association": "MEMBER",
                "user": {"id": 6, "login": "ann", "type": "User"},
            }
        told.append(({"x-github-delivery": f"delivery-{number}"}, body))
    return told


def freshdesk() -> Sequence[Told]:
    """Automation rules: no time, no id; the words of the desk's own fields."""
    names = {
        "opened": "Open",
        "pending": "Waiting on Customer",
        "replied": "Open",
        "solved": "Resolved",
        "again": "Open",
        "closed": "Closed",
    }
    told: list[Told] = []
    for step in STEPS:
        minute = MINUTES[step]
        ticket = {
            "ticket_id": "11",
            "ticket_subject": "Checkout is down",
            "ticket_status": _so_far(step, names, "Open"),
            "ticket_priority": "Urgent" if minute >= MINUTES["raised"] else "High",
            "ticket_agent_name": "Ann" if minute >= MINUTES["assigned"] else None,
            "ticket_company_name": "ACME",
            "triggered_event": "{reply_sent:sent}" if step == "answered" else "{status:{from:2}}",
        }
        told.append(({}, {"freshdesk_webhook": ticket}))
    return told


def zammad() -> Sequence[Told]:
    """The ticket and the article that came with it."""
    names = {
        "opened": "new",
        "assigned": "open",
        "pending": "pending reminder",
        "replied": "open",
        "solved": "closed",
        "again": "open",
        "closed": "closed",
    }
    told: list[Told] = []
    for number, step in enumerate(STEPS):
        minute = MINUTES[step]
        ticket = {
            "id": 1,
            "number": "67001",
            "title": "Checkout is down",
            "created_at": z(0),
            "updated_at": z(minute),
            "state": _so_far(step, names, "new"),
            "priority": {"name": "3 high" if minute >= MINUTES["raised"] else "2 normal"},
            "owner": {"login": "ann" if minute >= MINUTES["assigned"] else "-"},
            "group": {"name": "Users"},
            "organization": {"name": "ACME"},
        }
        article = None
        if step == "answered":
            article = {
                "id": 40 + number,
                "created_at": z(minute),
                "internal": False,
                "sender": "Agent",
                "created_by": {"login": "ann"},
            }
        told.append(
            ({"x-zammad-delivery": f"zammad-{number}"}, {"ticket": ticket, "article": article})
        )
    return told


def servicenow() -> Sequence[Told]:
    """Records, as an outbound REST message carries them."""
    names = {
        "opened": "1",
        "assigned": "2",
        "pending": "3",
        "replied": "2",
        "solved": "6",
        "again": "2",
        "closed": "7",
    }
    told: list[Told] = []
    for number, step in enumerate(STEPS):
        minute = MINUTES[step]
        record = {
            "number": "INC0000040",
            "short_description": "Checkout is down",
            "opened_at": _plain(at(0)),
            "sys_updated_on": _plain(at(minute)),
            "sys_mod_count": str(number),
            "state": _so_far(step, names, "1"),
            "priority": "1" if minute >= MINUTES["raised"] else "2",
            "assigned_to": {"value": "ann"} if minute >= MINUTES["assigned"] else "",
            "company": {"value": "ACME"},
        }
        told.append(({}, record))
    return told


def _plain(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


LIVES: dict[str, tuple[str, Callable[[], Sequence[Told]]]] = {
    "zendesk": ("5158", zendesk),
    "jira": ("HELP-7", jira),
    "github": ("acme/desk#7", github),
    "freshdesk": ("11", freshdesk),
    "zammad": ("67001", zammad),
    "servicenow": ("INC0000040", servicenow),
}
"""By desk: the ticket, and what is told of it in order."""


def encoded(body: Any) -> bytes:
    return json.dumps(body).encode()
