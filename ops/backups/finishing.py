"""What a restored database needs before a service starts on it: the time that is lost is said.

Whoever tells people may have told them in that time; whoever listens may have heard of it; desks
will not say again by themselves what they have said. Nothing of that is known here any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from command_side.event_store import migrate
from command_side.event_store.resuming import Resumed, resume
from ops.pools import opened_later
from ops.wiring import now
from projections import held
from projections.all import PROJECTORS
from projections.runner import Runner

SERVES: LiteralString = """
SELECT DISTINCT application_name FROM pg_stat_activity
WHERE datname = current_database() AND application_name LIKE 'sla-tracker %'
    AND application_name <> 'sla-tracker cli'
"""
READ_AT_ONCE: LiteralString = """
UPDATE desk_readings SET next_at = least(next_at, %s), taken_until = NULL
WHERE what = 'reconciliation' RETURNING source
"""
SOURCES: LiteralString = "SELECT DISTINCT source FROM heads WHERE source <> '' ORDER BY source"


class StillServed(Exception):
    """A service runs on the database."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of the database."""

    log: Resumed
    until: datetime
    """What happened by then may have been told."""
    held: int
    """Notices that wait for somebody's word."""
    read_again: Sequence[str]
    """Desks that are asked for what is lost, by themselves."""
    not_read: Sequence[str]
    """Sources of tickets that nobody asks."""


async def finish(conninfo: str, *, until: datetime | None = None) -> Finished:
    """Ready the database for a service; repeating it does no harm. `until` is when the service that
    was lost ended, or now: until then messages may have been sent.

    Raises StillServed, MigrationRefused, or what psycopg does.
    """
    await migrate(conninfo)
    at = now()
    async with opened_later(lambda: conninfo, "cli", autocommit=True, most=3) as pool:
        runner = Runner(pool, PROJECTORS, now, "restore")
        async with pool.connection() as conn:
            served = await (await conn.execute(SERVES)).fetchall()
            if served:
                raise StillServed(f"{' and '.join(name for (name,) in served)} is connected to it.")
            await runner.define_tables()
            await conn.execute("UPDATE projections SET lease_until = NULL")  # of who is no more
            await runner.catch_up()  # what the log gives rise to is in the outbox before it is held
            async with conn.transaction():
                count = await held.hold(conn, until or at)
                read = await (await conn.execute(READ_AT_ONCE, [at])).fetchall()
                sources = await (await conn.execute(SOURCES)).fetchall()
                log = await resume(conn, now=at, until=until or at)
            await runner.catch_up()
            await conn.execute("UPDATE projections SET lease_until = NULL")
    again = sorted(name for (name,) in read)
    others = [name for (name,) in sources if name not in again]
    return Finished(log, until or at, count, again, others)
