"""Parts `idle` and `due`: what a tick costs when nothing is due, and when very much is."""

import asyncio
import time
from datetime import timedelta
from typing import Any, LiteralString

from psycopg import AsyncConnection

from command_side import event_store
from engine.watch import Watch
from ops.bench.figures import Figure
from ops.bench.harness import Bench, TooSlow, connected, desk, in_time, intake, pooled
from ops.bench.over_http import give, projected, warm
from ops.bench.tickets import Falling, Updates
from ops.bench.workload import policies, submissions

SEED: LiteralString = """
insert into heads (ticket_id, source, external_id, version, state, next_due_at)
select gen_random_uuid(), source, external_id || number, version, state,
       next_due_at + number * interval '1 ms'
from heads, generate_series(2, %b::bigint) as number
"""
EVENTS_EACH = 2
"""What a P1 ticket's first milestone becomes: an alert, and an escalation."""
BATCH = 500
PATIENCE = 60.0


async def idle(bench: Bench) -> list[Figure]:
    """Milliseconds of a tick that finds nothing, with few and with many open tickets."""
    scale = bench.scale
    began = bench.now()
    async with bench.database() as few, bench.database() as many:
        await _seed(bench, few, scale.idle_few)
        await _seed(bench, many, scale.idle_many)
        async with pooled(few, autocommit=True) as one, pooled(many, autocommit=True) as other:
            book = policies(began)
            watches = {
                "few": Watch(desk(one, book), bench.now, _sleep),
                "many": Watch(desk(other, book), bench.now, _sleep),
            }
            for watch in watches.values():
                await watch.tick()
            bench.say("ticking")
            samples: dict[str, list[float]] = {name: [] for name in watches}
            for _ in range(scale.ticks):
                for name, watch in watches.items():
                    start = time.perf_counter()
                    raised = await watch.tick()
                    samples[name].append((time.perf_counter() - start) * 1000)
                    if raised:
                        raise RuntimeError("a tick of the bench was not idle")
    return [
        Figure("idle.few", f"idle tick, {scale.idle_few:,} tickets", "ms", tuple(samples["few"])),
        Figure(
            "idle.many",
            f"idle tick, {scale.idle_many:,} tickets",
            "ms",
            tuple(samples["many"]),
            base="idle.few",
        ),
    ]


async def _seed(bench: Bench, conninfo: str, count: int) -> None:
    """The head of one open ticket, so many times."""
    bench.say(f"seeding {count:,} open tickets")
    began = bench.now()
    async with connected(conninfo) as conn:
        one = submissions(Updates("idle", began, 1, 1).batch(0))
        await intake(policies(began)).ingest(conn, one, began)
        await conn.execute(SEED, [count])
        await conn.execute("vacuum analyze heads")


async def _sleep(pause: timedelta) -> None:
    await asyncio.sleep(pause.total_seconds())


async def due(bench: Bench) -> list[Figure]:
    """Seconds from the instant at which very many clocks are due until all have been raised.

    By two workers: they claim what the other does not hold.
    """
    count = bench.scale.due

    async def once(stretch: int) -> tuple[float, float]:
        return await _raised(bench, count, stretch)

    raised, shown = await in_time(once)
    return [
        Figure("due.raised", f"{count:,} clocks due at once: all raised", "s", (raised,)),
        Figure("due.shown", "  and on the read side", "s", (shown,)),
    ]


async def _raised(bench: Bench, count: int, stretch: int) -> tuple[float, float]:
    """Seconds until all have been raised, and until they are read so. Raises TooSlow when the
    instant comes before all tickets are there."""
    async with (
        bench.database() as conninfo,
        bench.service(conninfo, role="api") as service,
        bench.service(conninfo, role="worker"),
        bench.service(conninfo, role="worker"),
        connected(conninfo) as conn,
    ):
        lead = stretch * (2.0 + 2 * count / await warm(bench, service))
        instant, at = time.monotonic() + lead, bench.now() + timedelta(seconds=lead)
        bench.say(f"sending {count:,} tickets")
        await give(service, Falling("due", at, timedelta(), count, BATCH, priority="P1"))
        await projected(conn)
        before = await event_store.last_position(conn)
        if time.monotonic() > instant - 0.1:
            raise TooSlow("this machine was too slow to send the tickets in time")
        bench.say(f"waiting for {count:,} clocks")
        await asyncio.sleep(instant - time.monotonic())
        end = before + EVENTS_EACH * count
        raised = await _reached(conn, end, instant)
        await projected(conn)
        return raised, time.monotonic() - instant


async def _reached(conn: AsyncConnection[Any], end: int, since: float) -> float:
    """Seconds since an instant until the log is that long."""
    while await event_store.last_position(conn) < end:
        if time.monotonic() > since + PATIENCE:
            raise RuntimeError(f"not everything was raised within {PATIENCE:.0f} s")
        await asyncio.sleep(0.01)
    return time.monotonic() - since
