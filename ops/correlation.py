"""Every request has a correlation id: its sender's own or a new one, logged and sent back."""

import logging
from uuid import uuid4

from asgi_correlation_id import correlation_id
from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)

HEADER = b"x-correlation-id"
LONGEST = 128


class CorrelationId:
    """ASGI middleware, the outermost; the library's own takes five times as long a request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == HEADER), b"")
        if _is_sane(given):
            ours = given
        else:
            ours = uuid4().hex.encode()
            if given:
                logger.warning("a correlation id was replaced: it is too long, or no plain text")
        correlation_id.set(ours.decode())

        async def send_with_it(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (HEADER, ours)]
            await send(message)

        # A WebSocket's messages have no headers, and there may be very many of them.
        await self.app(scope, receive, send_with_it if scope["type"] == "http" else send)


def _is_sane(given: bytes) -> bool:
    """A sender's own id is echoed and logged as it is, if it is one."""
    return 0 < len(given) <= LONGEST and given.isascii() and given.decode().isprintable()
