"""Reports over fifty thousand tickets, twenty thousand of them open, while five hundred alerts an
hour come in: how long each takes.

The read tables are filled with rows as the projections would write them; what comes in meanwhile
are real updates through the desk, the engine and the runner.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import timedelta
from random import Random
from typing import Any, LiteralString, get_args

import httpx
import psycopg
import pytest

from query_side.reports.attainment import Grouping
from tests.support.desk import Process, working
from tests.support.figures import Figures, scaled
from tests.support.house import House, open_house
from tests.support.items import NINE, at, opening

pytestmark = pytest.mark.long

TICKETS, OPEN = scaled(50_000), scaled(20_000)
ASKED = scaled(20, least=5)
"""Times that each report is asked for."""
ALERTS_EVERY = 7.2
"""Seconds: five hundred an hour."""
CONFIG = """
goals: {response: 95, resolution: 90}
sla_targets:
  GOLD:
    P1: {response: 15m, resolution: 4h}
    P2: {response: 1h, resolution: 8h}
    P3: {response: 4h, resolution: 24h}
  SILVER:
    P1: {response: 30m, resolution: 8h}
    P2: {response: 2h, resolution: 24h}
    P3: {response: 8h, resolution: 72h}
"""
FILL: Sequence[LiteralString] = (
    """
    CREATE TEMPORARY TABLE made AS
    SELECT n, md5('ticket ' || n)::uuid AS ticket_id, n <= %(open)s AS is_open,
        CASE WHEN n <= %(open)s THEN %(now)s - random() * interval '20 days'
             ELSE %(now)s - random() * interval '365 days' END AS created_at,
        (ARRAY['P1', 'P2', 'P3'])[1 + floor(random() * 3)] AS priority,
        (ARRAY['gold', 'silver'])[1 + floor(random() * 2)] AS tier,
        'team ' || floor(random() * 40) AS team,
        'customer ' || floor(random() * 2000) AS organization,
        (ARRAY['incident', 'request', 'problem'])[1 + floor(random() * 3)] AS type,
        CASE WHEN random() < 0.9 THEN 'agent ' || floor(random() * 300) END AS assigned_to,
        random() < 0.3 AS paused
    FROM generate_series(1, %(tickets)s) AS n
    """,
    """
    INSERT INTO tickets (ticket_id, source, external_id, title, assigned_to, team, type,
        organization, status, phase, priority, customer_tier, created_at, newest_at,
        observations, late, policy, state, due_at, warning_at, critical_at, breached_at, level,
        position)
    SELECT ticket_id, 'made', 'M-' || n, 'Something does not work ' || n, assigned_to, team, type,
        organization,
        CASE WHEN NOT is_open THEN 'closed' WHEN paused THEN 'pending' ELSE 'open' END,
        CASE WHEN NOT is_open THEN 'done' WHEN paused THEN 'paused' ELSE 'active' END, priority,
        tier,
        created_at, created_at + interval '1 hour', 3, 0, 1, 'compliant', due.at, due.at, due.at,
        due.at, 0, 0
    FROM made
    CROSS JOIN LATERAL (SELECT CASE WHEN is_open THEN created_at + interval '21 days' END)
        AS due (at)
    """,
    """
    INSERT INTO ticket_clocks (ticket_id, clock, cycle, state, severity, calendar, policy,
        started_at, stopped_at, target_seconds, elapsed_seconds, counted_at, due_at,
        warning_at, critical_at, breached_at, overdue_from, team, customer_tier,
        priority, organization, type, assigned_to, stood_at)
    SELECT ticket_id, clock, cycle,
        CASE WHEN goes_on AND paused THEN 'paused' WHEN goes_on THEN 'running'
             WHEN missed THEN 'breached' ELSE 'met' END,
        'compliant', '24x7', 1, begins, ends, target, took, coalesce(ends, begins), due.at,
        due.at, due.at, due.at, due.at + interval '1 microsecond', team, tier, priority,
        organization,
        CASE WHEN NOT goes_on THEN type END, CASE WHEN NOT goes_on THEN assigned_to END, ends
    FROM (
        SELECT made.*, clock, cycle, target, created_at AS begins,
            is_open AND clock = 'resolution' AS goes_on, random() AS chance
        FROM made
        CROSS JOIN (VALUES ('response', 1, 3600), ('resolution', 1, 86400), ('update', 1, 14400))
            AS of (clock, cycle, target)
    ) each
    CROSS JOIN LATERAL (SELECT chance < 0.12, target * (0.05 + chance * 1.2)) AS t (missed, spent)
    CROSS JOIN LATERAL (SELECT CASE WHEN missed THEN target * 1.4 ELSE least(spent, target) END)
        AS s (took)
    CROSS JOIN LATERAL (SELECT CASE WHEN NOT goes_on THEN begins + took * interval '1 second' END)
        AS e (ends)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN missed OR (goes_on AND NOT paused)
            THEN begins + target * interval '1 second' * CASE WHEN goes_on THEN 21 ELSE 1 END END
    ) AS due (at)
    """,
    "ANALYZE tickets",
    "ANALYZE ticket_clocks",
)
PERIODS: Mapping[str, dict[str, str]] = {
    "30 days": {},
    "90 days": {"from": (NINE - timedelta(days=90)).isoformat()},
    "a year": {"from": (NINE - timedelta(days=365)).isoformat()},
}
GROUPS = (*get_args(Grouping), "assigned_to,clock", "week,clock,team")
REPORTS: Mapping[str, tuple[str, dict[str, str]]] = {
    **{
        f"attainment by {group}, {name}": ("attainment", {"group_by": group, **period})
        for name, period in PERIODS.items()
        for group in GROUPS
    },
    "by tier, a year, of one team": (
        "attainment",
        {"group_by": "tier", "team": "team 7", **PERIODS["a year"]},
    ),
    "by clock, 30 days, of a text": ("attainment", {"q": "work 4711"}),
    "rows, 30 days": ("cycles", {}),
    "rows, a year, by assignee": ("cycles", {"sort": "assigned_to", **PERIODS["a year"]}),
}


async def test_a_report_is_there_at_once(figures: Figures, furnished_database_url: str) -> None:
    url = furnished_database_url
    async with working(url, CONFIG) as process, open_house(url) as house, house.client() as client:
        house.now, house.policy = process.now(), process.book.current
        await house.runner.catch_up()
        async with await psycopg.AsyncConnection[Any].connect(url) as conn:
            given = {"open": OPEN, "tickets": TICKETS, "now": process.now()}
            for statement in FILL:
                await conn.execute(statement, given if "%(" in statement else None)
            await conn.commit()
            counted = await conn.execute("SELECT count(*) FROM ticket_clocks")
            figures("cycles", (await counted.fetchone() or (0,))[0])
        async with coming_in(process, house) as alerts:
            for name, (report, asked) in REPORTS.items():
                took = await timed(client, f"/reports/{report}", asked)
                figures(
                    f"{name}: ms, median and longest", f"{took[len(took) // 2]:.0f}, {took[-1]:.0f}"
                )
        figures("alerts meanwhile", len(alerts))


@contextlib.asynccontextmanager
async def coming_in(process: Process, house: House) -> AsyncGenerator[list[int]]:
    """Tickets that are breached as they come, and are folded into the read tables."""
    raised: list[int] = []

    async def come() -> None:
        chance = Random(7)
        for number in range(100_000):
            late = opening(at(-60 * 30), f"T-{number}", priority=chance.choice(["P1", "P2", "P3"]))
            await process.post(late)
            raised.append(await process.tick())
            await house.runner.catch_up()
            await asyncio.sleep(ALERTS_EVERY)

    task = asyncio.create_task(come())
    try:
        yield raised
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):  # by the line before
            await task


async def timed(client: httpx.AsyncClient, path: str, asked: dict[str, str]) -> list[float]:
    """Milliseconds, the quickest first."""
    took: list[float] = []
    for _ in range(ASKED):
        begun = time.perf_counter()
        answer = await client.get(path, params=asked)
        took.append((time.perf_counter() - begun) * 1000)
        assert answer.status_code == 200, answer.text
    return sorted(took)
