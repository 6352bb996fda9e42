"""HTTP and WebSocket clients that cost next to nothing: the bench must not measure itself."""

import asyncio
import os
import re
from base64 import b64encode
from collections.abc import Callable
from typing import cast

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
TEXT, CLOSE, PING = 0x1, 0x8, 0x9


class Refused(Exception):
    """The service answered something else than 200, or closed the connection."""


class Exchange(asyncio.Protocol):
    """A kept-alive connection: one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._needed = 0
        self._body_at = 0
        self._answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass

    async def ask(self, request: bytes) -> bytes:
        """The body of the answer. Raises Refused."""
        if self._transport is None or self._transport.is_closing():
            raise Refused("the connection is closed")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        received = self._received
        received += data
        if not self._needed:
            end = received.find(b"\r\n\r\n")
            if end < 0:
                return
            length = LENGTH.search(received, 0, end)
            self._body_at = end + 4
            self._needed = self._body_at + (int(length[1]) if length else 0)
        if len(received) < self._needed:
            return
        body, status = bytes(received[self._body_at : self._needed]), bytes(received[9:12])
        answer = self._answer
        if answer is not None and not answer.done():
            if status == b"200":
                answer.set_result(body)
            else:
                answer.set_exception(Refused(f"{status.decode()} {body[:500].decode()}"))
        del received[: self._needed]
        self._needed = 0

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(Refused("the connection was closed"))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


async def connect(host: str, port: int) -> Exchange:
    _, exchange = await asyncio.get_running_loop().create_connection(Exchange, host, port)
    return exchange


def post(host: str, port: int, path: str, body: bytes) -> bytes:
    """A request with a JSON body."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Stream(asyncio.Protocol):
    """A WebSocket that hands on every text frame as it is."""

    def __init__(self, host: str, port: int, path: str, heard: Callable[[bytes], None]) -> None:
        key = b64encode(os.urandom(16)).decode()
        self._hello = (
            f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        ).encode()
        self._heard = heard
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None
        self.open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done once the service has accepted it."""
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._hello)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if not self.open.done():
            self.open.set_exception(Refused("the WebSocket was closed"))

    def data_received(self, data: bytes) -> None:
        received = self._received
        received += data
        if not self.open.done():
            end = received.find(b"\r\n\r\n")
            if end < 0:
                return
            if not received.startswith(b"HTTP/1.1 101"):
                self.open.set_exception(Refused(received[:end].decode()))
                return
            del received[: end + 4]
            self.open.set_result(None)
        at = 0
        while (frame := _frame(received, at)) is not None:
            opcode, start, end = frame
            if opcode == TEXT:
                self._heard(bytes(received[start:end]))
            elif opcode == PING and self._transport is not None:
                mask = bytes(4)  # a client must mask; with zeros nothing changes
                self._transport.write(
                    bytes([0x8A, 0x80 | (end - start)]) + mask + received[start:end]
                )
            at = end
        del received[:at]

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _frame(received: bytearray, at: int) -> tuple[int, int, int] | None:
    """Opcode, start and end of the content of a whole frame of a server; None: not yet."""
    available = len(received) - at
    if available < 2:
        return None
    length, start = received[at + 1] & 0x7F, at + 2
    if length == 126:
        if available < 4:
            return None
        length, start = int.from_bytes(received[at + 2 : at + 4]), at + 4
    elif length == 127:
        if available < 10:
            return None
        length, start = int.from_bytes(received[at + 2 : at + 10]), at + 10
    if len(received) < start + length:
        return None
    return received[at] & 0x0F, start, start + length
