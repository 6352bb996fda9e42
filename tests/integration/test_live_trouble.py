"""The live log outlives what goes wrong: in the database, with an entry, or nobody knows where."""

import json
from typing import Any

import pytest
from websockets.asyncio.client import connect

from query_side import messages as messages_of
from tests.support.house import House, eventually
from tests.support.live import alerts, live, messages


async def test_a_tailer_rides_out_a_broken_database(house: House) -> None:
    async with (
        live(house, heartbeat_seconds=0.05) as (address, _),
        connect(f"ws://{address}/ws/alerts?after=0") as socket,
    ):
        await messages(socket, 1)
        await house.conn.execute("ALTER TABLE alerts RENAME TO elsewhere")
        await house.conn.commit()
        await messages(socket, 2)
        await house.conn.execute("ALTER TABLE elsewhere RENAME TO alerts")
        await house.conn.commit()
        await alerts(house, 1)
        async for text in socket:
            if json.loads(text)["type"] == "alert":
                break


def left_out(caplog: pytest.LogCaptureFixture) -> list[int]:
    """The positions that the log's errors name."""
    return [vars(record)["position"] for record in caplog.records if record.levelname == "ERROR"]


async def test_an_entry_that_cannot_be_told_keeps_nobody_from_the_others(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("query_side.messages.PAGE", 2)
    await alerts(house, *range(1, 6))
    await house.runner.catch_up()
    await house.conn.execute("UPDATE alerts SET type = 'of a later program' WHERE position = 4")
    await house.conn.execute("UPDATE alerts SET due_at = 'infinity' WHERE position IN (6, 10)")
    await house.conn.commit()
    async with (
        live(house) as (address, _),
        connect(f"ws://{address}/ws/alerts?after=0") as socket,
    ):
        told = await messages(socket, 2)
        await eventually(lambda: 10 in left_out(caplog))
        await alerts(house, 6)
        told += await messages(socket, 1)

    assert [one["position"] for one in told] == [2, 8, 12]
    assert left_out(caplog) == [4, 6, 10]


async def test_an_entry_that_cannot_be_told_does_not_end_the_open_streams(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    to_json = messages_of.to_json

    def picky(content: dict[str, Any]) -> bytes:
        if content.get("external_id") == "T-1":
            raise ValueError("not this one")
        return to_json(content)

    monkeypatch.setattr("query_side.messages.to_json", picky)
    async with (
        live(house, heartbeat_seconds=0.05) as (address, _),
        connect(f"ws://{address}/ws/alerts?after=0") as socket,
    ):
        await messages(socket, 1)  # a heartbeat: from here on the tailer reads for it
        await alerts(house, 1, 2)
        message: dict[str, Any] = {}
        while message.get("type") != "alert":
            [message] = await messages(socket, 1)

    assert message["external_id"] == "T-2"
    assert left_out(caplog) == [2]


async def test_a_tailer_rides_out_what_nobody_thought_of(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        live(house, heartbeat_seconds=0.05) as (address, _),
        connect(f"ws://{address}/ws/alerts?after=0") as socket,
    ):
        await messages(socket, 1)
        with monkeypatch.context() as broken:
            broken.setattr(messages_of, "read", None)
            await eventually(lambda: "the live log failed and will try again" in caplog.messages)
        await alerts(house, 1)
        async for text in socket:
            if json.loads(text)["type"] == "alert":
                break
