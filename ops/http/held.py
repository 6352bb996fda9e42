"""Streams are ended once whoever opened them may read no more: nothing asks again while they last.

A stream learns of it as if its client had left, which every stream listens for.
"""

import asyncio
from contextlib import suppress
from typing import Final

from starlette.status import WS_1008_POLICY_VIOLATION
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ops.http.door import Door, Holder
from ops.logging import HOLDER

EVENTS: Final = "/alerts/stream"
LEFT: Final[dict[str, Message]] = {
    "websocket": {
        "type": "websocket.disconnect",
        "code": WS_1008_POLICY_VIOLATION,
        "reason": "the token is good no more",
    },
    "http": {"type": "http.disconnect"},
}


class Stream:
    """One that is open."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.ended = asyncio.Event()


class Streams:
    """All that are open; `look` is to be called every second or so."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self.open: set[Stream] = set()

    def look(self) -> None:
        """Ends what would be refused if it were opened now."""
        for stream in self.open:
            holder: Holder | None = stream.scope.get(HOLDER)
            if holder is not None and not self._door.stands(holder):
                stream.ended.set()


class Held:
    """ASGI middleware: streams that are ended when `streams` says so."""

    def __init__(self, app: ASGIApp, streams: Streams) -> None:
        self._app, self._streams = app, streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket" and scope.get("path") != EVENTS:
            await self._app(scope, receive, send)
            return
        stream = Stream(scope)

        async def unless_ended() -> Message:
            if not stream.ended.is_set():
                coming = asyncio.ensure_future(receive())
                ending = asyncio.ensure_future(stream.ended.wait())
                try:
                    await asyncio.wait({coming, ending}, return_when=asyncio.FIRST_COMPLETED)
                    if coming.done():
                        return coming.result()
                finally:
                    coming.cancel()
                    ending.cancel()
            return LEFT[scope["type"]]

        self._streams.open.add(stream)
        try:
            await self._app(scope, unless_ended, send)
        finally:
            self._streams.open.discard(stream)
        if stream.ended.is_set() and scope["type"] == "http":
            with suppress(RuntimeError):  # it had come to its end by itself
                await send({"type": "http.response.body", "body": b"", "more_body": False})
