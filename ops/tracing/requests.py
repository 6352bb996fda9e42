"""The beginning of a trace: a request, which may be part of its caller's trace."""

from collections.abc import Mapping
from typing import Any, Protocol

from asgi_correlation_id import correlation_id
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ops.logging import PROBES, loggable
from ops.tracing.identity import caller

METHODS = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}
)


class Recorder(Protocol):
    """Who takes them."""

    def now(self) -> int:
        """Nanoseconds since 1970."""
        ...

    def requested(
        self,
        correlation_id: str,
        name: str,
        began: int,
        about: Mapping[str, Any],
        error: str | None,
        caller: tuple[int, int, bool] | None,
    ) -> None:
        """A request was answered; `caller` is the trace and the span that it is a part of, and
        whether that is recorded."""
        ...


class Traced:
    """ASGI middleware, around all others. The id of a caller's trace becomes the correlation id,
    unless the request brings one of its own: that is stored, and the caller's is linked."""

    def __init__(self, app: ASGIApp, recorder: Recorder) -> None:
        self._app, self._recorder = app, recorder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        found = caller(headers.get(b"traceparent", b"").decode("latin-1"))
        if found is not None and b"x-correlation-id" not in headers:
            given = (b"x-correlation-id", found[0].encode())
            scope = {**scope, "headers": [*scope["headers"], given]}
        status, began = 500, self._recorder.now()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            method = scope["method"] if scope["method"] in METHODS else "_OTHER"
            route = getattr(scope.get("route"), "path", None)
            about = {
                "http.request.method": method,
                "http.response.status_code": status,
                "url.scheme": scope["scheme"],
                "url.path": loggable(scope["path"]),
                **({"http.route": route} if route else {}),
            }
            self._recorder.requested(
                correlation_id.get() or "",
                f"{method} {route}" if route else method,
                began,
                about,
                str(status) if status >= 500 else None,
                (int(found[0], 16), found[1], found[2]) if found is not None else None,
            )
