"""What PagerDuty says of an incident by its webhooks (version 3): whether it is PagerDuty's, and
what it means here.

https://developer.pagerduty.com/docs/webhooks-overview, and `verifying-webhook-signatures` there.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from engine.sla.instants import moment, parsed

MOST_BYTES: Final = 256 * 1024
"""PagerDuty sends none that is larger."""
OLDEST: Final = timedelta(hours=1)
"""It tries for twenty minutes; what is older comes from elsewhere, or is news no more."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class NotUnderstood(ValueError):
    """It is signed, and no event of an incident."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Somebody has acknowledged an incident there."""

    event_id: str
    """The same when PagerDuty sends it again."""
    incident_id: str
    user_id: str
    at: datetime

    @property
    def once(self) -> str:
        """What tells it from any other."""
        return f"pagerduty:{self.event_id}"


@dataclass(frozen=True, slots=True)
class Nothing:
    """An event that changes nothing here."""

    because: str


def is_pagerdutys(secrets: Sequence[str], body: bytes, given: str) -> bool:
    """Whether one of the secrets has signed this body, by the header `X-PagerDuty-Signature`: more
    than one signature stands in it while a secret is replaced, with commas between."""
    ours = [
        f"v1={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}".encode()
        for secret in secrets
    ]
    theirs = [one.strip().encode("utf-8", "replace") for one in given.split(",")]
    # All of them, whichever it is: the time that this takes tells nothing.
    return any([hmac.compare_digest(one, other) for one in ours for other in theirs])


def read(body: bytes, now: datetime) -> Acknowledged | Nothing:
    """What it says. Raises NotUnderstood."""
    try:
        event: dict[str, Any] = json.loads(body)["event"]
        kind = event["event_type"]
        if kind != "incident.acknowledged":
            return Nothing(_because(str(kind)[:100]))
        agent: dict[str, Any] = event.get("agent") or {}
        if agent.get("type") not in ("user_reference", "user"):
            return Nothing("it was acknowledged by no person: that may be our own word, come back")
        event_id, incident_id, user_id = event["id"], event["data"]["id"], agent["id"]
        at = moment(parsed(event["occurred_at"]))
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise NotUnderstood("it is no event of an incident") from error
    ids: list[object] = [event_id, incident_id, user_id]
    if not all(isinstance(one, str) and _ID.fullmatch(one) for one in ids):
        raise NotUnderstood("it does not say who has acknowledged what")
    if at < now - OLDEST:
        return Nothing("it was acknowledged more than an hour ago")
    return Acknowledged(event_id, incident_id, user_id, at)


def ticket_of(key: str) -> UUID | None:
    """The ticket of an alert's key; None: it is none of ours."""
    try:
        return UUID(key.partition(":")[0]) if key.count(":") >= 2 else None
    except ValueError:
        return None


def _because(kind: str) -> str:
    if kind == "incident.resolved":
        return "incident.resolved: a ticket is done when its desk says so"
    return f"{kind} changes nothing here"
