"""What people press in Slack, as it comes here: whether it is Slack's, and what it means."""

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, cast
from urllib.parse import parse_qs
from uuid import UUID
from zoneinfo import ZoneInfo

from engine.notify.slack_buttons import ONLY_PEOPLE

Json = dict[str, Any]

TOLERANCE_SECONDS = 300
"""As Slack says: an older request may be somebody's copy of it."""
MORNING = time(9)
_INSTANT = re.compile(rb"[0-9]{1,12}")
_SIGNATURE = re.compile(rb"v0=[0-9a-f]{64}")


class NotUnderstood(ValueError):
    """It is signed, and no press of a button."""


@dataclass(frozen=True, slots=True)
class Press:
    """Somebody has pressed a button of a message."""

    action: str
    value: str
    user: str
    """The member's ID."""
    action_ts: str
    """Of this press: the same when Slack sends it again."""
    response_url: str
    """Where to answer whoever pressed, and nobody else; empty: nowhere."""

    @property
    def once(self) -> str:
        """What tells it from any other press."""
        return f"slack:{self.user}:{self.action_ts}:{self.action}"

    @property
    def ticket(self) -> UUID | None:
        """The button's; None: it is none of ours."""
        try:
            return UUID(self.value.partition(" ")[0])
        except ValueError:
            return None

    @property
    def only_people(self) -> bool:
        """Nobody may press it but those whom the configuration knows."""
        return self.value.endswith(f" {ONLY_PEOPLE}")


def is_slacks(secret: str, body: bytes, timestamp: str, signature: str, now: datetime) -> bool:
    """Whether it was signed with this secret, and not long ago. `timestamp` and `signature` are
    what the headers X-Slack-Request-Timestamp and X-Slack-Signature hold."""
    at, given = timestamp.encode(errors="replace"), signature.encode(errors="replace")
    if not _INSTANT.fullmatch(at) or not _SIGNATURE.fullmatch(given):
        return False
    ours = hmac.new(secret.encode(), b"v0:" + at + b":" + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(f"v0={ours}".encode(), given):
        return False
    return abs(now.timestamp() - int(at)) <= TOLERANCE_SECONDS


def pressed(body: bytes) -> list[Press]:
    """What a request says: none where it is of another kind than a press. Raises NotUnderstood."""
    try:
        form = parse_qs(body.decode(), strict_parsing=True)
        payload: object = json.loads(form["payload"][0])
    except (ValueError, KeyError, RecursionError) as error:
        raise NotUnderstood("there is no payload") from error
    if not isinstance(payload, dict):
        raise NotUnderstood("the payload is no object")
    said = cast("Json", payload)
    if said.get("type") != "block_actions":
        return []
    try:
        user, response_url = said["user"]["id"], said.get("response_url") or ""
        found = [
            Press(one["action_id"], one.get("value") or "", user, one["action_ts"], response_url)
            for one in said["actions"]
        ]
    except (AttributeError, KeyError, TypeError) as error:
        raise NotUnderstood("it does not say who has pressed what") from error
    if not all(_is_sane(one) for one in found):
        raise NotUnderstood("it does not say who has pressed what")
    return found


def _is_sane(press: Press) -> bool:
    texts = (press.action, press.value, press.user, press.action_ts, press.response_url)
    return (
        all(isinstance(text, str) and text.isprintable() and len(text) < 500 for text in texts)  # pyright: ignore[reportUnnecessaryIsInstance] - it came from outside
        and re.fullmatch(r"[UW][A-Z0-9]{1,30}", press.user) is not None
        and re.fullmatch(r"[0-9]{1,12}\.[0-9]{1,9}", press.action_ts) is not None
    )


def tomorrow_morning(now: datetime, zone: str) -> datetime:
    """Nine o'clock of the next day there."""
    there = ZoneInfo(zone)
    day = now.astimezone(there).date() + timedelta(days=1)
    return datetime.combine(day, MORNING, there)
