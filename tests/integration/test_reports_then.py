"""What was reported once stays answerable: by what was known then, and as it stood at any time."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from query_side.audit.reported import board, filling
from tests.support.desk import Process
from tests.support.excuses import excuse
from tests.support.items import opening, update
from tests.support.reported import Reports, reporting

CONFIG = """
calendars:
  office: {timezone: UTC, hours: {mon-fri: ["09:00-12:00", "13:00-17:00"]}}
rules:
  - name: Payments
    when: {team: payments}
    any: {response: 30m, resolution: 3h}
sla_targets:
  GOLD:
    goals: {resolution: 90}
    P1: {response: 1h, resolution: 4h}
    P2: {response: 2h, resolution: 8h, calendar: office}
"""
LATER = CONFIG.replace("resolution: 4h", "resolution: 2h")
BY: dict[str, Any] = {"group_by": "clock,rule,tier,priority,team,organization,day"}
WHOLE: dict[str, Any] = {"from_": -60}


async def reported(reports: Reports, **asked: Any) -> tuple[Any, Any, Any, Any]:
    """In groups, as if nothing were excused, row by row, and the board."""
    listed = await reports.board(**asked)
    asked = {**WHOLE, **asked}
    return (
        await reports.attainment(**BY, **asked),
        await reports.attainment(**BY, **asked, excused="without"),
        await reports.cycles(**asked),
        listed,
    )


async def lived(process: Process, told: Callable[[float], Awaitable[None]]) -> None:
    """Some tickets' lives, in which every kind of thing happens; `told` after each step."""
    await process.offer(CONFIG)
    people = {"team": "front", "organization": "ACME", "assigned_to": "ann"}
    await process.post(
        opening(0, "T-1", **people),
        opening(0, "T-2", priority="P2", team="Payments", type="incident"),
        opening(10, "T-3", priority="P2"),
        when=10,
    )
    await told(10)
    await process.post(update(20, "T-1", status="in_progress"), when=20)
    await process.run(65)
    await told(65)  # two responses were missed
    await process.acknowledge("T-3", when=70)
    await process.post(update(100, "T-3", status="resolved", assigned_to="bob"), when=100)
    await process.post(update(90, "T-2", team="billing"), when=110)  # late
    await told(110)
    await process.post(update(30, "T-1", status="pending"), when=130)  # late: it rested
    await process.run(200)
    await told(200)
    await process.change(LATER, when=210)
    await told(210)
    await process.post(update(220, "T-1", status="open", priority="P1"), when=220)
    await process.run(260)
    await told(260)
    process.clock.set(265)
    await excuse(process, (15, 75), priority="P2")
    await process.excusing.apply()
    await told(270)
    await process.post(update(300, "T-3", status="open"), when=300)
    await process.post(update(310, "T-2", status="spam"), opening(305, "T-4"), when=310)
    await process.run(700)
    await told(700)
    await process.post(update(600, "T-4", status="resolved"), when=710)
    await process.post(update(400, "T-1", status="closed"), when=720)
    await told(720)


async def test_what_was_reported_then_is_reported_for_ever(process: Process) -> None:
    async with reporting(process) as reports:
        then: dict[float, Any] = {}

        async def told(minute: float) -> None:
            process.clock.set(minute)
            then[minute] = await reported(reports)

        await lived(process, told)

        assert len({str(groups) for groups, *_ in then.values()}) == len(then)
        for minute, expected in then.items():
            found = await reported(reports, known_at=minute)
            assert found == expected, f"at {minute}"


async def test_what_stood_then_is_what_a_replay_of_all_tickets_says(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever of it is copied from the read tables."""
    async with reporting(process) as reports:

        async def nobody(_: float) -> None: ...

        await lived(process, nobody)
        instants = (-10, 5, 10, 30, 65, 100, 150, 211, 240, 305, 500, 719, 720, 800)
        copied = [await reported(reports, as_of=one) for one in instants]
        present = await reported(reports)

        everything = filling.concerned

        async def nothing_settled(*asked: Any) -> filling.Concerned:
            found = await everything(*asked)
            return filling.Concerned([], [*found.settled, *found.replayed])

        monkeypatch.setattr(filling, "concerned", nothing_settled)
        replayed = [await reported(reports, as_of=one) for one in instants]
    for instant, one, other in zip(instants, copied, replayed, strict=True):
        assert one == other, f"as of {instant}"
    assert [one["groups"] for one in replayed[instants.index(720)][:2]] == [
        one["groups"] for one in present[:2]
    ]


async def test_more_than_can_be_replayed_is_refused(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "MOST", 1)
    async with reporting(process) as reports:
        await process.offer(CONFIG)
        await process.post(opening(0, "T-1"), opening(0, "T-2"), when=0)
        await process.post(
            update(60, "T-1", status="resolved"), update(60, "T-2", status="closed"), when=60
        )
        asked = await reports.ask("reports/attainment", **WHOLE, as_of=30, expect=422)
        assert "2 tickets have changed since" in asked["detail"][0]["msg"]
        with monkeypatch.context() as more:
            more.setattr(board, "MOST", 1)
            refused = await reports.ask("dashboard", as_of=30, expect=422)
        assert "2 tickets have changed since" in refused["detail"][0]["msg"]
        process.clock.set(70)
        await reports.ask("reports/attainment", **WHOLE, as_of=61)


async def test_who_took_a_ticket_on_only_later_had_not_by_then(process: Process) -> None:
    async with reporting(process) as reports:
        await process.offer(CONFIG)
        await process.post(opening(0, "T-1"), when=0)
        await process.acknowledge("T-1", when=180)
        process.clock.set(200)
        for asked in ({"as_of": 60}, {"as_of": 60, "known_at": 200}, {"known_at": 60}):
            rows = await reports.cycles(from_=-60, **asked)
            found = await reports.attainment(from_=-60, **asked)
            assert [one["acknowledged_at"] for one in rows] == [None, None], asked
            assert found["total"]["mtta_seconds"] is None, asked
        assert (await reports.attainment(from_=-60, as_of=190))["total"]["mtta_seconds"] == 10_800
