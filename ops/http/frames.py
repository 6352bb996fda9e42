"""WebSockets for many who are told the same: a message is framed once and written with others."""

from functools import lru_cache
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from ops.http.unread import Watched

TOGETHER = 64
"""Messages that wait to be written at most."""


@lru_cache(maxsize=1024)
def framed(text: str) -> bytes:
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


class SharedFrames(Watched, WebSocketsSansIOProtocol):
    """Uvicorn's WebSocket, but for the sending of text.

    Uvicorn makes a frame for each subscriber and message, and writes it at once: for 500 of them
    the frames and the calls of the kernel take far longer than all else. Here what an application
    sends in one turn of the loop is written together at its end.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._unwritten: list[bytes] = []

    async def run_asgi(self) -> None:
        """Until then it is the application that decides how long it waits for its peer."""
        await super().run_asgi()
        self._unread.begin()

    async def send(self, message: Any) -> None:
        text = message.get("text")
        if text is None or message["type"] != "websocket.send" or not self._is_plain():
            self._write()
            await super().send(message)
            return
        if not self._unwritten:
            self.loop.call_soon(self._write)
        self._unwritten.append(framed(text))
        if len(self._unwritten) >= TOGETHER:
            self._write()

    def shutdown(self) -> None:
        self._write()
        super().shutdown()
        self._unread.hurry()

    def _is_plain(self) -> bool:
        """Whether it may be written as it is, and now."""
        return (
            self.conn.state is State.OPEN
            and self.writable.is_set()
            and not self.transport.is_closing()
            and not self.conn.extensions
        )

    def _write(self) -> None:
        if self._unwritten and self.conn.state is State.OPEN and not self.transport.is_closing():
            self.transport.write(b"".join(self._unwritten))
        self._unwritten.clear()
