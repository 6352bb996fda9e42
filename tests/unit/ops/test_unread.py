"""Whoever takes what waits for it, however little, is waited for; whoever takes nothing is not."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from ops.http.unread import Unread


class Transport:
    """What waits to be written, each time somebody looks."""

    def __init__(self, waiting: Sequence[int]) -> None:
        self.waiting = list(waiting)
        self.aborted = asyncio.Event()

    def get_write_buffer_size(self) -> int:
        return self.waiting.pop(0) if self.waiting else 0

    def abort(self) -> None:
        self.aborted.set()


def unread(transport: Any) -> Unread:
    return Unread(transport)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.http.unread.SECONDS", 0)
    monkeypatch.setattr("ops.http.unread.LEAVING_SECONDS", 0)


async def test_a_peer_is_cut_off_once_it_takes_nothing() -> None:
    transport = Transport([500, 400, 399, 399, 1])
    unread(transport).begin()
    await transport.aborted.wait()
    assert transport.waiting == [1]


async def test_nobody_is_cut_off_who_has_taken_all() -> None:
    transport = Transport([0])
    one = unread(transport)
    one.begin()
    one.hurry()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not transport.aborted.is_set()
