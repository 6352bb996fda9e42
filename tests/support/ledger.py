"""What must be true of the database after whatever was done to the service."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import AsyncConnection, IsolationLevel, sql
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from command_side.deciding.events import Ticket, shown
from command_side.event_store import read_after, verify_chain
from engine.notify.courier import GRACE
from ops.wiring import now
from projections.all import PROJECTORS
from projections.outbox import Outbox
from projections.rebuild import rebuild

Json = dict[str, Any]
PATIENCE = 120.0
"""Seconds: deliveries have a pace, and the lease of one that was killed has to lapse."""
Milestone = tuple[str, UUID, str, str, str | int, int]
"""Topic, ticket, clock, start of the cycle, severity or level, generation."""
MILESTONES = (Ticket.AlertRaised.TOPIC, Ticket.Escalated.TOPIC)

QUIET: LiteralString = """
select (select coalesce(max(notification_id), 0) from events)
       = all (select position from projections)
   and not exists (select from outbox where state in ('pending', 'sending'))
   and not exists (select from heads where next_due_at <= %s)
"""
BROKEN_VERSIONS: LiteralString = """
select originator_id, min(originator_version), max(originator_version), count(*) from events
group by originator_id
having min(originator_version) <> 1 or max(originator_version) <> count(*)
"""
HEADS_BEHIND: LiteralString = """
select ticket_id, heads.version, max(originator_version) from heads
left join events on originator_id = ticket_id
group by ticket_id having heads.version is distinct from max(originator_version)
"""
LET_GRACE_PASS: LiteralString = """
update outbox set waiting_since = now() - %(grace)s
where state = 'pending' and attempts = 0 and waiting_since > now() - %(grace)s
    and channel not in (select channel from outbox_channels)
"""
LET_LEASES_LAPSE: LiteralString = """
update outbox set lease_until = now() where lease_until > now()
"""


async def settled(
    conninfo: str, *, patience: float = PATIENCE, ahead: timedelta = timedelta()
) -> None:
    """Waits until all that is due by now, or in so short a time, is raised, projected and sent.

    What is for a channel that nobody has written to waits no longer for somebody who knows it.
    """
    due = now() + ahead
    async with asyncio.timeout(patience):
        async with await AsyncConnection.connect(conninfo, autocommit=True) as conn:
            while True:
                await conn.execute(LET_GRACE_PASS, {"grace": GRACE})
                cursor = await conn.execute(QUIET, [due])
                if (await cursor.fetchall())[0][0]:
                    return
                await asyncio.sleep(0.1)


def let_leases_lapse(conninfo: str) -> None:
    """As time would; call it while no service runs."""
    with psycopg.connect(conninfo) as conn:
        conn.execute(LET_LEASES_LAPSE)


def position(conninfo: str) -> int:
    """The end of the log."""
    with psycopg.connect(conninfo) as conn:
        row = conn.execute("select coalesce(max(notification_id), 0) from events").fetchone()
        return row[0] if row else 0


async def the_log_is_sound(conninfo: str) -> None:
    """Positions and versions are dense, heads stand at their streams' ends, the chain holds; all
    as of one instant, for a service that runs may append meanwhile."""
    async with await AsyncConnection.connect(conninfo) as conn:
        await conn.set_isolation_level(IsolationLevel.REPEATABLE_READ)
        cursor = await conn.execute(
            "select count(*), count(distinct notification_id), coalesce(max(notification_id), 0)"
            " from events"
        )
        count, distinct, last = (await cursor.fetchall())[0]
        assert count == distinct == last
        assert await (await conn.execute(BROKEN_VERSIONS)).fetchall() == []
        assert await (await conn.execute(HEADS_BEHIND)).fetchall() == []
        chain = await verify_chain(conn)
        assert (chain.bad_position, chain.checked) == (None, last)


async def milestones(conninfo: str) -> Counter[Milestone]:
    """How often each was raised."""
    async with await AsyncConnection.connect(conninfo) as conn:
        raised = [one for one in await events(conn) if one.topic in MILESTONES]
    return Counter(
        (
            one.topic,
            one.ticket_id,
            shown(one.body)["clock"],
            shown(one.body)["cycle_started_at"],
            shown(one.body).get("level", shown(one.body)["severity"]),
            shown(one.body)["generation"],
        )
        for one in raised
    )


async def every_milestone_is_raised_once(conninfo: str) -> Counter[str]:
    """And no event is parked; how many milestones of each topic there are."""
    async with await AsyncConnection.connect(conninfo) as conn:
        parked = await (await conn.execute("select * from parked_events")).fetchall()
    assert parked == []
    raised = await milestones(conninfo)
    assert [key for key, times in raised.items() if times > 1] == []
    return Counter(topic for topic, *_ in raised)


async def stored_keys(conninfo: str) -> set[tuple[UUID, datetime, int]]:
    """The observations that the log holds, by ticket, updated_at and revision."""
    async with await AsyncConnection.connect(conninfo) as conn:
        cursor = await conn.execute(
            "select originator_id, observed_at, revision from events where observed_at is not null"
        )
        return {
            (ticket, at.astimezone(UTC), number) for ticket, at, number in await cursor.fetchall()
        }


async def lost(conninfo: str, acknowledged: Iterable[tuple[Json, Json]]) -> list[Json]:
    """`acknowledged` are items that name their `updated_at`, each with its result."""
    stored = await stored_keys(conninfo)
    missing: list[Json] = []
    for item, result in acknowledged:
        assert result["outcome"] in ("accepted", "duplicate"), result
        at = datetime.fromisoformat(item["updated_at"]).astimezone(UTC)
        if (UUID(result["ticket_id"]), at, item.get("revision", 0)) not in stored:
            missing.append(item)
    return missing


async def nothing_acknowledged_is_lost(
    conninfo: str, acknowledged: Iterable[tuple[Json, Json]]
) -> None:
    assert await lost(conninfo, acknowledged) == []


async def projections_equal_a_rebuild(conninfo: str) -> int:
    """Row for row; how many rows that were. The service must have ended, and be caught up."""
    count = 0
    async with AsyncConnectionPool[AsyncConnection[Any]](
        conninfo, min_size=1, max_size=3, open=False
    ) as pool:
        for projector in PROJECTORS:
            if projector.once:
                continue
            before = [await rows(conninfo, table.name, table.key) for table in projector.tables]
            await rebuild(pool, projector, now=now)
            after = [await rows(conninfo, table.name, table.key) for table in projector.tables]
            assert before == after
            count += sum(map(len, before))
    return count


async def the_outbox_holds_what_was_to_be_sent(conninfo: str) -> None:
    """It cannot be rebuilt, only compared."""
    async with await AsyncConnection.connect(conninfo) as conn:
        wanted = {
            write.row["dedup_key"]: write.row["position"]
            for write in Outbox().rows(await events(conn))
        }
    found = await rows(conninfo, "outbox", ("dedup_key",))
    assert {row["dedup_key"]: row["position"] for row in found} == wanted


async def events(conn: AsyncConnection[Any]) -> list[Any]:
    """The whole log."""
    found: list[Any] = []
    while page := await read_after(conn, found[-1].position if found else 0, 5000):
        found += page
    return found


async def rows(conninfo: str, table: str, key: Sequence[str]) -> list[Json]:
    """All of a table, in the order of its key."""
    async with (
        await AsyncConnection.connect(conninfo) as conn,
        conn.cursor(row_factory=dict_row) as cursor,
    ):
        await cursor.execute(
            sql.SQL("select * from {} order by {}").format(
                sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, key))
            )
        )
        return await cursor.fetchall()


async def deadlocks(conninfo: str) -> int:
    """That PostgreSQL has broken in this database."""
    async with await AsyncConnection.connect(conninfo) as conn:
        cursor = await conn.execute(
            "select deadlocks from pg_stat_database where datname = current_database()"
        )
        return (await cursor.fetchall())[0][0]


async def lock_waits(conninfo: str) -> list[str] | None:
    """Lines of PostgreSQL's own log, by a server that logs waits of a second and more.

    None where its log is not to be had: only an embedded server's is.
    """
    async with await AsyncConnection.connect(conninfo) as conn:
        cursor = await conn.execute(
            "select current_database(), current_setting('data_directory'),"
            " current_setting('log_lock_waits') = 'on'"
            " and current_setting('deadlock_timeout') = '1s'"
        )
        name, folder, logged = (await cursor.fetchall())[0]
    log = Path(folder).parent / "postgres.log"
    if not logged or not log.exists():
        return None
    lines = log.read_text("utf-8", errors="replace").splitlines()
    return [line for line in lines if f"@{name} " in line and " still waiting for " in line]
