"""Part `audit`: the whole log checked, and folded again under another configuration."""

import time
from datetime import timedelta

from command_side import event_store
from command_side.deciding.excusing import NOTHING_AGREED
from engine.sla.instants import micros
from ops.bench import real
from ops.bench.figures import Figure
from ops.bench.harness import Bench, connected, intake, pooled
from ops.bench.tickets import split
from ops.bench.workload import policies, submissions
from projections.all import PROJECTORS
from projections.runner import Runner
from projections.verifying import compare
from query_side.audit.what_if.simulating import SLICES, Supposing
from query_side.audit.what_if.sums import By

BATCH = 1000


async def measure(bench: Bench) -> list[Figure]:
    """Events a second that `sla verify` checks, and tickets a second that a what-if folds twice."""
    began = bench.now()
    book = policies(began - timedelta(days=400))
    work = real.replayed("audited", real.updates(began), bench.scale.updates, BATCH, 1)
    async with (
        bench.database() as conninfo,
        pooled(conninfo, autocommit=False) as reading,
        connected(conninfo) as conn,
    ):
        items = [item for number in range(work.batches) for item in work.batch(number)]
        for part in split(items, BATCH):
            await intake(book).ingest(conn, submissions(part), began)
        await Runner(reading, PROJECTORS, bench.now, "bench").catch_up()
        tickets = len({item["external_id"] for item in items})
        supposing = Supposing(
            book.current,
            book,
            NOTHING_AGREED,
            micros(began),
            await event_store.last_position(conn),
            By(["tier", "priority", "clock"]),
        )
        chained: list[float] = []
        verified: list[float] = []
        supposed: list[float] = []
        for number in range(1, bench.scale.rounds + 1):
            bench.say(f"round {number} of {bench.scale.rounds}")
            start = time.perf_counter()
            result = await event_store.verify_chain(conn)
            chained.append(result.checked / (time.perf_counter() - start))
            if result.reason is not None:
                raise RuntimeError(f"the log is not sound: {result.reason}")
            rebuilt = [one for one in PROJECTORS if not one.once]
            await compare(reading, rebuilt, now=bench.now, progress=lambda _done, _all: None)
            verified.append(result.checked / (time.perf_counter() - start))
            start = time.perf_counter()
            await supposing.simulate(conn, range(SLICES), lambda _: None)
            supposed.append(tickets / (time.perf_counter() - start))
    return [
        Figure("audit.chain", "events checked by the chain of hashes", "/s", tuple(chained)),
        Figure("audit.verify", "  and by what the read tables say", "/s", tuple(verified)),
        Figure("audit.whatif", "tickets folded by a what-if", "/s", tuple(supposed)),
    ]
