"""READ: the routes of the live log: WebSocket and server-sent events."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, suppress
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response, WebSocket, WebSocketDisconnect
from starlette.types import Message

from query_side.alert_filters import ANY
from query_side.alerts import Severities
from query_side.errors import TooManyStreams
from query_side.event_stream import EventStream, later
from query_side.live import Said, Tailer, TooSlow
from query_side.messages import Filter
from query_side.patience import Patience
from query_side.reading import Several

logger = logging.getLogger(__name__)

SEND_SECONDS = 10.0
TRY_AGAIN_LATER = 1013
NOT_ANY_MORE = 1008
"""Whoever stands before this room says that the client has left, with this code, when it may read
no more."""
SERVICE_RESTART = 1012
INTERNAL_ERROR = 1011
TOO_SLOW = "too slow; resume from the last position"

After = Annotated[
    int | None,
    Query(ge=0, description="First send everything after this position; absent: only what is new"),
]


async def wanted(
    severity: Annotated[Severities, Query(default_factory=list, description=ANY)],
    customer_tier: Annotated[Several, Query(default_factory=list, description=ANY)],
    priority: Annotated[Several, Query(default_factory=list, description=ANY)],
) -> Filter:
    """A subscriber's filter; each may be repeated or a comma list, in any case.

    A coroutine, though it waits for nothing: a plain function would take a thread a subscriber.
    """
    return Filter(
        severities=frozenset(severity),
        customer_tiers=frozenset(value.lower() for value in customer_tier),
        priorities=frozenset(value.lower() for value in priority),
    )


Wanted = Annotated[Filter, Depends(wanted)]


def build(tailer: Tailer) -> APIRouter:
    """The routes of the streams."""
    router = APIRouter(tags=["Streams"])

    async def place() -> AsyncIterator[str | None]:
        """None, or why there is none."""
        try:
            with tailer.place():
                yield None
        except TooManyStreams as error:
            yield str(error)

    @router.get(
        "/alerts/stream",
        operation_id="stream_alerts",
        summary="The live log as server-sent events",
        response_class=EventStream,
        status_code=200,  # FastAPI would look for it in the class
    )
    async def events(
        wanted: Wanted,
        full: Annotated[str | None, Depends(place)],
        after: After = None,
        last_event_id: Annotated[
            int | None, Header(ge=0, description="Resumes after this event; wins over `after`.")
        ] = None,
    ) -> Response:
        """What `/ws/alerts` sends; the id of an event is its position, so that `Last-Event-ID`
        resumes. A consumer that is too slow is cut off, and a stream ends after a quarter of an
        hour, to be resumed: browsers do so by themselves. Where as many streams are open as may be,
        the stream says so in a comment, says when to try again, and ends: at any other status a
        browser would give up for good."""
        if full is not None:
            return later(full)
        resume = after if last_event_id is None else last_event_id
        return EventStream(tailer.stream(resume, wanted), SEND_SECONDS)

    @router.websocket("/ws/alerts")
    async def socket(websocket: WebSocket, wanted: Wanted, after: After = None) -> None:
        """One JSON object a message. Of the subprotocols offered the first is accepted."""
        offered: list[str] = websocket.scope.get("subprotocols", [])
        await websocket.accept(subprotocol=offered[0] if offered else None)
        try:
            with tailer.place():
                code, reason = await _serve(websocket, tailer, after, wanted)
        except TooManyStreams as error:
            code, reason = TRY_AGAIN_LATER, str(error)
        # Who is gone or reads no more hears no reason; RuntimeError: it is closed already.
        with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            async with asyncio.timeout(SEND_SECONDS):
                await websocket.close(code, reason)

    return router


async def _serve(
    websocket: WebSocket, tailer: Tailer, after: int | None, wanted: Filter
) -> tuple[int, str]:
    """Until one of the two sides ends it; the close code and its reason."""
    stuck = asyncio.get_running_loop().create_future()
    patience = Patience(SEND_SECONDS, lambda: stuck.set_result(None))
    sending = asyncio.create_task(_send(websocket, tailer.batches(after, wanted), patience))
    receiving = asyncio.create_task(_until_disconnected(websocket))
    try:
        await asyncio.wait({sending, receiving, stuck}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        patience.close()
        # Until they are: Python 3.11's `wait_for`, in which the pool waits, may lose a cancellation
        # that comes as its wait ends.
        while not (sending.done() and receiving.done()):
            sending.cancel()
            receiving.cancel()
            await asyncio.wait({sending, receiving}, timeout=1.0)
        await asyncio.gather(sending, receiving, return_exceptions=True)
    if not receiving.cancelled() and receiving.exception() is None:
        left = receiving.result()
        if left.get("code") == NOT_ANY_MORE:
            return NOT_ANY_MORE, left.get("reason") or ""
    if stuck.done():
        return TRY_AGAIN_LATER, TOO_SLOW
    if sending.cancelled():
        return 1000, "goodbye"
    match sending.exception():
        case None:
            return SERVICE_RESTART, "the service stops; resume elsewhere"
        case TooSlow():
            return TRY_AGAIN_LATER, TOO_SLOW
        case WebSocketDisconnect():
            return 1000, "goodbye"
        case error:
            logger.error("a stream broke", exc_info=error)
            return INTERNAL_ERROR, "internal error; resume from the last position"


async def _send(
    websocket: WebSocket, batches: AsyncGenerator[Sequence[Said]], patience: Patience
) -> None:
    async with aclosing(batches):
        async for batch in batches:
            for _, text in batch:
                patience.begin()
                await websocket.send_text(text)
            patience.end()


async def _until_disconnected(websocket: WebSocket) -> Message:
    """What clients say is read and ignored; how they left."""
    while (message := await websocket.receive())["type"] != "websocket.disconnect":
        pass
    return message
