"""One delivery each, in short, of the desks whose tickets' lives are not told in `lives`."""

from typing import Any

from tests.support.lives import Told

_AT = "2026-01-05T09:00:00Z"
_CONVERSATION: dict[str, Any] = {
    "type": "conversation",
    "id": "9",
    "created_at": 1_767_603_600,
    "updated_at": 1_767_603_600,
    "title": "Checkout is down",
    "state": "open",
    "assignee": {"type": "admin", "name": "Ann"},
    "custom_attributes": {"priority": "high"},
    "tags": {"tags": [{"name": "vip"}]},
    "conversation_parts": {"conversation_parts": [{"created_at": 1_767_603_600}]},
}
_ISSUE: dict[str, Any] = {
    "id": "3443a709",
    "number": 44,
    "title": "Checkout is down",
    "createdAt": _AT,
    "updatedAt": _AT,
    "priorityLabel": "Urgent",
    "state": {"name": "Todo"},
    "team": {"key": "OPS"},
    "assignee": {"name": "Ann"},
    "labels": [{"name": "vip"}],
}
OTHERS: dict[str, Told] = {
    "gitlab": (
        {},
        {
            "object_kind": "issue",
            "project": {"path_with_namespace": "acme/desk"},
            "object_attributes": {
                "iid": 7,
                "created_at": "2026-01-05 09:00:00 UTC",
                "updated_at": _AT,
                "title": "Checkout is down",
                "state": "opened",
            },
            "assignees": [{"username": "ann"}],
            "labels": [{"title": "P1"}],
        },
    ),
    "glpi": (
        {},
        {
            "event": "update",
            "item": {
                "id": 312,
                "name": "Checkout is down",
                "date": _AT,
                "date_mod": _AT,
                "priority": 5,
                "status": {"id": 4, "name": "Pending"},
                "entity": {"id": 7, "name": "ACME"},
                "team": [{"name": "Ann", "type": "User", "role": "assigned"}],
            },
        },
    ),
    "helpscout": (
        {"x-helpscout-event": "convo.customer.reply.created"},
        {
            "id": 123,
            "number": 15_473,
            "status": "active",
            "subject": "Checkout is down",
            "mailboxId": 85,
            "assignee": {"email": "ann@ourdesk.example"},
            "createdAt": _AT,
            "userUpdatedAt": _AT,
            "customerWaitingSince": {"time": _AT},
            "tags": [{"tag": "vip"}],
        },
    ),
    "hubspot": (
        {},
        [
            {
                "eventId": 31,
                "objectId": 307,
                "occurredAt": 1_767_603_600_000,
                "subscriptionType": "ticket.propertyChange",
                "propertyName": name,
                "propertyValue": value,
            }
            for name, value in (("hs_pipeline_stage", "2"), ("hs_ticket_priority", "HIGH"))
        ],
    ),
    "intercom": (
        {},
        {"id": "n1", "topic": "conversation.admin.replied", "data": {"item": _CONVERSATION}},
    ),
    "linear": ({}, {"action": "update", "type": "Issue", "createdAt": _AT, "data": _ISSUE}),
}
