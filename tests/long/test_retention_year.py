"""A year goes by in an hour: two million updates while housekeeping drops what is old, day by day.

Printed is how large each table is month by month, and how large it would be if nothing were
dropped, by a desk a tenth as large of which all is kept. In the end the log is sound, the read
tables are what it says, nothing unsent is gone, and a ticket of the first day goes on as if it were
of yesterday.
"""

import resource
import time
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, LiteralString

import pytest
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side.deciding.events import RETENTION, RetentionApplied
from command_side.event_store import migrate, read_streams, verify_chain
from projections import verifying
from projections.all import PROJECTORS
from tests.support.database import temporary_database
from tests.support.desk import pool_of
from tests.support.figures import Figures, scaled
from tests.support.items import opening, update
from tests.support.year import DAY, FIRST_DAY, FOREVER, KEPT, Desk

pytestmark = pytest.mark.long

DAYS = 365
TICKETS_A_DAY = scaled(930, least=4)
"""Of about six updates each: two million a year."""
TENTH = max(2, TICKETS_A_DAY // 10)
MB = 1_000_000
SHOWN = (
    *("events", "heads", "outbox", "deliveries", "jobs"),
    *("tickets", "ticket_clocks", "ticket_status_history", "alerts", "alert_deliveries"),
)

OVERDUE: LiteralString = """
select count(*) from outbox o where state = 'sent' and sent_at < %s and not exists (
    select from outbox other where other.ticket_id = o.ticket_id and other.channel = o.channel
        and other.state <> 'sent')
"""
BY_STATE: LiteralString = "select state = 'sent', count(*) from outbox group by 1"
OLDEST: LiteralString = "select min(received_at) from deliveries"
OF_TWIN: LiteralString = """
select to_jsonb(c) - 'ticket_id' from ticket_clocks c join tickets t using (ticket_id)
where t.external_id = %s order by clock, cycle
"""
BOARD: LiteralString = "select status, phase, level from tickets where external_id = %s"
WAL: LiteralString = "select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"
TWINS = ("TWIN-1", "TWIN-2")


def looks(tickets_a_day: int) -> int:
    """A day: a batch of some hundred updates each, if there are so many."""
    return max(4, min(24, tickets_a_day * 6 // 230))


@asynccontextmanager
async def desk_of(server: str, tickets_a_day: int, kept: dict[str, str]) -> AsyncGenerator[Desk]:
    """On a database of its own, the day before the year."""
    with temporary_database(server) as (_, url):
        await migrate(url)
        async with (
            pool_of(url) as pool,
            AsyncConnectionPool[AsyncConnection[Any]](
                url, min_size=1, max_size=4, open=False
            ) as reading,
        ):
            desk = Desk(pool, reading, tickets_a_day, looks(tickets_a_day))
            await desk.begin(kept)
            yield desk


def line(sizes: dict[str, int], times: float = 1) -> str:
    every = [f"{name} {sizes.get(name, 0) * times / MB:,.1f}" for name in SHOWN]
    return ", ".join([*every, f"all {sum(sizes.values()) * times / MB:,.1f}"])


async def live(desk: Desk, figures: Figures, name: str, times: float = 1) -> dict[str, int]:
    """The year; sizes by month, in megabytes, times so much."""
    sizes: dict[str, int] = {}
    for number in range(DAYS):
        await desk.day(number)
        if (number + 1) % 30 == 0 or number + 1 == DAYS:
            sizes = await desk.sizes()
            figures(f"{name}, MB after {number + 1} days", line(sizes, times))
    return sizes


async def one(desk: Desk, question: LiteralString, *given: object) -> list[tuple[Any, ...]]:
    async with desk.pool.connection() as conn:
        return await (await conn.execute(question, given)).fetchall()


async def test_after_a_year_of_retention_the_log_is_sound_and_decides_as_ever(
    server: str, figures: Figures
) -> None:
    async with desk_of(server, TICKETS_A_DAY, KEPT) as desk:
        await twins(desk, "open", FIRST_DAY + timedelta(hours=1))
        await twins(desk, "resolved", FIRST_DAY + timedelta(hours=2))
        wal, began, spent = (await one(desk, WAL))[0][0], time.monotonic(), time.process_time()
        kept = await live(desk, figures, "dropped when old")
        took = time.monotonic() - began
        figures("updates", desk.said)
        figures("seconds", took)
        figures("updates a second", desk.said / took)
        figures("seconds of CPU in Python", time.process_time() - spent)
        figures("bytes of WAL an update", ((await one(desk, WAL))[0][0] - wal) / desk.said)
        figures("MB of memory at most", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)
        figures("bytes an update", sum(kept.values()) / desk.said)
        await nothing_is_gone_that_was_needed(desk, figures)
        await old_tickets_go_on(desk)
        await all_of_it_is_sound(desk, figures)

    async with desk_of(server, TENTH, FOREVER) as desk:
        times = TICKETS_A_DAY / TENTH
        every = await live(desk, figures, "all kept (a smaller desk, multiplied)", times)
        figures("bytes an update, all kept", sum(every.values()) / desk.said)
        assert set(desk.dropped.values()) == {0}


async def twins(desk: Desk, status: str, at: Any) -> None:
    """The same is said of both."""
    said = update if status != "open" else opening
    await desk.process.post(
        *(said(at, name, status=status, priority="P1", customer_tier="gold") for name in TWINS),
        when=at,
    )


async def nothing_is_gone_that_was_needed(desk: Desk, figures: Figures) -> None:
    now = desk.process.clock.now
    states = dict(await one(desk, BY_STATE))
    figures("notices, of these given up", f"{desk.told:,}, {desk.died:,}")
    assert states[False] == desk.died
    assert states[True] + desk.dropped["outbox"] + desk.died == desk.told
    assert (await one(desk, OVERDUE, now - 91 * DAY))[0][0] == 0
    assert (await one(desk, OLDEST))[0][0] >= now - 31 * DAY

    async with desk.pool.connection() as conn:
        stream = (await read_streams(conn, [RETENTION]))[RETENTION]
    said: dict[str, int] = defaultdict(int)
    for event in stream:
        assert isinstance(event.body, RetentionApplied)
        said[event.body.what] += event.body.count
    assert said == {what: count for what, count in desk.dropped.items() if count}
    figures("events that say what was dropped", len(stream))
    for what, count in said.items():
        figures(f"rows dropped of {what}", count)


async def old_tickets_go_on(desk: Desk) -> None:
    """One from its head, the other from its stream of a year ago: the same comes of both."""
    await desk.process.of_another_release(TWINS[1])
    now = desk.process.clock.now + timedelta(minutes=5)
    await twins(desk, "in_progress", now)
    told = desk.told
    desk.process.clock.set(now + 2 * DAY)
    await desk.process.tick()
    await desk.runner.catch_up()
    await desk.send()
    assert desk.told > told
    first, second = [[row for (row,) in await one(desk, OF_TWIN, name)] for name in TWINS]
    assert first == second
    assert [(each["clock"], each["state"]) for each in first if each["stopped_at"] is None]
    assert await one(desk, BOARD, TWINS[0]) == await one(desk, BOARD, TWINS[1])
    assert (await one(desk, BOARD, TWINS[0]))[0][:2] == ("in_progress", "active")
    assert await desk.process.told(TWINS[0]) == await desk.process.told(TWINS[1])


async def all_of_it_is_sound(desk: Desk, figures: Figures) -> None:
    began = time.monotonic()
    async with desk.pool.connection() as conn:
        chain = await verify_chain(conn)
    assert chain.reason is None
    figures("events", chain.checked)
    figures("seconds to verify a million events", (time.monotonic() - began) / chain.checked * 1e6)
    began = time.monotonic()
    built = [one for one in PROJECTORS if not one.once]
    found = await verifying.compare(
        desk.reading, built, now=desk.process.now, progress=lambda _done, _all: None
    )
    assert found == []
    rate = (time.monotonic() - began) / chain.checked * 1e6
    figures("seconds to build all read tables beside, and compare, a million events", rate)
