"""Part `http`: batches of 500 over HTTP, until the read side has them, and what they cost.

Into an api process with a worker beside it: what the product offers to those who have two cores.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from psycopg import AsyncConnection

from ops.bench import real
from ops.bench.accounting import Accounts, sizes
from ops.bench.figures import Figure
from ops.bench.harness import Bench, connected
from ops.bench.helpers import helped
from ops.bench.load import Posted, Posting, posted, posting
from ops.bench.services import Served
from ops.bench.tickets import Updates, Workload

BATCH = 500
CONNECTIONS = 8
KINDS = {
    "new": "HTTP, batches of 500, new tickets",
    "existing": "HTTP, batches of 500, existing tickets",
    "duplicates": "HTTP, batches of 500, 10 % duplicates",
    "real": "HTTP, batches of 500, the real incidents",
}
COUNTED = ("existing", "real")
"""Of these it is said what an update costs."""
PROCESSES = ("api", "worker", "postgres", "generator")
STORES = {
    "events": "events, all their columns",
    "heads": "heads",
    "read_tables": "read tables and the outbox",
    "indexes": "indexes of all of them",
    "wal": "PostgreSQL's own log (WAL)",
}


async def measure(bench: Bench) -> list[Figure]:
    """Updates a second; seconds until every projection had them, after the last answer; processor
    time and bytes an update until then."""
    caught_up: dict[str, list[float]] = {kind: [] for kind in KINDS}
    costs: dict[str, dict[str, list[float]]] = {kind: defaultdict(list) for kind in COUNTED}
    kept: dict[str, dict[str, list[float]]] = {kind: defaultdict(list) for kind in COUNTED}
    began = bench.now()
    incidents = real.updates(began)

    def work_of(kind: str, number: int) -> Workload:
        count = bench.scale.updates
        if kind == "real":
            return real.replayed(f"real-{number}", incidents, count, BATCH, CONNECTIONS)
        return Updates(
            f"http-{number}" if kind == "new" else f"http-{kind}",
            began,
            count,
            BATCH,
            step=0 if kind == "new" else number,
            repeats=kind == "duplicates",
        )

    async with (
        bench.database() as conninfo,
        bench.service(conninfo, role="api") as service,
        bench.service(conninfo, role="worker") as worker,
        connected(conninfo) as conn,
    ):
        accounts = await Accounts.of(conn, api=service.pid, worker=worker.pid)

        async def one(kind: str, number: int) -> float:
            work = work_of(kind, number)
            spec = Posting(service.host, service.port, work, CONNECTIONS, in_order=kind == "real")
            before, held = accounts.seconds(), await sizes(conn)
            said = await helped(posted, spec)
            if said.accepted + said.duplicates != work.count:
                raise RuntimeError(f"{said.accepted} of {work.count} updates were accepted")
            caught_up[kind].append(await projected(conn))
            if kind in COUNTED:
                await _settled(conn)
                spent = accounts.seconds()
                for name, seconds in spent.items():
                    costs[kind][name].append((seconds - before[name]) / work.count * 1e6)
                costs[kind]["generator"].append(said.cpu_seconds / work.count * 1e6)
                for name, size in (await sizes(conn)).since(held).items():
                    kept[kind][name].append(size / work.count)
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
        *(figure for kind in COUNTED for figure in _processor(kind, costs[kind])),
        *(figure for kind in COUNTED for figure in _bytes(kind, kept[kind])),
    ]


def _processor(kind: str, costs: Mapping[str, list[float]]) -> list[Figure]:
    """In all without the generator, which is no part of the product."""
    ours = [name for name in PROCESSES if name != "generator"]
    if not all(costs[name] for name in ours):
        return []
    together = tuple(map(sum, zip(*(costs[name] for name in ours), strict=True)))
    total = Figure(f"http.{kind}.cpu", f"processor time an update, {kind}", "µs", together)
    return [
        total,
        *(
            Figure(f"http.{kind}.cpu.{name}", f"  {name}", "µs", tuple(costs[name]))
            for name in PROCESSES
        ),
    ]


def _bytes(kind: str, kept: Mapping[str, list[float]]) -> list[Figure]:
    together = tuple(map(sum, zip(*(kept[name] for name in STORES), strict=True)))
    return [
        Figure(f"http.{kind}.bytes", f"bytes an update, {kind}", "B", together),
        *(
            Figure(f"http.{kind}.bytes.{name}", f"  {label}", "B", tuple(kept[name]))
            for name, label in STORES.items()
        ),
    ]


async def _settled(conn: AsyncConnection[Any]) -> None:
    """Until the worker has done with what is due: no ticket is behind."""
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        cursor = await conn.execute(
            "select exists (select from heads where next_due_at <= clock_timestamp())"
        )
        row = await cursor.fetchone()
        if row is not None and not row[0]:
            await projected(conn)
            return
        await asyncio.sleep(0.05)
    raise RuntimeError("what was due has not been raised within a minute")


async def give(service: Served, work: Workload) -> Posted:
    """Everything, as fast as it is taken."""
    return await posting(Posting(service.host, service.port, work, CONNECTIONS))


async def warm(bench: Bench, service: Served) -> float:
    """Lets a fresh service take some tickets; answers how many a second."""
    count = bench.scale.warming
    said = await give(service, Updates("warm", bench.now(), count, BATCH))
    return count / said.seconds


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
