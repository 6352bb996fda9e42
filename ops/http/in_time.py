"""Whoever asks is answered in time, also while the database says nothing."""

import asyncio
from collections.abc import Collection

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from command_side.intake.writer import StoreAway
from ops.http import problems
from ops.logging import PROBES
from query_side.patience import left

ANSWER_WITHIN_SECONDS = 20.0
PROBES_WITHIN_SECONDS = 4.0
"""Monitors wait for five to ten seconds."""
UNKNOWN = problems.DETAIL[StoreAway]
TOO_LONG = (
    "The database took too long to answer. Ask again, or for less: a shorter span, fewer groups."
)


class InTime:
    """ASGI middleware: answers 503 when nothing else does. The time is counted from when the last
    piece of the request came; an answer that has begun may take longer.

    What was under way is given up, and not waited for: the driver of a database that is frozen
    takes ten seconds to let go of each statement. `but` are paths that see to it themselves.
    """

    def __init__(self, app: ASGIApp, but: Collection[str]) -> None:
        self._app, self._but = app, but

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self._but:
            await self._app(scope, receive, send)
            return
        loop = asyncio.get_running_loop()
        seconds = PROBES_WITHIN_SECONDS if scope["path"] in PROBES else ANSWER_WITHIN_SECONDS
        give_up = loop.time() + seconds
        begun = given_up = False

        async def heard() -> Message:
            nonlocal give_up
            message = await receive()
            give_up = loop.time() + seconds
            return message

        async def said(message: Message) -> None:
            nonlocal begun
            if not given_up:
                begun = True
                await send(message)

        async def answer() -> None:
            await self._app(scope, heard, said)

        answering = asyncio.create_task(answer())
        try:
            while not (answering.done() or begun) and loop.time() < give_up:
                await asyncio.wait({answering}, timeout=give_up - loop.time())
            if begun or answering.done():
                await answering
                return
        except asyncio.CancelledError:
            left(answering)
            raise
        given_up = True
        left(answering)
        asked = scope["method"] in ("GET", "HEAD")
        await problems.problem(503, TOO_LONG if asked else UNKNOWN)(scope, receive, send)
