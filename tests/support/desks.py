"""How the desks of `lives` are connected, and how each proves that a delivery is its own."""

import base64
import hashlib
import hmac
from typing import Any

SECRET = "a-secret"
GITHUB_ID = "join('#', [body.repository.full_name, to_string(body.issue.number)])"
_OURS: dict[str, dict[str, Any]] = {
    "zendesk": {"priorities": {"map": {"urgent": "P1", "high": "P2"}}},
    "jira": {
        "priorities": {"map": {"Highest": "P1", "High": "P2"}},
        "agents": {"domains": ("ourdesk.example",)},
    },
    "github": {
        "priorities": {"by": "body.issue.labels[?starts_with(name, 'P')].name | [0]"},
        "deliveries": (
            {
                "about": "an issue that waits for the customer",
                "when": "body.issue.labels[?name=='waiting'] && !(body.comment)",
                "ticket": {
                    "external_id": GITHUB_ID,
                    "updated_at": "body.issue.updated_at",
                    "created_at": "body.issue.created_at",
                    "status": "'waiting for customer'",
                    "assigned_to": "body.issue.assignee.login",
                },
            },
        ),
    },
    "freshdesk": {"priorities": {"map": {"urgent": "P1", "high": "P2"}}},
    "zammad": {"priorities": {"map": {"3 high": "P1", "2 normal": "P2"}}},
    "servicenow": {"priorities": {"map": {"1": "P1", "2": "P2"}}},
}
OURS: dict[str, dict[str, Any]] = {
    desk: {"desk": desk, "secret_env": "SECRET", "tiers": {"default": "gold"}, **options}
    for desk, options in _OURS.items()
}
"""By desk: its source, as a configuration has it."""


def signed(desk: str, body: bytes, stamp: str) -> dict[str, str]:
    """As the desk would."""
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    match desk:
        case "zendesk":
            made = hmac.new(SECRET.encode(), stamp.encode() + body, hashlib.sha256).digest()
            return {
                "x-zendesk-webhook-signature": base64.b64encode(made).decode(),
                "x-zendesk-webhook-signature-timestamp": stamp,
            }
        case "jira":
            return {"x-hub-signature": f"sha256={digest}"}
        case "github":
            return {"x-hub-signature-256": f"sha256={digest}"}
        case "zammad":
            made = hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()
            return {"x-hub-signature": f"sha1={made}"}
        case _:
            proof = base64.b64encode(f"desk:{SECRET}".encode()).decode()
            return {"authorization": f"Basic {proof}"}
