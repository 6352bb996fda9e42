"""Slack's Web API: one method called, and what its answer means."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urlencode

import httpx

from engine.notify.message import Delivered, Rejected, Retry
from engine.notify.post import Answer, exchange, put_off, retry_after

Json = dict[str, Any]

SLACK = "https://slack.com/api"
MOST_BYTES = 256 * 1024
"""Slack repeats the message that it has taken: its id may stand behind it."""
BUSY = timedelta(seconds=30)
"""The wait that Slack asks for by default."""
AGAIN = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "accesslimited"}
)
ONLY_THIS = frozenset(
    {
        "msg_too_long",
        "no_text",
        "too_many_attachments",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "metadata_too_large",
        "invalid_arguments",
    }
)
WORD = re.compile(r"[a-z_]{1,60}")
GONE = frozenset({"message_not_found", "thread_not_found", "cannot_reply_to_message"})
"""The message that another belongs to is not there any more, or takes no replies."""
HELP: Mapping[str, str] = {
    "not_in_channel": "invite the app to the conversation: /invite @its-name",
    "channel_not_found": "there is none of that ID, or the app is not in it: /invite @its-name",
    "is_archived": "the conversation is archived",
    "missing_scope": "the app needs the scope chat:write",
    "invalid_auth": "the token is not that of an app's bot",
    "not_authed": "the token is empty",
    "token_revoked": "install the app again, and take its new token",
    "account_inactive": "the app is not installed any more",
}


@dataclass(frozen=True, slots=True)
class No:
    """Slack did not do it."""

    outcome: Retry | Rejected
    error: str = ""
    """Its word for why; empty: it did not get as far as that."""


class SlackApi:
    """Calls methods by an app's bot token."""

    def __init__(
        self,
        token: str,
        *,
        client: httpx.AsyncClient,
        now: Callable[[], datetime],
        base_url: str = SLACK,
    ) -> None:
        self._token = token
        self._client = client
        self._now = now
        self._base_url = base_url.rstrip("/")

    async def call(self, method: str, payload: Json) -> Json | No:
        """What Slack answers when it has done it."""
        content = json.dumps(payload, ensure_ascii=False).encode()
        return await self._call(method, content, "application/json; charset=utf-8")

    async def ask(self, method: str, arguments: Mapping[str, str]) -> Json | No:
        """The same of a method that takes no JSON, as those do not that only read."""
        return await self._call(
            method, urlencode(arguments).encode(), "application/x-www-form-urlencoded"
        )

    async def _call(self, method: str, content: bytes, kind: str) -> Json | No:
        url = f"{self._base_url}/{method}"
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": kind}
        answered = await exchange(self._client, url, content, headers, most=MOST_BYTES)
        if not isinstance(answered, Answer):
            return No(answered)
        outcome = answered.outcome(url, self._now(), secret=self._token)
        said = _json(answered)
        if not isinstance(outcome, Delivered):
            return No(outcome, _error(said))
        if said is None:
            if not answered.beginning.whole:
                return No(Retry("the answer broke off"))
            return No(Rejected("what answers there is no Slack"))
        if said.get("ok") is True:
            return said
        wait = retry_after(answered.response.headers.get("Retry-After"), self._now())
        return refused(_error(said), wait)


def refused(error: str, wait: timedelta | None = None) -> No:
    """What Slack's word means to us."""
    reason = f"Slack says {error}: {HELP[error]}" if error in HELP else f"Slack says {error}"
    if error in ("ratelimited", "rate_limited"):
        return No(put_off(reason, wait or BUSY), error)
    if error in AGAIN:
        return No(Retry(reason, wait), error)
    return No(Rejected(reason, only_this=error in ONLY_THIS), error)


def _json(answered: Answer) -> Json | None:
    try:
        said: object = json.loads(answered.beginning.raw)
    except ValueError:
        return None
    return cast("Json", said) if isinstance(said, dict) else None


def _error(said: Json | None) -> str:
    """Slack's words are short; whatever else stands there does not go into a table."""
    word = (said or {}).get("error")
    return word if isinstance(word, str) and WORD.fullmatch(word) else "no"
