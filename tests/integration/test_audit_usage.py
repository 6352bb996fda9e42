"""Who used the time of all clocks, over HTTP: the breakdowns of tickets, summed."""

from typing import Any

import pytest

from projections.runner import Runner
from projections.ticket_clocks import TicketClocks
from projections.tickets import Tickets
from query_side.audit import usage
from tests.support.audit import Auditor, auditing
from tests.support.desk import Process
from tests.support.excuses import excuse
from tests.support.items import opening, text, update

CONFIG = """
sla_targets: {GOLD: {P1: {response: 8h, resolution: 48h}}}
"""
DAY = 24 * 60
TIMES = ("counted_seconds", "paused_seconds", "excused_seconds", "out_of_hours_seconds")


@pytest.fixture
async def desk(process: Process) -> Process:
    """Of two tickets one is paused for an hour, and solved the next day after 25 hours."""
    process.clock.set(-1)
    await process.offer(CONFIG)
    await process.post(opening(0, "T-1", team="front", assigned_to="jane"), when=0)
    await process.post(opening(60, "T-2", team="Front"), when=60)
    await process.post(update(120, "T-1", status="pending"), when=120)
    await process.post(update(180, "T-1", status="open", team="back"), when=180)
    await process.post(update(25 * 60, "T-1", status="resolved"), when=25 * 60)
    await process.post(update(120, "T-2", status="closed"), when=25 * 60)
    runner = Runner(process.pool, [Tickets(), TicketClocks()], process.now, "test")
    await runner.define_tables()
    await runner.catch_up()
    process.clock.set(2 * DAY)
    return process


def groups(answer: dict[str, Any], *names: str) -> list[tuple[Any, ...]]:
    """By names, the minutes counted and paused; nothing is excused or out of hours here."""
    for name in TIMES:
        whole = sum(one[name] for one in answer["groups"])
        assert answer["total"][name] == pytest.approx(whole, abs=1e-6)
    return [
        (*(one[name] for name in names), *(one[name] / 60 for name in TIMES[:2]))
        for one in answer["groups"]
    ]


async def ask(auditor: Auditor, by: str, **more: Any) -> list[tuple[Any, ...]]:
    answer = await auditor.ask("/reports/breakdown", group_by=by, **more)
    return sorted(groups(answer, *by.split(",")), key=str)


async def test_the_parts_of_all_tickets_are_summed_by_whatever_is_asked(desk: Process) -> None:
    async with auditing(desk) as auditor:
        whole = await auditor.ask("/reports/breakdown")
        by_team = await ask(auditor, "clock,team")
        by_status = await ask(auditor, "status,rule")
        by_person = await ask(auditor, "assigned_to")
    assert (whole["tickets"], whole["to"]) == (2, text(2 * DAY))
    assert groups(whole, "clock") == [("resolution", 1500, 60), ("response", 180, 0)]
    assert by_team == [
        ("resolution", "back", 1320, 0),
        ("resolution", "front", 180, 60),
        ("response", "front", 180, 0),
    ]
    assert by_status == [("open", None, 1680, 0), ("pending", None, 0, 60)]
    assert by_person == [("jane", 1560, 60), (None, 120, 0)]


async def test_days_and_months_are_those_of_utc(desk: Process) -> None:
    async with auditing(desk) as auditor:
        by_day = await ask(auditor, "clock,day")
        by_month = await ask(auditor, "month,clock")
    assert by_day == [
        ("resolution", "2026-01-05", 900, 60),
        ("resolution", "2026-01-06", 600, 0),
        ("response", "2026-01-05", 180, 0),
    ]
    assert by_month == [
        ("2026-01-01", "resolution", 1500, 60),
        ("2026-01-01", "response", 180, 0),
    ]


async def test_only_what_lies_in_the_period_counts(desk: Process) -> None:
    async with auditing(desk) as auditor:
        asked: dict[str, Any] = {"from": text(90), "to": text(150)}
        assert await ask(auditor, "clock", **asked) == [
            ("resolution", 60, 30),
            ("response", 60, 0),
        ]
        asked = {"from": text(30 * 60)}
        later = await auditor.ask("/reports/breakdown", **asked)
        assert (later["tickets"], later["groups"]) == (0, [])


async def test_a_ticket_counts_only_where_something_of_it_was_open(desk: Process) -> None:
    await desk.post(update(3 * DAY, "T-1", status="open"), when=3 * DAY)
    runner = Runner(desk.pool, [Tickets(), TicketClocks()], desk.now, "test")
    await runner.catch_up()
    async with auditing(desk) as auditor:
        asked: dict[str, Any] = {"from": text(30 * 60), "to": text(2 * DAY)}
        between = await auditor.ask("/reports/breakdown", **asked)
    assert (between["tickets"], between["groups"]) == (0, [])


async def test_what_is_excused_is_summed_of_more_tickets_than_are_read_at_a_time(
    desk: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "PAGE", 1)
    await excuse(desk, (60, 90))
    await desk.excusing.apply()
    async with auditing(desk) as auditor:
        answer = await auditor.ask("/reports/breakdown")
    assert groups(answer, "clock") == [("resolution", 1440, 60), ("response", 120, 0)]
    assert [one["excused_seconds"] / 60 for one in answer["groups"]] == [60, 60]


async def test_too_many_tickets_and_times_to_come_are_refused(
    desk: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "MOST", 1)
    async with auditing(desk) as auditor:
        await auditor.ask("/reports/breakdown", expect=422)
        to_come: dict[str, Any] = {"from": text(3 * DAY)}
        await auditor.ask("/reports/breakdown", expect=422, **to_come)


async def test_what_was_reported_by_then_is_reported_for_ever(desk: Process) -> None:
    async with auditing(desk) as auditor:
        asked: dict[str, Any] = {"from": text(0), "to": text(DAY)}
        reported = await auditor.ask("/reports/breakdown", group_by="clock,team", **asked)
        desk.clock.set(2 * DAY + 10)
        await desk.post(update(30, "T-2", status="pending"), opening(45, "T-3"), when=2 * DAY + 20)
        runner = Runner(desk.pool, [Tickets(), TicketClocks()], desk.now, "test")
        await runner.catch_up()
        later = await auditor.ask("/reports/breakdown", group_by="clock,team", **asked)
        again: dict[str, Any] = {"group_by": "clock,team", "known_at": 2 * DAY, **asked}
        assert await auditor.ask("/reports/breakdown", **again) == reported
        assert (later["tickets"], later["groups"] != reported["groups"]) == (3, True)
        await auditor.ask("/reports/breakdown", known_at=-10, expect=200)
