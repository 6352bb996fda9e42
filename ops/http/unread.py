"""Connections whose peer has stopped reading are cut off: nothing else would ever end them.

Uvicorn waits for such a peer without limit, before it sends more as well as when it closes: a
stream would keep its place, and a closed connection its socket and what was written to it.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

SECONDS = 10.0
"""How long a peer may take nothing of what waits for it; whoever takes little, but takes it, is
slow, and waited for."""
LEAVING_SECONDS = 2.0
"""The same once the server ends, which open requests may delay by a few seconds only."""


class Unread:
    """Aborts a connection of which nothing was taken for a while, once somebody says `begin`."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._seconds = SECONDS
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        if self._timer is None:
            self._wait(self._transport.get_write_buffer_size())

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def hurry(self) -> None:
        """The server ends: be less patient from now on, also with what waits already."""
        self._seconds = LEAVING_SECONDS
        self.end()
        self.begin()

    def _wait(self, left: int) -> None:
        if left:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._seconds, self._look, left)

    def _look(self, before: int) -> None:
        self._timer = None
        left = self._transport.get_write_buffer_size()
        if left < before:
            self._wait(left)
        else:
            self._transport.abort()


class Watched(asyncio.Protocol):
    """In front of a protocol, whose connection then has its `Unread`."""

    _unread: Unread

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._unread = Unread(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._unread.end()
        super().connection_lost(exc)


class ReadOrCutOff(Watched, HttpToolsProtocol):
    """Uvicorn's HTTP, but for peers that stop reading an answer: a stream of events has no end."""

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread.begin()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.transport.is_closing():  # else the rest must go as well
            self._unread.end()

    def shutdown(self) -> None:
        super().shutdown()
        self._unread.hurry()
