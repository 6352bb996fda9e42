"""What is sent to the service: by whom, how much of one, and how much of all together."""

from collections.abc import Callable
from typing import Literal

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from command_side.intake.item import BodyTooLarge
from engine.notify.links import PATH
from ops.http.door import Door

COMPRESSED = "Bodies are taken as they are: send it without Content-Encoding."
FULL = "Too much is being sent at once. Send the request again in a moment, or in smaller pieces."
SMALL = 64 * 1024
"""Bytes that everybody may send: connections are counted, too."""
CONNECT = "/connect/"
SIGNED = (CONNECT, "/slack/actions", "/pagerduty/", PATH)
"""Paths of those who sign what they send, and hold no token."""
TOGETHER = 4
"""Largest bodies that are taken at a time of each of these, or as many bytes of more of them."""
Whose = Literal["token", "desk", "stranger"]
"""Of somebody who shows a token beforehand; of an address whose signature held lately; of anybody
else, who may yet turn out to have signed it."""


async def short(request: Request, limit: int) -> bytes:
    """The body of a request that has no reason to be long. Raises HTTPException (413)."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > limit:
            raise HTTPException(413, f"At most {limit} bytes are taken here.")
    return body


class BoundedBody:
    """ASGI middleware: routes read what is sent before they ask for a token, and keep all of it.

    So whoever has none is refused before anything is read.
    """

    def __init__(
        self,
        app: ASGIApp,
        limit: int,
        door: Door,
        knows: Callable[[str], bool] = lambda address: False,
    ) -> None:
        self._app, self._limit, self._door, self._knows = app, limit, door, knows
        self._held: dict[Whose, int] = {"token": 0, "desk": 0, "stranger": 0}
        """So that strangers take nothing from the others."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False
        received = held = 0
        whose = self._whose(scope)

        async def bounded() -> Message:
            nonlocal begun, received, held
            if not begun:
                begun = True
                self._refuse_at_once(scope)
            message = await receive()
            size = len(message.get("body", b""))
            received += size
            if received > self._limit:
                raise HTTPException(413, str(BodyTooLarge(self._limit)))
            if received > SMALL:
                if self._held[whose] + size > TOGETHER * self._limit:
                    raise HTTPException(503, FULL)
                self._held[whose] += size
                held += size
            return message

        try:
            await self._app(scope, bounded, send)
        finally:
            self._held[whose] -= held

    def _whose(self, scope: Scope) -> Whose:
        if not scope["path"].startswith(SIGNED):
            return "token"
        client: tuple[str, int] | None = scope.get("client")
        if client is None or not scope["path"].startswith(CONNECT):
            return "stranger"
        return "desk" if self._knows(client[0]) else "stranger"

    def _refuse_at_once(self, scope: Scope) -> None:
        """What its head says already."""
        length = encodings = b""
        comes = False
        for name, value in scope["headers"]:
            if name == b"content-length":
                length = value.strip()
                comes = comes or length != b"0"
            elif name == b"transfer-encoding":
                comes = True
            elif name == b"content-encoding" and value.strip().lower() != b"identity":
                encodings += value
        if not comes:
            return
        if self._door.is_closed and not scope["path"].startswith(SIGNED):
            self._door.holder(HTTPConnection(scope))
        if encodings:
            raise HTTPException(415, COMPRESSED)
        if length.isdigit() and int(length[:20]) > self._limit:
            raise HTTPException(413, str(BodyTooLarge(self._limit)))
