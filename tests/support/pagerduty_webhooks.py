"""Webhooks as PagerDuty sends them (version 3), and signs them.

https://developer.pagerduty.com/docs/webhooks-overview
"""

import hashlib
import hmac
from typing import Any


def event(**differs: Any) -> dict[str, Any]:
    """That Sam has acknowledged an incident."""
    sam = {
        "html_url": "https://acme.pagerduty.com/users/PJ0LVEB",
        "id": "PJ0LVEB",
        "self": "https://api.pagerduty.com/users/PJ0LVEB",
        "summary": "Sam Archer",
        "type": "user_reference",
    }
    about = {
        "id": "01BZYK8N47N5JG55J1EEEHPEJI",
        "event_type": "incident.acknowledged",
        "resource_type": "incident",
        "occurred_at": "2026-01-05T09:00:00.000Z",
        "agent": sam,
        "client": None,
        "data": {
            "id": "PQ1K5C8",
            "type": "incident",
            "self": "https://api.pagerduty.com/incidents/PQ1K5C8",
            "html_url": "https://acme.pagerduty.com/incidents/PQ1K5C8",
            "number": 10,
            "status": "acknowledged",
            "title": "SLA breached: resolution of T-1",
            "assignees": [sam],
            "teams": [],
            "priority": None,
            "urgency": "high",
            "resolve_reason": None,
        },
    }
    return {"event": about | differs}


def signature(secret: str, body: bytes) -> str:
    return f"v1={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
