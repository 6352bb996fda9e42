"""How a ticket's clocks stood at any instant, by what was known at any other."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from tests.support.audit import Auditor, auditing
from tests.support.desk import CONFIG, Clock, Process
from tests.support.items import at, identity, opening, text, update

JUST = timedelta(microseconds=1)
LONGER = CONFIG.replace("P1: {resolution: 60m", "P1: {resolution: 100m")


@pytest_asyncio.fixture
async def auditor(process: Process) -> AsyncGenerator[Auditor]:
    async with auditing(process) as auditor:
        yield auditor


def brief(clock: dict[str, Any]) -> tuple[Any, ...]:
    return (clock["state"], clock["severity"], clock["elapsed_seconds"], clock["due_at"])


async def test_the_answer_has_everything_that_the_contract_names(
    process: Process, auditor: Auditor
) -> None:
    await process.post(opening(0))
    process.clock.set(51.5)

    answer = await auditor.sla()

    (resolution,) = answer.pop("clocks")
    assert answer == {
        "ticket_id": str(identity()),
        "external_id": "T-1",
        "at": "2026-01-05T09:51:30Z",
        "known_at": None,
        "sla_state": "warning",
        "policy_version": 1,
        "rule": "gold",
        "why": [{"rule": "gold", "matched": True, "because": "customer tier is gold"}],
        "promise": "Customer tier gold is promised at priority P1: resolution within 60m (1 h).",
        "on_purpose": False,
        "escalation": {
            "level": 0,
            "name": "0",
            "acknowledged_at": None,
            "next_level": None,
            "next_at": None,
        },
    }
    assert resolution == {
        "name": "resolution",
        "cycle": 1,
        "team": None,
        "customer_tier": "gold",
        "priority": "P1",
        "organization": None,
        "state": "running",
        "severity": "warning",
        "calendar": "24x7",
        "policy_version": 1,
        "rule": "gold",
        "started_at": text(0),
        "stopped_at": None,
        "first_stopped_at": None,
        "target_seconds": 3600,
        "elapsed_seconds": 3090,
        "remaining_seconds": 510,
        "remaining_percent": 14.2,
        "due_at": text(60),
        "resumes_at": None,
        "warning_at": text(51),
        "critical_at": text(57),
        "breached_at": None,
        "paused_seconds": 0,
        "excused_seconds": 0,
        "standing_still": False,
        "standing_still_because": None,
        "own_date": None,
        "own_date_ignored": None,
    }


async def test_a_tickets_own_date_is_shown_beside_what_is_promised(
    process: Process, auditor: Auditor
) -> None:
    await process.post(opening(0, resolution_due_at=90))
    await process.post(update(30, resolution_due_at=-5))
    process.clock.set(40)

    (then,) = (await auditor.sla(as_of=10))["clocks"]
    (now,) = (await auditor.sla())["clocks"]

    shown = ("target_seconds", "due_at", "own_date", "own_date_ignored")
    assert [then[name] for name in shown] == [5400, text(90), text(90), None]
    assert [now[name] for name in shown] == [3600, text(60), None, text(-5)]


async def test_a_ticket_is_found_by_its_own_id_too(process: Process, auditor: Auditor) -> None:
    await process.post(opening(0))

    assert (await auditor.sla(str(identity())))["external_id"] == "T-1"


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        (0, ("running", "compliant", 0, text(60))),
        (20, ("running", "compliant", 1200, text(60))),
        (30, ("paused", "compliant", 1800, None)),
        (35, ("paused", "compliant", 1800, None)),
        (40, ("running", "compliant", 1800, text(70))),
        (61, ("running", "warning", 3060, text(70))),
        (70, ("running", "critical", 3600, text(70))),
        (at(70) + JUST, ("running", "breached", 3600.000001, text(70))),
        (80, ("breached", "breached", 4200, None)),
        (10_000, ("breached", "breached", 4200, None)),
    ],
)
async def test_any_instant_can_be_asked_for(
    process: Process, auditor: Auditor, as_of: Any, expected: tuple[Any, ...]
) -> None:
    await process.post(
        opening(0),
        update(30, status="pending"),
        update(40, status="open"),
        update(80, status="resolved"),
        when=100,
    )

    assert brief(await auditor.clock("resolution", as_of=as_of)) == expected


async def test_at_the_deadline_itself_nothing_is_breached(
    process: Process, auditor: Auditor
) -> None:
    await process.post(opening(0))

    exactly = await auditor.clock("resolution", as_of=60)
    assert (exactly["breached_at"], exactly["remaining_seconds"]) == (None, 0)
    after = await auditor.clock("resolution", as_of=at(60) + JUST)
    assert (after["breached_at"], after["remaining_seconds"]) == (text(60), -0.000001)
    assert (await auditor.sla(as_of=60))["sla_state"] == "critical"
    assert (await auditor.sla(as_of=at(60) + JUST))["sla_state"] == "breached"


async def test_before_it_was_created_there_are_no_clocks(
    process: Process, auditor: Auditor
) -> None:
    await process.post(opening(0, created_at=-30))

    assert (await auditor.sla(as_of=at(-30) - JUST))["clocks"] == []
    (resolution,) = (await auditor.sla(as_of=-30))["clocks"]
    assert resolution["elapsed_seconds"] == 0


async def test_the_future_is_if_nothing_else_happens(process: Process, auditor: Auditor) -> None:
    await process.post(opening(0))
    await process.post(update(90, status="resolved"), when=1)

    assert brief(await auditor.clock("resolution", as_of=80))[:3] == ("running", "breached", 4800)
    assert brief(await auditor.clock("resolution", as_of=90))[:3] == ("breached", "breached", 5400)


async def test_what_arrived_late_was_not_known_before(process: Process, auditor: Auditor) -> None:
    await process.post(opening(0))
    await process.post(update(10, status="pending"), when=40)
    process.clock.set(50)

    assert brief(await auditor.clock("resolution", as_of=30)) == ("paused", "compliant", 600, None)
    then = await auditor.clock("resolution", as_of=30, known_at=39)
    assert brief(then) == ("running", "compliant", 1800, text(60))
    assert brief(await auditor.clock("resolution", known_at=39))[2] == 39 * 60
    known = await auditor.clock("resolution", as_of=30, known_at=40)  # inclusive
    assert known["state"] == "paused"


async def test_a_policy_version_was_not_known_before(process: Process, auditor: Auditor) -> None:
    await process.post(opening(0))
    await process.change(LONGER, 20)

    assert (await auditor.clock("resolution", as_of=10))["due_at"] == text(60)
    assert (await auditor.clock("resolution", as_of=20))["due_at"] == text(100)
    then = await auditor.sla(as_of=20, known_at=19)
    assert (then["policy_version"], then["clocks"][0]["due_at"]) == (1, text(60))
    now = await auditor.sla(as_of=19, known_at=21)
    assert (now["policy_version"], now["clocks"][0]["due_at"]) == (1, text(60))
    assert (await auditor.sla())["policy_version"] == 2


async def test_what_is_asked_in_another_zone_is_answered_in_utc(
    process: Process, auditor: Auditor
) -> None:
    await process.post(opening(0))

    answer = await auditor.sla(as_of=20, known_at=30)
    assert (answer["at"], answer["known_at"]) == (text(20), text(30))
    there = {"as_of": "2026-01-05T10:20:00+01:00", "known_at": "2026-01-05T10:30:00+01:00"}
    response = await auditor.client.get("/tickets/T-1/sla", params=there)
    assert response.json() == answer


async def test_a_ticket_that_was_not_known_yet_is_not_found(
    process: Process, auditor: Auditor
) -> None:
    process.clock.set(10)
    await process.post(opening(0))

    assert (await auditor.sla(as_of=5))["clocks"]
    problem = await auditor.sla(as_of=5, known_at=9, expect=404)
    assert problem["status"] == 404
    assert (await auditor.sla("T-2", expect=404))["detail"] == "There is no ticket T-2."


async def test_every_cycle_is_listed_by_its_start(process: Process, auditor: Auditor) -> None:
    await process.post(opening(0, priority="P3"))
    replies = [update(minute, last_agent_reply_at=minute) for minute in (1, 11, 21)]
    questions = [update(minute, last_customer_reply_at=minute) for minute in (10, 20, 30)]
    await process.post(*replies, *questions, when=70)

    clocks = (await auditor.sla())["clocks"]

    assert [(one["name"], one["cycle"], one["state"]) for one in clocks] == [
        ("response", 1, "met"),
        ("resolution", 1, "running"),
        ("next_response", 1, "met"),
        ("next_response", 2, "met"),
        ("next_response", 3, "running"),
    ]
    assert clocks[-1]["breached_at"] == text(60)


async def test_the_ladder_says_where_it_stands_and_what_comes(
    process: Process, auditor: Auditor
) -> None:
    await process.post(opening(0, priority="P2"))
    await process.run(15)

    async def ladder(**asked: Any) -> tuple[Any, ...]:
        found = (await auditor.sla(**asked))["escalation"]
        names = ("level", "name", "acknowledged_at", "next_level", "next_at")
        return tuple(found[name] for name in names)

    assert await ladder() == (1, "Team lead", None, 2, text(20))
    await process.acknowledge()
    assert await ladder() == (1, "Team lead", text(15), 4, "2026-01-05T10:00:00.000001Z")
    assert await ladder(as_of=45) == (1, "Team lead", text(15), 4, "2026-01-05T10:00:00.000001Z")
    assert await ladder(as_of=14) == (1, "Team lead", None, 2, text(20))
    assert await ladder(as_of=61) == (4, "4", None, None, None)  # the breach ended it


async def test_what_was_answered_then_is_answered_now_by_what_was_known_then(
    process: Process, auditor: Auditor
) -> None:
    """Whatever happened since: late evidence, other policies, acknowledgements."""
    answers: dict[float, dict[str, Any]] = {}

    async def note(minute: float) -> None:
        await process.run(minute)
        answers[minute] = await auditor.sla()

    await process.post(opening(0, priority="P2"))
    await note(12)
    await process.post(update(15, status="pending"), when=25)
    await note(26)
    await process.change(LONGER + "clocks: {resolution: {reopen: new_cycle}}\n", 30)
    await note(31)
    await process.post(update(18, status="open"), update(33, priority="P1"), when=33)
    await process.acknowledge(when=35)
    await note(36)
    await process.post(update(40, status="resolved"), when=55)
    await note(56)
    await process.post(update(60, status="reopened", created_at=-15), when=60)
    await note(61)
    await process.change(CONFIG, 70)
    await note(200)

    for minute, answer in answers.items():
        again = await auditor.sla(known_at=minute)
        assert {**again, "known_at": None} == answer, minute


async def test_a_process_that_has_yet_to_learn_a_version_asks_for_patience(
    process: Process, auditor: Auditor
) -> None:
    other = Process(process.pool, Clock())
    await other.policies.follow()
    await other.offer(LONGER)
    await other.post(opening(1))

    problem = await auditor.sla(expect=503)
    assert "newer configuration" in problem["detail"]
    await process.policies.follow()
    assert (await auditor.sla())["policy_version"] == 2


async def test_an_external_id_may_look_like_an_id_of_ours(
    process: Process, auditor: Auditor
) -> None:
    sys_id = "0c5f3cece1b12010f877971dea0b1449"
    await process.post(
        opening(0, sys_id), opening(0, "T-1", source="a"), opening(0, "T-1", source="b")
    )

    assert (await auditor.sla(sys_id))["external_id"] == sys_id
    problem = await auditor.sla("T-1", expect=409)
    assert problem["detail"] == "T-1 exists in several sources: a, b"
    assert (await auditor.sla("T-1", source="b"))["ticket_id"] == str(identity("T-1", "b"))
    await auditor.sla("T-1", source="c", expect=404)
    await auditor.sla("5d3d2b9b-1c5c-4d6a-9f3e-000000000000", expect=404)
