"""A webhook of the user's own: what happened as JSON, signed by Standard Webhooks.

docs/webhooks.md is for who receives it, webhook_schema.json says what is in it.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx

from engine.notify.message import Meanwhile, Message, Outcome, Pace
from engine.notify.options import Options, Tools, Variable, Variables
from engine.notify.post import post
from engine.notify.signing import BadSecret, Signer, identity, signer
from engine.sla.instants import rfc3339, rfc3339_or_none

SCHEMA_VERSION = 1
"""Of the body. Members may be added under the same: receivers let be what they do not know."""
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
        signer: Signer | None = None,
        pace: Pace = WEBHOOK_PACE,
    ) -> None:
        self._url = url
        self._client = client
        self._now = now
        self._signer = signer
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
        about = {
            "schema_version": SCHEMA_VERSION,
            **notice.body,
            **alerts[0],
            "alerts": alerts,
            "dedup_key": notice.dedup_key,
        }
        content, at = json.dumps(about).encode(), self._now()
        headers = dict(identity(notice.dedup_key, at))
        headers["Idempotency-Key"] = quote(notice.dedup_key, safe=":")
        if self._signer is not None:
            headers |= self._signer.headers(headers["webhook-id"], at, content)
        return await post(self._client, self._url, content, headers, self._now)


def _shown(alert: Mapping[str, Any], meanwhile: Meanwhile | None) -> dict[str, Any]:
    texts = {name: rfc3339_or_none(alert[name]) for name in INSTANTS if name in alert}
    ended = None if meanwhile is None else {**meanwhile, "at": rfc3339(meanwhile["at"])}
    return {**alert, **texts, "meanwhile": ended}


class WebhookOptions(Options):
    """Where to, and what it is signed with."""

    url_env: Variable
    secret_env: Variable | None = None

    def addresses(self, variables: Variables) -> Sequence[str]:
        return (variables.address(self.url_env),)

    def channel(self, tools: Tools) -> Webhook:
        return Webhook(
            tools.variables.address(self.url_env),
            client=tools.client,
            now=tools.now,
            signer=self._signer(tools),
        )

    def _signer(self, tools: Tools) -> Signer | None:
        if self.secret_env is None:
            return None
        # A secret that is named and not there is an error: unsigned, its receiver would refuse
        # everything for good, or take anybody's.
        text = tools.variables.text(self.secret_env)
        try:
            return signer(text)
        except BadSecret as error:
            raise tools.variables.unfit(self.secret_env, str(error)) from None
