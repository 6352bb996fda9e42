"""What every part of the bench works with: databases, services, helpers and rounds."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from psycopg import AsyncConnection, sql
from psycopg.conninfo import make_conninfo
from psycopg_pool import AsyncConnectionPool

from command_side import event_store
from command_side.desk import TicketDesk
from command_side.intake.batches import Intake
from config.versions import PolicyBook
from ops.bench import workload
from ops.bench.scale import Scale
from ops.bench.services import Served, serve
from ops.wiring import Role

Pool = AsyncConnectionPool[AsyncConnection[Any]]
Round = Callable[[int], Awaitable[float]]
Found = TypeVar("Found")
STRETCHED = (1, 4, 16)
"""By how much what is sent ahead of its time is, at the first try, the second and the last."""


class TooSlow(Exception):
    """What was to be sent ahead of its time came too late to be measured."""


class Bench:
    """One run."""

    def __init__(
        self,
        server: str,
        folder: Path,
        scale: Scale,
        now: Callable[[], datetime],
        say: Callable[[str], None],
    ) -> None:
        """`server` is the conninfo of one where databases may be created; `folder` is for logs and
        is thrown away; `say` hears what is being done."""
        self.server, self.folder, self.scale, self.now, self.say = server, folder, scale, now, say

    @asynccontextmanager
    async def database(self) -> AsyncGenerator[str]:
        """The conninfo of a database with the event store's tables, dropped afterwards."""
        name = f"sla_bench_{uuid4().hex[:12]}"
        await self._admin(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            conninfo = make_conninfo(self.server, dbname=name)
            await event_store.migrate(conninfo)
            yield conninfo
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")  # services may still be closing
            await self._admin(drop.format(sql.Identifier(name)))

    async def _admin(self, statement: sql.Composed) -> None:
        async with await AsyncConnection.connect(self.server, autocommit=True) as conn:
            await conn.execute(statement)

    @asynccontextmanager
    async def service(
        self,
        conninfo: str,
        *,
        module: str = "ops.cli",
        role: Role = "all",
        data: Path | None = None,
        **environment: str,
    ) -> AsyncGenerator[Served]:
        """A service process of its own with the bench's configuration, on a database, or for an
        empty `conninfo` on one of its own in the folder `data`."""
        folder = self.folder / f"service-{uuid4().hex[:8]}"
        folder.mkdir()
        config = folder / "sla_config.yaml"
        config.write_text(workload.config(), encoding="utf-8")
        environment = {
            "SLA_CONFIG": str(config),
            "SLA_DATA_DIR": str(data or folder / "data"),
            **environment,
        }
        async with serve(folder, conninfo, module=module, role=role, **environment) as served:
            yield served

    async def rounds(self, variants: Mapping[str, Round]) -> dict[str, tuple[float, ...]]:
        """The samples of each variant: one after the other in every round, so that what slows
        the machine down for a while slows all of them."""
        samples: dict[str, list[float]] = {name: [] for name in variants}
        for number in range(1, self.scale.rounds + 1):
            for name, measure in variants.items():
                self.say(f"round {number} of {self.scale.rounds}: {name}")
                samples[name].append(await measure(number))
        return {name: tuple(found) for name, found in samples.items()}


async def in_time(measure: Callable[[int], Awaitable[Found]]) -> Found:
    """What `measure` finds, told how many times as long as usual to send ahead: longer after each
    TooSlow, as a busy machine needs. Raises the last one."""
    *tries, last = STRETCHED
    for stretch in tries:
        with suppress(TooSlow):
            return await measure(stretch)
    return await measure(last)


@asynccontextmanager
async def connected(conninfo: str) -> AsyncGenerator[AsyncConnection[Any]]:
    """In autocommit, as the writer's."""
    async with await AsyncConnection.connect(conninfo, autocommit=True) as conn:
        yield conn


@asynccontextmanager
async def pooled(conninfo: str, *, autocommit: bool) -> AsyncGenerator[Pool]:
    pool: Pool = AsyncConnectionPool(
        conninfo, kwargs={"autocommit": autocommit}, min_size=2, max_size=4, open=False
    )
    async with pool:
        yield pool


async def _nothing_to_learn() -> None:
    """The bench's book is complete."""


def desk(pool: Pool, book: PolicyBook) -> TicketDesk:
    return TicketDesk(pool, book, learn=_nothing_to_learn)


def intake(book: PolicyBook) -> Intake:
    return Intake(book, learn=_nothing_to_learn)
