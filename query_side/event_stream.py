"""READ: the live log as a response of server-sent events.

FastAPI makes such a response of any generator, but puts two tasks and two buffers in between. When
a client leaves while they are full, they break, and the log has a traceback for it; and the
generator stays subscribed until its garbage is collected.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from fastapi.sse import format_sse_event
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from query_side.live import Said, TooSlow

HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
"""Neither stored nor, by nginx, held back."""


TRY_AGAIN_SECONDS = 5
RESUME_SECONDS = 0.5
LIFETIME_SECONDS = 900.0
"""No reader of events says that it reads: where little happens, what is sent to one that hangs
fits into the buffers on the way for days, and its place is taken. A browser comes back for more by
itself, where it stopped; who hangs does not."""


def later(why: str) -> Response:
    """A stream that ends at once, for a client that shall come back."""
    said = f": {why}; try again later\n".encode() + _retry(TRY_AGAIN_SECONDS)
    return Response(said, media_type=EventStream.media_type, headers=HEADERS)


class EventStream(StreamingResponse):
    """Ends with what is said, when the client leaves, when it is old, or when the client takes
    nothing for `patience` seconds: the generator cannot know that, for it is not asked for more
    meanwhile."""

    media_type = "text/event-stream"

    def __init__(self, said: AsyncGenerator[Said], patience: float) -> None:
        self._events, self._patience = _events(said), patience
        super().__init__(self._events, headers=HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def bounded(message: Message) -> None:
            async with asyncio.timeout(self._patience):
                await send(message)

        async with aclosing(self._events):
            with suppress(TimeoutError):  # who reads no more is cut off
                await super().__call__(scope, receive, bounded)


async def _events(said: AsyncGenerator[Said]) -> AsyncGenerator[bytes]:
    """The id of an event is its position."""
    loop = asyncio.get_running_loop()
    old = loop.time() + LIFETIME_SECONDS
    async with aclosing(said):
        with suppress(TooSlow):  # it ends here, and resumes where it got to
            async for position, text in said:
                event_id = None if position is None else str(position)
                yield format_sse_event(data_str=text, id=event_id)
                if event_id is not None and loop.time() >= old:
                    yield _retry(RESUME_SECONDS)
                    return


def _retry(seconds: float) -> bytes:
    return f"retry: {round(seconds * 1000)}\n\n".encode()
