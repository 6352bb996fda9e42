"""Part `projections`: a backlog applied by all projections together, and rebuilds."""

import time
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from command_side import event_store
from ops.bench.figures import Figure
from ops.bench.harness import Bench, Pool, Round, connected, desk, intake, pooled
from ops.bench.tickets import Falling, Updates, Workload
from ops.bench.workload import policies, submissions
from ops.garbage import collected_seldom
from projections.all import PROJECTORS
from projections.rebuild import rebuild
from projections.runner import Runner

REBUILT = ("tickets", "ticket_clocks", "ticket_status_history")
BATCH = 1000


async def measure(bench: Bench) -> list[Figure]:
    """Events a second; a tenth of them are alerts and escalations."""
    async with (
        bench.database() as conninfo,
        pooled(conninfo, autocommit=True) as pool,
        pooled(conninfo, autocommit=False) as reading,
        connected(conninfo) as conn,
    ):
        began = bench.now()
        await _fill(bench, pool, conn, began)
        events = await event_store.last_position(conn)
        projectors = {projector.name: projector for projector in PROJECTORS}

        async def together(number: int) -> float:
            runner = Runner(reading, PROJECTORS, bench.now, f"bench-{number}")
            await runner.define_tables()
            await _forget(conn)
            start = time.monotonic()
            applied = await runner.catch_up()
            if applied != events:
                raise RuntimeError(f"{applied} of {events} events were applied")
            return events / (time.monotonic() - start)

        def again(name: str) -> Round:
            async def rebuilt(_: int) -> float:
                start = time.monotonic()
                await rebuild(reading, projectors[name], now=bench.now)
                return events / (time.monotonic() - start)

            return rebuilt

        with collected_seldom():  # as in a service
            samples = await bench.rounds(
                {"together": together, **{name: again(name) for name in REBUILT}}
            )
    return [
        Figure("projections.together", "all projections on a backlog", "/s", samples["together"]),
        *(
            Figure(f"projections.rebuild.{name}", f"rebuild of {name}", "/s", samples[name])
            for name in REBUILT
        ),
    ]


async def _fill(bench: Bench, pool: Pool, conn: AsyncConnection[Any], began: datetime) -> None:
    """Tickets, two updates of each, and for some an alert with its escalation."""
    book = policies(began)
    tickets = bench.scale.backlog * 3 // 10
    falling = Falling(
        "alerted", began, timedelta(), bench.scale.backlog // 20, BATCH, priority="P1"
    )
    work: list[Workload] = [
        falling,
        *(Updates("backlog", began, tickets, BATCH, step=step) for step in range(3)),
    ]
    for one in work:
        for number in range(one.batches):
            bench.say(f"filling the log, {number * BATCH:,} of {one.count:,}")
            await intake(book).ingest(conn, submissions(one.batch(number)), began)
    while (await desk(pool, book).raise_due(began + timedelta(seconds=1), 500)).count:
        pass


async def _forget(conn: AsyncConnection[Any]) -> None:
    """As if nothing had been applied yet, by anybody."""
    tables = [Identifier(table.name) for one in PROJECTORS for table in one.tables]
    await conn.execute(SQL("truncate {}").format(SQL(", ").join(tables)))
    await conn.execute(
        "update projections set position = 0, lease_owner = null, lease_until = null"
    )
