"""What a failover does to what is under way: servers that take no writes, and lost answers."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from psycopg import AsyncConnection, OperationalError
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool

from command_side.event_store import append, claim, claim_due
from command_side.intake.writer import StoreAway, Writer
from tests.integration.test_writer import batch, outcomes, running
from tests.support.desk import Process
from tests.support.streams import NOON, note, stream, to

READ_ONLY = "-c default_transaction_read_only=on"


class Lossy:
    """Between clients and a server; once armed, the answer to the next append is lost.
    It is a transaction of its own, so that this is the answer to its commit."""

    def __init__(self, database_url: str) -> None:
        known = conninfo_to_dict(database_url)
        self._host, self._port = str(known["host"]), int(known.get("port") or 5432)
        self.armed = False
        self.under_way: set[asyncio.Task[None]] = set()

    def serve(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        self.under_way.add(asyncio.create_task(self._serve(from_client, to_client)))

    async def _serve(
        self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter
    ) -> None:
        from_server, to_server = await self._connected()
        answering = asyncio.create_task(_pump(from_server, to_client))
        while data := await from_client.read(65536):
            lost = self.armed and b"append_events" in data
            if lost:
                answering.cancel()
                await asyncio.wait({answering})
            to_server.write(data)
            if lost:
                self.armed = False
                await from_server.read(65536)  # it is stored, and nobody is told
                break
        answering.cancel()
        for each in (to_client, to_server):
            each.close()
            await each.wait_closed()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._host.startswith("/"):
            return await asyncio.open_unix_connection(f"{self._host}/.s.PGSQL.{self._port}")
        return await asyncio.open_connection(self._host, self._port)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)


@asynccontextmanager
async def lossy(database_url: str) -> AsyncGenerator[tuple[Lossy, AsyncConnectionPool[Any]]]:
    between = Lossy(database_url)
    with TemporaryDirectory(prefix="sla-", dir="/tmp") as folder:  # sockets have short names
        server = await asyncio.start_unix_server(between.serve, Path(folder, ".s.PGSQL.5432"))
        async with server:
            address = make_conninfo(database_url, host=folder, port=5432)
            told_each_time = {"autocommit": True, "prepare_threshold": None}
            async with AsyncConnectionPool[Any](
                address, kwargs=told_each_time, min_size=1, max_size=4, open=False
            ) as pool:
                yield between, pool
            await asyncio.gather(*between.under_way)


async def test_what_was_stored_though_its_answer_was_lost_is_a_duplicate_when_sent_again(
    process: Process, database_url: str
) -> None:
    async with lossy(database_url) as (between, pool):
        writer = Writer(pool, process.intake, process.now, capacity=10)
        async with running(writer):
            await writer.submit(batch("T-1"))
            between.armed = True
            with pytest.raises(StoreAway):
                await writer.submit(batch("T-2"))
            assert not between.armed
            again = batch("T-1", "T-2", "T-3")
            await writer.submit(again)
    assert outcomes(again) == ["duplicate", "duplicate", "accepted"]
    assert len(await process.stream("T-2")) == 1


async def test_a_server_that_takes_no_writes_is_a_database_that_is_away(
    process: Process, database_url: str
) -> None:
    async with AsyncConnectionPool[Any](
        make_conninfo(database_url, options=READ_ONLY),
        kwargs={"autocommit": True},
        min_size=1,
        open=False,
    ) as pool:
        writer = Writer(pool, process.intake, process.now, capacity=10)
        async with running(writer):
            with pytest.raises(StoreAway):
                await writer.submit(batch("T-1"))
    assert await process.stream("T-1") == []


async def test_what_it_refuses_is_not_left_out_as_if_it_were_at_fault(database_url: str) -> None:
    address = make_conninfo(database_url, options=READ_ONLY)
    async with await AsyncConnection.connect(address) as conn:
        with pytest.raises(OperationalError):
            await append(conn, [to("T-1", 0, note("x"))], now=NOON)


async def test_nor_is_a_ticket_that_is_due_at_fault_there(database_url: str) -> None:
    address = make_conninfo(database_url, options=READ_ONLY)
    async with await AsyncConnection.connect(address, autocommit=True) as conn:
        with pytest.raises(OperationalError, match="takes no writes"):
            await claim_due(conn, now=NOON, limit=1)
        with pytest.raises(OperationalError, match="takes no writes"):
            await claim(conn, [stream("T-1")])
