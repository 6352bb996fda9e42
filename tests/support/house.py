"""The read side on a real database: runner, tailer and routes, around a clock that tests set."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, cast

import httpx
import psycopg
from fastapi import FastAPI
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier
from psycopg_pool import AsyncConnectionPool

from command_side.deciding.excusing import ExcuseBook
from command_side.event_store import NewEvent
from engine.notify.port import Unreachable
from engine.sla.policy import Policy
from projections.all import PROJECTORS
from projections.one_ticket import rows_of
from projections.protocol import Projector
from projections.runner import Runner
from query_side import api
from query_side.audit.excused_now import excused_now
from query_side.audit.reported.filling import Filling
from query_side.dashboard import Stood
from query_side.desk_health import Desk
from query_side.health import ClockHealth, ReplicaHealth
from query_side.live import Tailer
from query_side.reading import NotYet, wait_until
from query_side.reports.then import Rows as Reported
from query_side.reports.then import Stretch
from tests.support import recorded
from tests.support.log_in_memory import book
from tests.support.patience import PATIENCE
from tests.support.standing import Stands
from tests.support.timelines import policy

Rows = list[dict[str, Any]]


@dataclass
class House:
    """What a test works with."""

    url: str
    conn: AsyncConnection
    pool: AsyncConnectionPool
    now: datetime = recorded.NINE
    last_tick_at: datetime | None = None
    engine_error: str | None = None
    ended_parts: Sequence[str] = ()
    losing_log_lines: bool = False
    config_version: int | None = 1
    excuses: ExcuseBook = field(default_factory=ExcuseBook)
    policy: Policy = field(default_factory=lambda: policy({"resolution": "1h"}))
    config_error: str | None = None
    unread_version: str | None = None
    patience_seconds: float = 30.0
    desks: Mapping[str, Desk] = field(default_factory=dict[str, Desk])
    unreachable_channels: Mapping[str, Unreachable] = field(default_factory=dict[str, Unreachable])
    lent: "list[_Lent]" = field(default_factory=lambda: [])
    """Applications that are its own meanwhile."""

    def __post_init__(self) -> None:
        self.runner = self.another_runner("test")

    async def tell(self, external_id: str, *events: NewEvent, source: str = recorded.SOURCE) -> int:
        """Append to a ticket and apply it; the position."""
        position = await self.append(external_id, *events, source=source)
        await self.runner.catch_up()
        return position

    async def append(
        self, external_id: str, *events: NewEvent, source: str = recorded.SOURCE
    ) -> int:
        """Append to a ticket; the position."""
        _, position = await recorded.write(
            self.conn, external_id, events, source=source, now=self.now
        )
        return position

    async def applied(self, position: int, *projections: str) -> None:
        """Wait until a runner that works meanwhile has got there."""
        names = projections or tuple(projector.name for projector in PROJECTORS)
        give_up = time.monotonic() + PATIENCE
        while True:
            try:
                return await wait_until(self.pool, names, position)
            except NotYet:
                if time.monotonic() > give_up:
                    raise

    async def rows(self, table: str, order: Sequence[str] = ()) -> Rows:
        """All rows of a table."""
        statement = SQL("SELECT * FROM {}").format(Identifier(table))
        if order:
            columns = SQL(", ").join(Identifier(column) for column in order)
            statement += SQL(" ORDER BY {}").format(columns)
        async with self.conn.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(statement)
            found = await cursor.fetchall()
        await self.conn.commit()
        return found

    def another_runner(
        self,
        owner: str,
        projectors: Sequence[Projector] = PROJECTORS,
        *,
        lease_seconds: float = 3.0,
        batch: int = 2000,
    ) -> Runner:
        """As another process would have it."""
        return Runner(
            self.pool,
            projectors,
            lambda: self.now,
            owner,
            lease_seconds=lease_seconds,
            batch=batch,
        )

    def app(self, tailer: Tailer | None = None) -> FastAPI:
        """All routes of the queries; this house's until it is closed."""
        one = _SPARE.pop() if _SPARE else _Lent()
        one.house, one.tailer = self, tailer or self.tailer()
        self.lent.append(one)
        return one.app

    def tailer(self, **arguments: Any) -> Tailer:
        """Not running yet."""
        return Tailer(self.pool, lambda: self.now, **arguments)

    @asynccontextmanager
    async def client(self) -> AsyncGenerator[httpx.AsyncClient]:
        """Requests without a network; what the routes raise is raised."""
        transport = httpx.ASGITransport(self.app())
        async with httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
            yield client

    @asynccontextmanager
    async def running(self, tailer: Tailer | None = None) -> AsyncGenerator[None]:
        """The runner, and the tailer that it wakes, work meanwhile."""
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.runner.run(stop))
            if tailer is not None:
                self.runner.on_moved(tailer.wake)
                tasks.create_task(tailer.run(stop))
            try:
                yield
            finally:
                stop.set()


class _Lent:
    """An application whose routes ask the house that has it now. To make that many routes takes
    longer than most of their tests: whoever comes next has them too."""

    house: House
    tailer: Tailer

    def __init__(self) -> None:
        house = cast(House, Stands(lambda: self.house))
        pool = cast(AsyncConnectionPool, Stands(lambda: self.house.pool))
        self.app = FastAPI()
        routers = api.build(
            pool,
            lambda: self.house.now,
            cast(Tailer, Stands(lambda: self.tailer)),
            _Health(house),
            "Desk & Co",
            rows_of,
            lambda: [self.house.policy],
            partial(excused_now, cast(ExcuseBook, Stands(lambda: self.house.excuses))),
            _Past(house),
        )
        for router in (routers.open, routers.read, routers.audit, routers.ticket):
            self.app.include_router(router)


_SPARE: list[_Lent] = []


class _Past:
    def __init__(self, house: House) -> None:
        self._house = house

    def rows(self, asked: Stretch) -> AbstractAsyncContextManager[Reported]:
        return self._filling().rows(asked)

    def board(
        self, as_of: datetime, known_at: datetime | None
    ) -> AbstractAsyncContextManager[Stood]:
        return self._filling().board(as_of, known_at)

    def _filling(self) -> Filling:
        house = self._house
        return Filling(house.pool, book(house.policy), lambda: house.now)


class _Health:
    def __init__(self, house: House) -> None:
        self._house = house

    def projections(self) -> Sequence[str]:
        return [projector.name for projector in PROJECTORS]

    def last_tick_at(self) -> datetime | None:
        return self._house.last_tick_at

    def engine_error(self) -> str | None:
        return self._house.engine_error

    def ended_parts(self) -> Sequence[str]:
        return self._house.ended_parts

    def lost_log_lines(self) -> int:
        return 7

    def losing_log_lines(self) -> bool:
        return self._house.losing_log_lines

    def config_version(self) -> int | None:
        return self._house.config_version

    def config_error(self) -> str | None:
        return self._house.config_error

    def desks(self) -> Mapping[str, Desk]:
        return self._house.desks

    def unreachable_channels(self) -> Mapping[str, Unreachable]:
        return self._house.unreachable_channels

    def replica(self) -> ReplicaHealth | None:
        return None

    def unread_version(self) -> str | None:
        return self._house.unread_version

    def clock(self) -> ClockHealth:
        return ClockHealth()

    def patience_seconds(self) -> float:
        return self._house.patience_seconds


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until it holds."""
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up, f"not within {PATIENCE} s"
        await asyncio.sleep(0.005)


def pool_of(url: str) -> AsyncConnectionPool:
    """Not open yet."""
    return AsyncConnectionPool(url, min_size=1, max_size=6, open=False)


async def get(client: httpx.AsyncClient, path: str, **parameters: Any) -> Any:
    """What a query answers; it must."""
    answer = await client.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


@asynccontextmanager
async def open_house(url: str) -> AsyncGenerator[House]:
    """A house on this migrated database, its read tables made and empty."""
    async with (
        pool_of(url) as pool,
        await psycopg.AsyncConnection.connect(url) as conn,
    ):
        await pool.wait(PATIENCE)  # else who comes first would have a second connection made
        house = House(url=url, conn=conn, pool=pool)
        await house.runner.define_tables()
        yield house
        _SPARE.extend(house.lent)
