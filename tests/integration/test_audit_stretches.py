"""A ticket's clocks along time, as they are drawn, over HTTP."""

from datetime import datetime
from typing import Any

import pytest

from tests.support.audit import OFFICE, auditing
from tests.support.desk import Process, minutes
from tests.support.excuses import excuse
from tests.support.items import opening, text, update

KINDS = ("counted", "paused", "excused", "out_of_hours")


@pytest.fixture
async def lived(process: Process) -> Process:
    """Paused, excused and out of hours once each; warned, breached, escalated, and late solved."""
    process.clock.set(-1)
    await process.offer(OFFICE.replace("escalation: {}", "escalation: {LEVEL_1: 180}"))
    await process.post(opening(60, team="front"), when=60)
    await process.post(update(90, status="pending", assigned_to="jane"), when=90)
    await process.post(update(110, status="open", team="Front"), when=110)
    await excuse(process, (130, 150))
    await process.excusing.apply()
    await process.run(470)
    await process.post(update(475, status="resolved"), when=475)
    return process


def minute(instant: str | None) -> float | None:
    return None if instant is None else minutes(datetime.fromisoformat(instant))


def laid_out(lane: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (minute(one["start"]), minute(one["end"]), one["kind"], one["status"], one["assigned_to"])
        for one in lane["stretches"]
    ]


def marks(lane: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (minute(one["occurred_at"]), one["severity"], one["level"], one["suppressed"])
        for one in lane["alerts"]
    ]


async def test_every_instant_of_a_cycle_is_drawn_as_what_it_was(lived: Process) -> None:
    async with auditing(lived) as auditor:
        drawing = await auditor.ask("/tickets/T-1/stretches")
    [lane] = drawing["cycles"]
    assert (lane["state"], lane["breached_at"]) == ("breached", text(400))
    assert laid_out(lane) == [
        (60, 90, "counted", "open", None),
        (90, 110, "paused", "pending", "jane"),
        (110, 130, "counted", "open", "jane"),
        (130, 150, "excused", "open", "jane"),
        (150, 180, "counted", "open", "jane"),
        (180, 240, "out_of_hours", "open", "jane"),
        (240, 475, "counted", "open", "jane"),
    ]
    assert drawing["created_at"] == text(60)


async def test_deadlines_that_it_had_and_alerts_are_marked(lived: Process) -> None:
    async with auditing(lived) as auditor:
        [lane] = (await auditor.ask("/tickets/T-1/stretches"))["cycles"]
        [early] = (await auditor.ask("/tickets/T-1/stretches", as_of=370))["cycles"]
        [before] = (await auditor.ask("/tickets/T-1/stretches", as_of=100))["cycles"]
    assert [(minute(one["since"]), minute(one["due_at"])) for one in lane["deadlines"]] == [
        (60, 380),
        (90, None),
        (110, 400),
    ]
    assert marks(lane) == [
        (340, "level", 1, None),
        (364, "warning", None, None),
        (388, "critical", None, None),
        (400, "breached", None, None),
    ]
    assert marks(early) == marks(lane)[:2]
    assert marks(before) == []


async def test_what_was_withdrawn_says_so(lived: Process) -> None:
    await lived.post(update(350, status="pending"), when=480)
    await lived.tick()
    async with auditing(lived) as auditor:
        [lane] = (await auditor.ask("/tickets/T-1/stretches"))["cycles"]
        [then] = (await auditor.ask("/tickets/T-1/stretches", known_at=479))["cycles"]
    assert [minute(one["withdrawn_at"]) for one in lane["alerts"]] == [None, 480, 480, 480]
    assert [one["withdrawn_at"] for one in then["alerts"]] == [None] * 4
    assert lane["state"] == "met"


async def test_the_stretches_of_a_kind_add_up_to_the_breakdown(lived: Process) -> None:
    async with auditing(lived) as auditor:
        questions: list[dict[str, Any]] = [
            {},
            {"as_of": 140},
            {"known_at": 100},
            {"known_at": 100, "as_of": 900},
        ]
        for asked in questions:
            drawing = await auditor.ask("/tickets/T-1/stretches", **asked)
            whole = await auditor.ask("/tickets/T-1/breakdown", **asked)
            clock = await auditor.clock("resolution", **asked)
            for lane, cycle in zip(drawing["cycles"], whole["cycles"], strict=True):
                for kind in KINDS:
                    added = sum(end - start for start, end, of, *_ in laid_out(lane) if of == kind)
                    name = f"{kind}_seconds"
                    assert added * 60 == lane[name] == cycle[name]
            assert drawing["cycles"][-1]["counted_seconds"] == clock["elapsed_seconds"]
            assert drawing["cycles"][-1]["due_at"] == clock["due_at"]


async def test_a_ticket_has_no_lanes_before_it_was_there(lived: Process) -> None:
    async with auditing(lived) as auditor:
        before = await auditor.ask("/tickets/T-1/stretches", as_of=59)
        await auditor.ask("/tickets/T-9/stretches", expect=404)
        late = {"known_at": 90, "as_of": 60 * 24 * 365 * 50}
        refused = await auditor.ask("/tickets/T-1/stretches", expect=422, **late)
    assert before["cycles"] == []
    assert refused["errors"][0]["msg"].startswith("there are more than 10,000 stretches by then")
