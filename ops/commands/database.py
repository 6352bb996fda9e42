"""What commands about the log work with: the service's database, running or not."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from command_side.event_store import MigrationRefused
from config.problems import ConfigError
from config.settings import Settings
from ops.commands.exits import err, refuse
from ops.embedded import BadAddress, EmbeddedPostgres, PostgresUnavailable, conninfo_from, impatient
from ops.http.serving import Answer, until_interrupted
from ops.pools import heed_poolers

Pool = AsyncConnectionPool[AsyncConnection[Any]]


def work(settings: Settings, main: Callable[[Pool], Coroutine[object, object, Answer]]) -> Answer:
    """Run `main` on the database, and leave with a clear word when there is none."""

    async def pooled(conninfo: str) -> Answer:
        async with connections(conninfo) as pool:
            return await main(pool)

    return work_at(settings, pooled)


def work_at(settings: Settings, main: Callable[[str], Coroutine[object, object, Answer]]) -> Answer:
    """The same for what connects by itself: `main` is told where."""

    async def connected() -> Answer:
        async with _conninfo(settings) as conninfo:
            return await main(conninfo)

    try:
        done = until_interrupted(connected)
    except (psycopg.OperationalError, PoolTimeout) as error:
        refuse(f"The database does not answer: {error}")
    except psycopg.errors.UndefinedTable:
        refuse("This database has none of SLA Tracker's tables yet. Start the service once.")
    except psycopg.errors.InsufficientPrivilege as error:
        refuse(f"The database user may not do that: {error}")
    except (BadAddress, ConfigError, MigrationRefused, PostgresUnavailable) as error:
        refuse(str(error))
    if done is None:
        refuse("Interrupted.", code=130)
    return done


def has_database(settings: Settings) -> bool:
    """Whether there is one to look into: named, or left by an earlier run."""
    return bool(settings.database_url.get_secret_value()) or _folder(settings).is_dir()


def _folder(settings: Settings) -> Path:
    return settings.sla_data_dir / "postgres"


def progress_bar(*, shown: bool, unit: str) -> Progress:
    """On stderr, gone afterwards; nothing unless that is a terminal."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed:,.0f} " + unit),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not (shown and err.is_terminal),
    )


@asynccontextmanager
async def _conninfo(settings: Settings) -> AsyncGenerator[str, None]:
    if url := settings.database_url.get_secret_value():
        yield impatient(conninfo_from(url))
        return
    folder = settings.sla_data_dir
    if not has_database(settings):
        refuse(f"There is no data in {folder} yet. Start the service once, or set DATABASE_URL.")
    embedded = EmbeddedPostgres(folder)  # attaches to the running service's, if there is one
    try:
        yield await asyncio.to_thread(embedded.start)
    finally:
        await asyncio.to_thread(embedded.stop)


@asynccontextmanager
async def connections(conninfo: str) -> AsyncGenerator[Pool, None]:
    """A few, as the commands use them."""
    # The pool would try for long, and say why only in the log.
    await (await AsyncConnection.connect(conninfo)).close()
    pool: Pool = AsyncConnectionPool(
        conninfo,
        kwargs={"application_name": "sla-tracker cli"},
        min_size=1,
        max_size=3,
        timeout=10,
        configure=heed_poolers,
        open=False,
    )
    await pool.open(wait=True, timeout=10)
    try:
        yield pool
    finally:
        await pool.close()
