"""The clocks of the desk itself, from what sources post to what people read."""

from typing import Any

import pytest

from command_side.deciding.events import shown
from tests.support.audit import auditing
from tests.support.desk import Process
from tests.support.items import opening, text, update

CONFIG = """
sla_targets:
  GOLD:
    P1: {own: 30m, team: {billing: 1h, default: 2h}}
clocks:
  own: {kind: assignment, again: unassigned}
  team: {kind: ownership}
"""


@pytest.fixture
async def handed_on(process: Process) -> Process:
    """From support, where jane had it, to billing, where nobody has."""
    process.clock.set(-1)
    await process.offer(CONFIG)
    await process.post(opening(0, team="support"), when=0)
    await process.post(update(20, assigned_to="jane"), when=20)
    await process.post(update(90, team="Billing", assigned_to=None), when=90)
    return process


async def clocks(process: Process, when: float) -> list[tuple[Any, ...]]:
    async with auditing(process) as auditor:
        answer = await auditor.sla(as_of=when)
    names = ("name", "cycle", "team", "state", "elapsed_seconds", "target_seconds")
    return [tuple(one[name] for name in names) for one in answer["clocks"]]


EXPECTED = [
    ("own", 1, "support", "met", 1200, 1800),
    ("own", 2, "Billing", "running", 600, 1800),
    ("team", 1, "support", "met", 5400, 7200),
    ("team", 2, "Billing", "running", 600, 3600),
]


async def test_each_cycle_names_its_team(handed_on: Process) -> None:
    assert await clocks(handed_on, 100) == EXPECTED
    facts = shown((await handed_on.stream())[-1].body)["facts"]
    told = {(one["clock"], one["cycle"]): one["team"] for one in facts["cycles"]}
    assert told[("team", 2)] == "Billing"


async def test_the_timeline_says_who_took_it_and_where_it_went(handed_on: Process) -> None:
    async with auditing(handed_on) as auditor:
        told = [sentence for _, _, sentence in await auditor.told(as_of=91)]
    assert [sentence for sentence in told if "clock" in sentence][2:] == [
        "Own clock met its target: somebody was assigned. 20 min of 30 min were used.",
        "Own clock (cycle 2) started: nobody is assigned any more. The promise is 30m, due Mon"
        " 2026-01-05 11:00 UTC.",
        "Team clock of support met its target: the ticket went from support to Billing. 1 h 30 min"
        " of 2 h were used.",
        "Team clock (cycle 2) of Billing started: the ticket went from support to Billing. The"
        " promise is 1h, due Mon 2026-01-05 11:30 UTC.",
    ]


async def test_erased_names_change_no_clock(handed_on: Process) -> None:
    async with handed_on.pool.connection() as conn:
        await conn.execute("set session_replication_role = replica")
        await conn.execute("update events set personal = null")
        await conn.execute("reset session_replication_role")
    assert await clocks(handed_on, 100) == EXPECTED
    await handed_on.post(update(50, priority="P1"), when=100)  # late: everything is folded anew
    assert await clocks(handed_on, 100) == EXPECTED


async def test_their_milestones_are_raised_like_any_other(handed_on: Process) -> None:
    await handed_on.run(151)
    raised = [
        (shown(event.body)["clock"], shown(event.body)["severity"], text(event.occurred_at))
        for event in await handed_on.stream("T-1", "ticket.alert_raised.v1")
    ]
    assert ("own", "breached", text(120)) in raised
    assert ("team", "breached", text(150)) in raised
