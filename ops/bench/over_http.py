"""Part `http`: batches of 500 over HTTP, until the read side has them.

Into an api process with a worker beside it: what the product offers to those who have two cores.
"""

import asyncio
import time
from typing import Any

from psycopg import AsyncConnection

from ops.bench.figures import Figure
from ops.bench.harness import Bench, connected
from ops.bench.helpers import helped
from ops.bench.load import Posted, Posting, posted, posting
from ops.bench.services import Served
from ops.bench.tickets import Updates, Workload

BATCH = 500
CONNECTIONS = 8
WARMING = 2_000
KINDS = {
    "new": "HTTP, batches of 500, new tickets",
    "existing": "HTTP, batches of 500, existing tickets",
    "duplicates": "HTTP, batches of 500, 10 % duplicates",
}


async def measure(bench: Bench) -> list[Figure]:
    """Updates a second, and seconds until every projection had them, after the last answer."""
    caught_up: dict[str, list[float]] = {kind: [] for kind in KINDS}
    began = bench.now()

    async with (
        bench.database() as conninfo,
        bench.service(conninfo, role="api") as service,
        bench.service(conninfo, role="worker"),
        connected(conninfo) as conn,
    ):

        async def one(kind: str, number: int) -> float:
            prefix = f"http-{number}" if kind == "new" else f"http-{kind}"
            work = Updates(
                prefix,
                began,
                bench.scale.updates,
                BATCH,
                step=0 if kind == "new" else number,
                repeats=kind == "duplicates",
            )
            spec = Posting(service.host, service.port, work, CONNECTIONS)
            said = await helped(posted, spec)
            if said.accepted + said.duplicates != work.count:
                raise RuntimeError(f"{said.accepted} of {work.count} updates were accepted")
            caught_up[kind].append(await projected(conn))
            return work.count / said.seconds

        for kind in ("existing", "duplicates"):
            bench.say(f"opening {bench.scale.updates:,} tickets: {kind}")
            await give(service, Updates(f"http-{kind}", began, bench.scale.updates, BATCH))
        await projected(conn)
        samples = await bench.rounds(
            {kind: lambda number, kind=kind: one(kind, number) for kind in KINDS}
        )
    return [
        *(Figure(f"http.{kind}", label, "/s", samples[kind]) for kind, label in KINDS.items()),
        *(
            Figure(f"http.{kind}.caught_up", f"  then caught up, {kind}", "s", tuple(found))
            for kind, found in caught_up.items()
        ),
    ]


async def give(service: Served, work: Workload) -> Posted:
    """Everything, as fast as it is taken."""
    return await posting(Posting(service.host, service.port, work, CONNECTIONS))


async def warm(bench: Bench, service: Served) -> float:
    """Lets a fresh service take some tickets; answers how many a second."""
    said = await give(service, Updates("warm", bench.now(), WARMING, BATCH))
    return WARMING / said.seconds


async def projected(conn: AsyncConnection[Any], *, poll: float = 0.02) -> float:
    """Seconds until every projection has all that is in the log now."""
    began = time.monotonic()
    cursor = await conn.execute("select coalesce(max(notification_id), 0) from events")
    row = await cursor.fetchone()
    end = int(row[0]) if row else 0
    while True:
        cursor = await conn.execute("select min(position) from projections")
        row = await cursor.fetchone()
        if row is not None and row[0] is not None and row[0] >= end:
            return time.monotonic() - began
        await asyncio.sleep(poll)
