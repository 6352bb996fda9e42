"""One timer for many waits: it rings for the one that lasts too long, and for no other."""

import asyncio

from query_side.patience import Patience

SHORT, LONGER = 0.001, 0.004


async def test_a_wait_that_lasts_too_long_rings_each_time() -> None:
    rung = asyncio.Event()
    patience = Patience(SHORT, rung.set)
    for _ in range(2):
        rung.clear()
        patience.begin()
        await rung.wait()


async def test_waits_that_ended_do_not_ring() -> None:
    rung: list[str] = []
    ended, closed = (
        Patience(SHORT, lambda name=name: rung.append(name)) for name in ("ended", "closed")
    )
    for one in (ended, closed):
        one.begin()
    ended.end()
    closed.close()
    later = asyncio.Event()
    Patience(LONGER, later.set).begin()
    await later.wait()
    assert rung == []


async def test_a_wait_that_begins_anew_is_counted_from_there() -> None:
    loop, rung = asyncio.get_running_loop(), asyncio.Event()
    patience = Patience(LONGER, rung.set)
    patience.begin()
    passed = asyncio.Event()
    Patience(SHORT, passed.set).begin()
    await passed.wait()
    began = loop.time()
    patience.begin()
    await rung.wait()
    assert loop.time() - began >= LONGER
