"""The list of what is agreed not to count, and the commands that change it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from command_side.excuses import ExcuseOver, ExcuseUnknown, TooManyWindows
from tests.support.desk import Process, working
from tests.support.excuses import CONFIG, excuse, offer, withdraw
from tests.support.items import at


@pytest.fixture
async def process(database_url: str) -> AsyncIterator[Process]:
    async with working(database_url, CONFIG) as process:
        yield process


async def test_an_excuse_is_ended_once_and_withdrawn_once(process: Process) -> None:
    granted = await excuse(process, (0, 60), (120, 180))
    about: dict[str, Any] = {"by": "ann", "now": process.now(), "correlation_id": None}
    await process.excuses.end(granted, at=at(150), **about)
    with pytest.raises(ExcuseOver, match="already"):
        await process.excuses.end(granted, at=at(140), **about)
    assert process.excuses.book.agreement(granted).windows[-1][1] - (
        process.excuses.book.agreement(granted).windows[-1][0]
    ) == (30 * 60 * 1_000_000)
    await process.excuses.withdraw(granted, reason="no", **about)
    for command in (
        process.excuses.withdraw(granted, reason="no", **about),
        process.excuses.end(granted, at=at(140), **about),
    ):
        with pytest.raises(ExcuseUnknown):
            await command
    over = await excuse(process, (0, 60))
    with pytest.raises(ExcuseOver, match="over"):
        await process.excuses.end(over, at=at(60), **about)


async def test_no_more_windows_stand_than_are_allowed(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("command_side.excuses.MOST_WINDOWS", 3)
    first = await excuse(process, (0, 1), (2, 3))
    with pytest.raises(TooManyWindows, match="2 windows more than the 2"):
        await process.excuses.grant(offer((4, 5), (6, 7)), now=process.now(), correlation_id=None)
    await withdraw(process, first)
    await excuse(process, (4, 5), (6, 7))


async def test_two_who_change_the_list_at_a_time_both_do(process: Process) -> None:
    other = Process(process.pool, process.clock)
    await asyncio.gather(excuse(process, (0, 1)), excuse(other, (2, 3)))
    await process.learn()
    assert process.excuses.book.number == 2
