"""Each desk's API is read by itself."""

import asyncio
from collections.abc import AsyncGenerator

import pytest_asyncio

from command_side.connect import progress
from engine.notify.post import http_client
from tests.integration.test_catching_up import CLOCKS, Asking
from tests.integration.test_connect import connecting
from tests.support.desk import Process, until
from tests.support.desk_apis import APIS, fails, hangs
from tests.support.lives import LIVES


@pytest_asyncio.fixture
async def desks(process: Process) -> AsyncGenerator[Asking]:
    async with connecting(process) as found, http_client() as client:
        process.clock.set(130)
        yield Asking(found, client)


async def is_over(asking: Asking, source: str) -> bool:
    async with asking.process.pool.connection() as conn:
        return any(
            one.source == source and one.next_at is None for one in await progress.all_of(conn)
        )


async def test_once_it_is_mended_the_command_given_again_has_it_tried_at_once(
    desks: Asking,
) -> None:
    """And not said again what was in the way before."""
    async with APIS["zendesk"]().running() as there:
        desks.reach("zendesk", there)
        there.faults.append(fails(401))
        refused = await desks.backfill("zendesk")
        assert refused.error is not None
        await desks.look()
        assert (await desks.reading()).error == refused.error  # five minutes are not over

        assert not await desks.begin("zendesk")
        assert (await desks.reading()).error is None
        await desks.look()
    assert await is_over(desks, "zendesk")
    assert await desks.clocks("zendesk", LIVES["zendesk"][0]) == CLOCKS


async def test_a_desk_that_is_read_for_hours_keeps_no_other_waiting(desks: Asking) -> None:
    async with APIS["github"]().running() as slow, APIS["zendesk"]().running() as other:
        desks.reach("github", slow)
        desks.reach("zendesk", other)
        slow.faults.extend([hangs] * 5)
        stop = asyncio.Event()
        running = asyncio.create_task(desks.catching_up.run(stop))
        await desks.begin("github")
        await slow.hangs.wait()

        await desks.begin("zendesk")
        await until(lambda: is_over(desks, "zendesk"))

        stop.set()
        await running
    assert await desks.clocks("zendesk", LIVES["zendesk"][0]) == CLOCKS
