"""Part `append`: events into the log, from the bare COPY to decisions and the stock library."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, LiteralString

from msgspec import structs
from psycopg import AsyncConnection

from command_side import event_store
from command_side.deciding.ingesting import Submission, decide
from command_side.event_store import Append
from command_side.intake.writer import LANES, Writer
from config.versions import PolicyBook
from engine.sla.instants import micros
from ops import garbage
from ops.bench import stock
from ops.bench.figures import Figure
from ops.bench.harness import Bench, connected, intake, pooled
from ops.bench.tickets import Json, Updates, split
from ops.bench.workload import policies, submissions

BATCH = 1000
"""Items a transaction."""
BASES = {"copy": None, "late": "append.existing", "future": "append.existing"}
"""What each is shown as a share of, where it is not COPY."""
LAST = 1000
"""The step of what the late ones come after."""
AHEAD = 7_200_000
"""A step of the future: an hour ahead of the bench's beginning."""
OUT: LiteralString = """
copy (select * from events where notification_id > %s and notification_id <= %s)
to stdout (format binary)
"""
LABELS = {
    "copy": "COPY of the same rows",
    "append": "append alone, heads as stored",
    "append_events": "append alone, without heads",
    "existing": "decided, existing tickets",
    "new": "decided, new tickets",
    "duplicates": "decided, 10 % duplicates",
    "late": "decided, each one late",
    "future": "decided, each one dated ahead",
    "stock_open": "stock library, save one new ticket each",
    "stock_ingest": "stock library, idempotent ingest",
}


async def measure(bench: Bench) -> list[Figure]:
    """Rates in rows, events or updates a second."""
    book = policies(bench.now())
    async with (
        bench.database() as conninfo,
        bench.database() as stocked,
        connected(conninfo) as conn,
        _writer(conninfo, book, bench) as writer,
    ):
        rounds = _Rounds(bench, conn, writer, book)
        await rounds.prepare()
        # As in a service.
        with stock.stock(stocked) as app, garbage.collected_seldom():
            samples = await bench.rounds(
                {
                    "existing": rounds.existing,
                    "append": rounds.append,
                    "append_events": rounds.append_events,
                    "new": rounds.new,
                    "duplicates": rounds.duplicates,
                    "late": rounds.late,
                    "future": rounds.future,
                    "copy": rounds.copy,
                    "stock_open": lambda number: _stock(bench, app, number, repeated=False),
                    "stock_ingest": lambda number: _stock(bench, app, number, repeated=True),
                }
            )
    return [
        Figure(
            f"append.{name}",
            label,
            "/s",
            samples[name],
            base=BASES.get(name, "append.copy"),
        )
        for name, label in LABELS.items()
    ]


async def _stock(bench: Bench, app: stock.StockTickets, number: int, *, repeated: bool) -> float:
    items = Updates("stock", bench.now(), bench.scale.stock_items, bench.scale.stock_items)
    if repeated:
        return await asyncio.to_thread(stock.ingesting, app, replace(items, step=number).batch(0))
    fresh = replace(items, prefix=f"stock-{number}" if number > 1 else "stock")
    return await asyncio.to_thread(stock.opening, app, fresh.batch(0))


@asynccontextmanager
async def _writer(conninfo: str, book: PolicyBook, bench: Bench) -> AsyncGenerator[Writer]:
    """As in the service, at work."""
    stop = asyncio.Event()
    async with pooled(conninfo, autocommit=True) as pool, asyncio.TaskGroup() as tasks:
        writer = Writer(pool, intake(book), bench.now, capacity=LANES * BATCH)
        tasks.create_task(writer.run(stop))
        try:
            yield writer
        finally:
            stop.set()


class _Rounds:
    """Every kind of round has tickets of its own, in the same table."""

    def __init__(
        self, bench: Bench, conn: AsyncConnection[Any], writer: Writer, book: PolicyBook
    ) -> None:
        self._bench, self._conn, self._writer, self._book = bench, conn, writer, book
        self._count = BATCH * bench.scale.batches
        self._began = bench.now()
        self._copied = 0
        """The position up to which events have been copied."""

    async def prepare(self) -> None:
        await self._conn.execute("create table copied (like events including all)")
        for kind in ("existing", "append", "append_events", "duplicates", "late", "future"):
            self._bench.say(f"opening {self._count:,} tickets: {kind}")
            await self._decided(self._items(kind, 0))
        await self._decided(self._items("late", LAST))
        self._copied = await event_store.last_position(self._conn)

    def _items(self, kind: str, step: int, *, repeats: bool = False) -> list[Json]:
        return Updates(
            kind, self._began, self._count, self._count, step=step, repeats=repeats
        ).batch(0)

    async def existing(self, number: int) -> float:
        return await self._decided(self._items("existing", number))

    async def new(self, number: int) -> float:
        return await self._decided(self._items(f"new-{number}", 0))

    async def duplicates(self, number: int) -> float:
        return await self._decided(self._items("duplicates", number, repeats=True))

    async def late(self, number: int) -> float:
        return await self._decided(self._items("late", number))

    async def future(self, number: int) -> float:
        return await self._decided(self._items("future", AHEAD + number))

    async def _decided(self, items: list[Json]) -> float:
        """As the service writes them: one batch is decided while another is appended."""
        batches = iter([submissions(batch) for batch in split(items, BATCH)])

        async def client() -> None:
            for batch in batches:
                await self._writer.submit(batch)

        began = time.monotonic()
        await asyncio.gather(*(client() for _ in range(LANES)))
        return len(items) / (time.monotonic() - began)

    async def append(self, number: int) -> float:
        return await self._appended(self._items("append", number), heads=True)

    async def append_events(self, number: int) -> float:
        return await self._appended(self._items("append_events", number), heads=False)

    async def _appended(self, items: list[Json], *, heads: bool) -> float:
        now = self._bench.now()
        prepared: list[list[Append]] = []
        for batch in split(items, BATCH):
            writes = await self._prepared(submissions(batch))
            prepared.append(
                writes if heads else [structs.replace(one, head=None) for one in writes]
            )
        began = time.monotonic()
        for writes in prepared:
            outcomes = await event_store.append(self._conn, writes, now=now)
            if not all(one.appended for one in outcomes):
                raise RuntimeError("an append of the bench lost its version")
        return len(items) / (time.monotonic() - began)

    async def _prepared(self, batch: Sequence[Submission]) -> list[Append]:
        """Decided, but not stored."""
        heads = await event_store.load(self._conn, [one.received.ticket_id for one in batch])
        decided = [
            decide(
                one.received.ticket_id,
                [one],
                head=heads[one.received.ticket_id],
                stream=None,
                hashes={},
                conflicts=set(),
                book=self._book,
                now=micros(self._bench.now()),
                salt=b"",
            )
            for one in batch
        ]
        return [write for write in decided if write is not None]

    async def copy(self, _: int) -> float:
        """The rows that this round's appends have stored, encoded beforehand."""
        start, self._copied = self._copied, await event_store.last_position(self._conn)
        end = self._copied
        chunks = [
            await self._out(after, min(after + BATCH, end)) for after in range(start, end, BATCH)
        ]
        began = time.monotonic()
        for chunk in chunks:
            async with (
                self._conn.cursor() as cursor,
                cursor.copy("copy copied from stdin (format binary)") as copy,
            ):
                await copy.write(chunk)
        return (end - start) / (time.monotonic() - began)

    async def _out(self, after: int, until: int) -> bytes:
        async with self._conn.cursor() as cursor, cursor.copy(OUT, [after, until]) as copy:
            return b"".join([bytes(part) async for part in copy])
