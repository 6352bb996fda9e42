"""What every answer tells the browser, whatever it is, and whoever made it.

An answer in JSON is no page: should a browser be led to show it as one, it loads nothing, runs
nothing, and stands in nobody's frame. Pages say themselves what they need (`query_side.web.guard`).
"""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Header = tuple[bytes, bytes]

ALWAYS: Final[tuple[Header, ...]] = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
"""Unless the answer says otherwise. `no-store`: answers tell of customers, as of now."""
VALIDATED: Final = b"etag"
"""What has one may be kept, and is asked about again."""
HTTPS: Final[Header] = (b"strict-transport-security", b"max-age=31536000")


class Headers:
    """ASGI middleware, outermost but for what answers when all else fails."""

    def __init__(self, app: ASGIApp, https: bool) -> None:
        """`https`: people reach the service by it alone, and shall not be led past it."""
        self._app = app
        self._added = (*ALWAYS, HTTPS) if https else ALWAYS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers: list[Header] = message.setdefault("headers", [])
                said = {name.lower() for name, _ in headers}
                if VALIDATED in said:
                    said.add(b"cache-control")
                headers.extend(one for one in self._added if one[0] not in said)
            await send(message)

        await self._app(scope, receive, guarded)
