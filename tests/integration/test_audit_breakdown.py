"""Who used the time of a ticket's clocks, over HTTP."""

from typing import Any

import pytest

from tests.support.audit import auditing
from tests.support.desk import Process
from tests.support.excuses import excuse
from tests.support.items import opening, text, update

CONFIG = """
sla_targets:
  GOLD:
    P1: {resolution: 8h, team: 8h}
rules:
  - name: Outage
    when: {tags: [outage]}
    any: {resolution: 2h, team: 8h}
clocks:
  team: {kind: ownership}
"""
WHOSE = ("team", "assigned", "assigned_to", "status", "rule")
TIMES = ("counted_seconds", "paused_seconds", "excused_seconds", "out_of_hours_seconds")


@pytest.fixture
async def handed_on(process: Process) -> Process:
    """From support, where jane had it, to billing, where it became an outage."""
    process.clock.set(-1)
    await process.offer(CONFIG)
    await process.post(opening(0, team="support"), when=0)
    await process.post(update(20, assigned_to="jane"), when=20)
    await process.post(update(30, status="pending"), when=30)
    await process.post(update(50, status="open", team="Support"), when=50)
    await process.post(update(90, team="Billing", assigned_to=None), when=90)
    await process.post(update(100, tags=["outage"]), when=100)
    await process.post(update(110, status="resolved"), when=110)
    return process


def parts(answer: dict[str, Any], clock: str, cycle: int = 1) -> list[tuple[Any, ...]]:
    """Whose each is, and the minutes counted, paused, excused and out of hours."""
    [found] = [one for one in answer["cycles"] if (one["clock"], one["cycle"]) == (clock, cycle)]
    for name in TIMES:
        assert micros(found[name]) == sum(micros(one[name]) for one in found["parts"])
    return [
        (*(one[name] for name in WHOSE), *(one[name] / 60 for name in TIMES))
        for one in found["parts"]
    ]


def micros(seconds: float) -> int:
    return round(seconds * 1_000_000)


RESOLUTION = [
    ("support", False, None, "open", None, 20, 0, 0, 0),
    ("support", True, "jane", "open", None, 50, 0, 0, 0),
    ("support", True, "jane", "pending", None, 0, 20, 0, 0),
    ("Billing", False, None, "open", None, 10, 0, 0, 0),
    ("Billing", False, None, "open", "Outage", 10, 0, 0, 0),
]


async def test_each_combination_has_its_part_of_every_cycle(handed_on: Process) -> None:
    async with auditing(handed_on) as auditor:
        answer = await auditor.ask("/tickets/T-1/breakdown", as_of=200)
        paused = await auditor.clock("resolution", as_of=200)
    assert parts(answer, "resolution") == RESOLUTION
    assert parts(answer, "team", 1) == RESOLUTION[:3]
    assert parts(answer, "team", 2) == RESOLUTION[3:]
    [whole] = [one for one in answer["cycles"] if one["clock"] == "resolution"]
    assert {name: whole[name] for name in whole if name != "parts"} == {
        "clock": "resolution",
        "cycle": 1,
        "started_at": text(0),
        "ended_at": text(110),
        "counted_seconds": 5400,
        "paused_seconds": 1200,
        "excused_seconds": 0,
        "out_of_hours_seconds": 0,
    }
    assert paused["paused_seconds"] == 1200


async def test_erased_names_change_no_time(handed_on: Process) -> None:
    async with handed_on.pool.connection() as conn:
        await conn.execute("set session_replication_role = replica")
        await conn.execute("update events set personal = null")
        await conn.execute("reset session_replication_role")
    async with auditing(handed_on) as auditor:
        answer = await auditor.ask("/tickets/T-1/breakdown", as_of=200)
    nameless = [(one[0], one[1], None, *one[3:]) for one in RESOLUTION]
    assert parts(answer, "resolution") == nameless


async def test_what_is_excused_and_what_was_known_then(handed_on: Process) -> None:
    handed_on.clock.set(120)
    await excuse(handed_on, (10, 40), clocks=["resolution"])
    await handed_on.excusing.apply()
    async with auditing(handed_on) as auditor:
        now = await auditor.ask("/tickets/T-1/breakdown")
        before = await auditor.ask("/tickets/T-1/breakdown", known_at=119)
        early = await auditor.ask("/tickets/T-1/breakdown", as_of=-5)
        clock = await auditor.clock("resolution")
    assert [one[5:] for one in parts(now, "resolution")] == [
        (10, 0, 10, 0),
        (40, 0, 10, 0),
        (0, 10, 10, 0),
        (10, 0, 0, 0),
        (10, 0, 0, 0),
    ]
    assert (clock["paused_seconds"], clock["excused_seconds"]) == (600, 1800)
    assert parts(before, "resolution") == RESOLUTION
    assert early["cycles"] == []


async def test_a_ticket_that_nobody_knows_is_not_found(process: Process) -> None:
    async with auditing(process) as auditor:
        await auditor.ask("/tickets/T-9/breakdown", expect=404)
