"""Questions that may be answered by a replica are, and the answer says how far that one is."""

from collections.abc import Callable
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ops.logging import PROBES
from query_side.behind import Choice, reading

POSITION = b"x-as-of-position"
NOT_BEHIND = frozenset({*PROBES, "/alerts/stream"})
"""Probes ask of the primary; a stream goes on from where its beginning has ended."""
EXACT = frozenset({"wait_for", "as_of", "known_at"})
"""Who asks with one of them is answered by the primary: they have to see what they wrote, or how it
was, for which tables are made."""


class Nearby:
    """ASGI middleware: chooses for each request where it reads."""

    def __init__(self, app: ASGIApp, choice: Callable[[], Choice | None]) -> None:
        self._app, self._choice = app, choice

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        choice = self._choice()  # first: most services have no replica, and look at nothing then
        if choice is None or not _may_be_behind(scope):
            await self._app(scope, receive, send)
            return

        async def said(message: Message) -> None:
            if message["type"] == "http.response.start" and choice.used:
                headers = [*message["headers"], (POSITION, str(choice.position).encode())]
                message = {**message, "headers": headers}
            await send(message)

        with reading(choice):
            await self._app(scope, receive, said)


def _may_be_behind(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        return False
    if scope["path"] in NOT_BEHIND:
        return False
    asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return EXACT.isdisjoint(name for name, _ in asked)
