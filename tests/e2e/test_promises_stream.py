"""A stream repeats nothing, also where its process lags behind what it has told from the table."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from query_side.messages import Filter
from tests.support.house import House, open_house
from tests.support.recorded import opened, raised
from tests.support.service import running, service

CONFIG = """
sla_targets:
  ENTERPRISE:
    P0: {resolution: 4h}
"""

EVERYTHING = Filter(frozenset(), frozenset(), frozenset())


async def alert(house: House, number: int) -> int:
    """A ticket with an alert, in the table; the alert's position."""
    return await house.tell(f"T-{number}", opened(f"T-{number}"), raised(f"T-{number}"))


async def test_what_was_told_from_the_table_is_no_news_to_a_tailer_that_lags(
    database_url: str,
) -> None:
    async with open_house(database_url) as house:
        await house.runner.define_tables()
        tailer = house.tailer(poll_seconds=600.0)  # it reads when it is woken
        stop = asyncio.Event()
        running = asyncio.create_task(tailer.run(stop))
        async with aclosing(tailer.stream(None, EVERYTHING)) as early:
            waiting = asyncio.create_task(anext(early))
            first = await alert(house, 1)
            tailer.wake()
            assert (await waiting)[0] == first  # it has read up to here, and sleeps now
            expected = [first, await alert(house, 2), await alert(house, 3)]
            async with aclosing(tailer.stream(0, EVERYTHING)) as resumed:
                got = [(await anext(resumed))[0] for _ in expected]
                waiting = asyncio.create_task(anext(resumed))
                await asyncio.sleep(0)
                expected.append(await alert(house, 4))
                tailer.wake()
                got.append((await waiting)[0])
        assert got == expected
        stop.set()
        tailer.wake()
        await running


async def test_a_service_that_stops_ends_its_streams_and_complains_of_nothing(
    database_url: str, tmp_path: Path
) -> None:
    program = service(tmp_path, CONFIG, database=database_url)
    with running(program):
        async with (
            httpx.AsyncClient(timeout=30) as http,
            http.stream("GET", f"{program.url}/alerts/stream") as answer,
            connect(f"{program.url.replace('http', 'ws', 1)}/ws/alerts", proxy=None) as socket,
        ):
            assert answer.status_code == 200
            stopping = asyncio.create_task(asyncio.to_thread(program.stop))
            assert [line async for line in answer.aiter_lines() if line.startswith("data")] == []
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            assert socket.close_code == 1012  # service restart: resume elsewhere
            assert await stopping == 0
        assert program.complaints() == []
