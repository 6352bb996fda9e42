"""A webhook of the user's own: the alert stream's JSON, signed."""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx

from engine.notify.message import Meanwhile, Message, Outcome, Pace
from engine.notify.options import Options, Tools, Variable
from engine.notify.post import post
from engine.sla.instants import rfc3339, rfc3339_or_none

INSTANTS = ("occurred_at", "raised_at", "due_at", "until")
"""Of an alert: RFC 3339 outside."""
WEBHOOK_PACE = Pace(every=timedelta(milliseconds=20), burst=50)


class Webhook:
    """Posts one notice a request; programs do not want them grouped."""

    def __init__(
        self,
        url: str,
        *,
        client: httpx.AsyncClient,
        now: Callable[[], datetime],
        secret: str | None = None,
        pace: Pace = WEBHOOK_PACE,
    ) -> None:
        self._url = url
        self._client = client
        self._now = now
        self._secret = secret
        self.pace = pace

    async def deliver(self, message: Message) -> Outcome:
        """Post `{...the ticket, ...the worst alert, "alerts": [all], "dedup_key"}`, each alert as
        the stream has it, with an `Idempotency-Key`. An alert whose clock has ended since says so:
        `meanwhile`."""
        (notice,) = message.notices
        alerts = [
            _shown(alert, notice.meanwhile.get(alert["alert_id"]))
            for alert in notice.body["alerts"]
        ]
        about = {**notice.body, **alerts[0], "alerts": alerts, "dedup_key": notice.dedup_key}
        content = json.dumps(about).encode()
        # A channel's name is part of the key, and need not be ASCII.
        headers = {"Idempotency-Key": quote(notice.dedup_key, safe=":")}
        if self._secret:
            at = int(self._now().timestamp())
            headers["X-SLA-Signature"] = f"t={at},v1={signature(self._secret, at, content)}"
        return await post(self._client, self._url, content, headers, self._now)


def _shown(alert: Mapping[str, Any], meanwhile: Meanwhile | None) -> dict[str, Any]:
    texts = {name: rfc3339_or_none(alert[name]) for name in INSTANTS if name in alert}
    ended = None if meanwhile is None else {**meanwhile, "at": rfc3339(meanwhile["at"])}
    return {**alert, **texts, "meanwhile": ended}


def signature(secret: str, at: int, content: bytes) -> str:
    """Hex HMAC-SHA256 of `<unix seconds>.<body>`: receivers check both, and refuse old ones."""
    return hmac.new(secret.encode(), f"{at}.".encode() + content, hashlib.sha256).hexdigest()


class WebhookOptions(Options):
    """Where to, and what it is signed with."""

    url_env: Variable
    secret_env: Variable | None = None

    def channel(self, tools: Tools) -> Webhook:
        given = tools.variables
        return Webhook(
            given.address(self.url_env),
            client=tools.client,
            now=tools.now,
            # A secret that is named and not there is an error: unsigned, its receiver would refuse
            # everything for good, or take anybody's.
            secret=None if self.secret_env is None else given.text(self.secret_env),
        )
