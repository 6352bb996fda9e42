"""What the database knows, asked once for each scrape."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from psycopg import AsyncConnection

from engine.sla.policy import Policy
from projections.all import PROJECTORS
from projections.dead_letters import unsent
from projections.status import ProjectionStatus, status
from projections.turning import dead_channels
from query_side import sql
from query_side.desk_health import Desk, DeskHealth, desk_health
from query_side.on_call_health import OnCallHealth, on_call_health

# Those that run, by an index that holds no others, however many ever ran.
CLOCKS: LiteralString = """
SELECT coalesce(nullif(rule, ''), lower(customer_tier)), clock,
    CASE WHEN severity = 'breached' OR breached_at <= %(now)s OR due_at <= %(now)s THEN 'breached'
        WHEN critical_at <= %(now)s THEN 'critical'
        WHEN warning_at <= %(now)s THEN 'warning'
        ELSE 'compliant' END,
    count(*)
FROM ticket_clocks
WHERE state = 'running' OR resumes_at IS NOT NULL
GROUP BY 1, 2, 3
"""
# Of the health page's numbers one: PostgreSQL counts no notices for what nobody asks of it.
SINGLE: LiteralString = f"""
SELECT (SELECT count(*) FROM jobs WHERE state = 'waiting'),
    pg_database_size(current_database()),
    coalesce((SELECT extract(epoch FROM max(taken_at))::float8 FROM verified_backups), 0),
    waiting_seconds
FROM ({sql.load("health_waiting")}) health
"""
# What is partitioned counts as one.
TABLES: LiteralString = """
SELECT coalesce(pg_partition_root(oid), oid)::regclass::text,
    sum(pg_total_relation_size(oid))::int8, sum(greatest(reltuples, 0))::float8
FROM pg_class
WHERE relkind = 'r'
    AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'events'::regclass)
GROUP BY 1
"""
KNOWN = frozenset(
    {"events", "heads", "deliveries", "jobs", "outbox_channels", "outbox_threads"}
    | {table.name for projector in PROJECTORS for table in projector.tables}
)
"""Tables with a label of their own: a rebuild makes others for a while."""
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Stored:
    """What was found."""

    projections: list[ProjectionStatus]
    notices: Mapping[str, int]
    dead: Collection[str]
    clocks: Mapping[tuple[str, str, str], int]
    """Open ones, by rule (or tier), clock and severity."""
    waiting_seconds: float
    jobs: int
    database_bytes: int
    backup_at: float
    """Since 1970; 0: there was never one."""
    table_bytes: Mapping[str, int]
    table_rows: Mapping[str, float]
    on_call: list[OnCallHealth]
    desks: list[DeskHealth]


async def stored(
    conn: AsyncConnection[Any],
    *,
    now: datetime,
    policies: Collection[Policy],
    desks: Mapping[str, Desk],
) -> Stored:
    """All of it. Reads no table in full."""
    single = await (await conn.execute(SINGLE, {"now": now})).fetchone()
    assert single is not None
    bytes_of, rows_of = await _tables(conn)
    jobs, size, backup_at, waiting_seconds = single
    return Stored(
        await status(conn, PROJECTORS, now=now),
        await unsent(conn),
        await dead_channels(conn),
        await _clocks(conn, now, policies),
        waiting_seconds,
        jobs,
        size,
        backup_at,
        bytes_of,
        rows_of,
        await on_call_health(conn, now),
        await desk_health(conn, desks, now),
    )


async def _clocks(
    conn: AsyncConnection[Any], now: datetime, policies: Collection[Policy]
) -> Mapping[tuple[str, str, str], int]:
    names = {rule.name for policy in policies for rule in policy.rules}
    names |= {tier for policy in policies for tier, _ in policy.plans}
    rows = await conn.execute(CLOCKS, {"now": now})
    found = Counter[tuple[str, str, str]]()
    for promised, clock, severity, count in await rows.fetchall():
        found[promised if promised in names else OTHER, clock, severity] += count
    return found


async def _tables(conn: AsyncConnection[Any]) -> tuple[Mapping[str, int], Mapping[str, float]]:
    size, rows = Counter[str](), Counter[str]()
    for name, taken, estimated in await (await conn.execute(TABLES)).fetchall():
        table = name if name in KNOWN else OTHER
        size[table] += taken
        rows[table] += estimated
    return size, rows
