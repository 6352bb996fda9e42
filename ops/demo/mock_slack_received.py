"""What the mock Slack holds: the messages of all its conversations, and how to meet what comes."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ops.demo.mock_slack_limits import dedup_keys

Json = dict[str, Any]

KEPT = 1000


class Behaviour(BaseModel):
    """What the next requests meet; posted to /behave, `{}` for none of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fail: int = Field(default=0, ge=0)
    """So many requests are refused."""
    only: Literal["webhook", "chat.postMessage", "chat.update"] | None = None
    """These alone; the others are met as ever."""
    status: int = Field(default=500, ge=200, le=599)
    words: str | None = None
    """The body of the refusals, such as a proxy's sign-in page with status 200."""
    retry_after: float | None = Field(default=None, ge=0)
    """Seconds, sent with the refusals."""
    taken: bool = False
    """What is refused is taken all the same: only the answer is lost."""
    not_in: tuple[str, ...] = ()
    """Conversations that the app is not a member of, until told otherwise."""
    delay_seconds: float = Field(default=0, ge=0, le=60)
    """Before every answer, until told otherwise."""


class Received:
    """What came in, newest last, and how to meet the next."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.messages: deque[Json] = deque(maxlen=KEPT)
        self.count = 0
        self.refused = 0
        self.changes = 0
        """Of what is to be seen."""
        self.updates = 0
        self.behaviour = Behaviour()
        self.left_to_fail = 0

    def behave(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.left_to_fail = behaviour.fail

    async def meets_failure(self, method: str) -> bool:
        """Whether this request is to be refused, after the time that every answer takes."""
        behaviour = self.behaviour
        fails = self.left_to_fail > 0 and behaviour.only in (None, method)
        self.left_to_fail -= fails
        if behaviour.delay_seconds:
            await asyncio.sleep(behaviour.delay_seconds)
        self.refused += fails
        return fails

    def keep(self, payload: Json, **where: str) -> Json:
        """A new message; `where` it is: the `path` of a webhook, or a `channel` and its thread."""
        self.count += 1
        self.changes += 1
        at = self.now()
        message = {
            "number": self.count,
            "received_at": at.isoformat(),
            "ts": f"{int(at.timestamp())}.{self.count:06}",
            **where,
            "dedup_keys": dedup_keys(payload),
            "payload": payload,
        }
        self.messages.append(message)
        return message

    def update(self, message: Json, payload: Json) -> None:
        """What stands there is replaced."""
        self.updates += 1
        self.changes += 1
        message["payload"] = {**message["payload"], **payload}
        message["updated"] = message.get("updated", 0) + 1

    def find(self, channel: str, ts: str) -> Json | None:
        """The message that stands there."""
        return next((one for one in self._of(channel) if one["ts"] == ts), None)

    def forget(self, message: Json) -> None:
        """Somebody has deleted it."""
        self.messages.remove(message)
        self.changes += 1

    def clear(self) -> None:
        self.messages.clear()
        self.count = self.refused = self.updates = 0
        self.changes += 1

    def _of(self, channel: str) -> Iterator[Json]:
        return (one for one in self.messages if one.get("channel") == channel)
