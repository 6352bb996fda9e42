"""Everything that happened to a ticket, in order, with the reason why its clocks moved."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest_asyncio

from tests.support.audit import Auditor, auditing
from tests.support.desk import CONFIG, Process
from tests.support.items import opening, text, update

OFFICE = """
sla_targets:
  GOLD:
    calendar: office
    P1: {resolution: 4h, escalation: {}}
calendars:
  office: {timezone: UTC, hours: {mon-fri: ["09:00-12:00", "13:00-17:00"]}}
"""


@pytest_asyncio.fixture
async def auditor(process: Process) -> AsyncGenerator[Auditor]:
    async with auditing(process) as auditor:
        yield auditor


def counted(entry: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one["calendar"], one["start"], one["end"]) for one in entry["segments"] or ()]


async def test_a_life_is_told_in_order_with_reasons(process: Process, auditor: Auditor) -> None:
    await process.post(opening(0))
    await process.post(update(30, status="pending", updated_by="jane"), when=31)
    await process.post(update(40, status="open"), when=40)
    await process.run(62)
    await process.post(update(66, status="resolved"), when=70)

    assert await auditor.told() == [
        (
            0,
            "opened",
            "The source reported status open, priority P1, customer tier gold, title Outage.",
        ),
        (
            0,
            "clock_started",
            f"The resolution clock started: 1 h, due {text(60)}.",
        ),
        (30, "observed", "jane changed the status from open to pending."),
        (
            30,
            "clock_paused",
            "The resolution clock was paused when the status became pending:"
            " 30 min of 1 h used, the deadline is open.",
        ),
        (40, "observed", "The source changed the status from pending to open."),
        (
            40,
            "clock_resumed",
            "The resolution clock ran again when the status became open:"
            f" 30 min of 1 h used, due {text(70)}.",
        ),
        (
            61,
            "alert",
            f"The resolution clock reached its warning, due {text(70)}.",
        ),
        (66, "observed", "The source changed the status from open to resolved."),
        (
            66,
            "clock_met",
            "The resolution clock was met when the status became resolved: 56 min of 1 h used.",
        ),
    ]


async def test_an_entry_says_when_it_became_known_and_under_which_version(
    process: Process, auditor: Auditor
) -> None:
    await process.post(opening(0))
    await process.post(update(20, status="pending"), when=31)

    opened, started, observed, paused = await auditor.timeline()

    assert (opened["recorded_at"], opened["position"], opened["policy_version"]) == (text(0), 2, 1)
    assert (observed["occurred_at"], observed["recorded_at"]) == (text(20), text(31))
    assert (started["recorded_at"], started["position"]) == (None, None)
    assert (paused["clock"], paused["cycle"], paused["policy_version"]) == ("resolution", 1, 1)
    assert counted(paused) == [("24x7", text(0), text(20))]
    assert started["segments"] is None


async def test_late_evidence_changes_what_is_told_but_not_what_was_known(
    process: Process, auditor: Auditor
) -> None:
    await process.post(opening(0))
    await process.run(52)
    await process.post(update(10, status="resolved"), when=53)
    await process.tick()

    kinds = [(minute, kind) for minute, kind, _ in await auditor.told()]
    assert kinds == [
        (0, "opened"),
        (0, "clock_started"),
        (10, "observed"),
        (10, "clock_met"),
        (51, "alert"),
        (53, "retracted"),
    ]
    sentences = [sentence for *_, sentence in await auditor.told()]
    assert sentences[-1] == (
        "The warning alert of the resolution clock was withdrawn: by what is known now, it has not"
        " happened."
    )
    known = [(minute, kind) for minute, kind, _ in await auditor.told(known_at=52)]
    assert known == [(0, "opened"), (0, "clock_started"), (51, "alert")]
    until = [(minute, kind) for minute, kind, _ in await auditor.told(as_of=20)]
    assert until == [(0, "opened"), (0, "clock_started"), (10, "observed"), (10, "clock_met")]


async def test_a_new_version_is_told_before_what_it_moved(
    process: Process, auditor: Auditor
) -> None:
    await process.post(opening(0))
    await process.change(CONFIG.replace("P1: {resolution: 60m", "P1: {resolution: 100m"), 20)

    assert (await auditor.told())[2:] == [
        (20, "retargeted", "Policy version 2 came into force in place of 1."),
        (
            20,
            "clock_moved",
            f"The deadline of the resolution clock moved from {text(60)} to {text(100)} when policy"
            " version 2 came with the target 1 h 40 min instead of 1 h.",
        ),
    ]
    moved = (await auditor.timeline())[-1]
    assert moved["policy_version"] == 2
    assert counted(moved) == [("24x7", text(0), text(20))]


async def test_each_stretch_is_counted_by_the_calendar_then_in_force(
    process: Process, auditor: Auditor
) -> None:
    await process.change(OFFICE, 0)
    await process.post(opening(60))
    await process.change(OFFICE.replace("13:00", "12:30").replace("office", "longer"), 270)
    await process.post(update(300, status="pending"), when=300)

    *_, moved, _, paused = await auditor.timeline()

    assert counted(moved) == [
        ("office", text(60), text(180)),
        ("office", text(240), text(270)),
    ]
    assert moved["explanation"] == (
        "The promise of the resolution clock changed when policy version 3 came with the calendar"
        f" longer instead of office: 2 h 30 min of 4 working hours used, due {text(360)}."
    )
    assert counted(paused) == [("longer", text(270), text(300))]
    assert paused["explanation"] == (
        "The resolution clock was paused when the status became pending:"
        " 3 of 4 working hours used, the deadline is open."
    )


async def test_only_time_that_ran_is_counted(process: Process, auditor: Auditor) -> None:
    await process.post(opening(0, status="pending"))
    await process.change(CONFIG.replace("P1: {resolution: 60m", "P1: {resolution: 100m"), 20)
    await process.post(update(30, status="open"), when=30)
    await process.post(update(50, status="resolved"), when=50)

    entries = {entry["kind"]: entry for entry in await auditor.timeline()}

    assert entries["clock_started"]["explanation"] == ("The resolution clock started, paused: 1 h.")
    assert entries["clock_moved"]["segments"] is None
    assert entries["clock_resumed"]["segments"] is None
    assert counted(entries["clock_met"]) == [("24x7", text(30), text(50))]


async def test_what_ends_as_it_begins_is_told_both_ways(process: Process, auditor: Auditor) -> None:
    await process.post(opening(0, priority="P3", status="in_progress"))

    told = [(kind, sentence) for _, kind, sentence in await auditor.told()]
    assert told[1:3] == [
        ("clock_started", "The response clock started: 30 min."),
        (
            "clock_met",
            "The response clock was met when the ticket was opened as in_progress:"
            " 0 s of 30 min used.",
        ),
    ]


async def test_a_cycle_that_never_lasted_never_was(process: Process, auditor: Auditor) -> None:
    await process.post(
        opening(0, priority="P3"),
        update(1, last_agent_reply_at=1),
        update(10, last_customer_reply_at=10, status="resolved"),
        update(20, status="reopened"),
        update(25, last_customer_reply_at=24),
        when=30,
    )

    waits = [
        (minute, sentence)
        for minute, kind, sentence in await auditor.told()
        if "next_response" in sentence and kind.startswith("clock")
    ]
    assert waits == [
        (
            24,
            f"The next_response clock started when the customer wrote: 30 min, due {text(54)}.",
        )
    ]


async def test_people_and_deliveries_are_told_of(process: Process, auditor: Auditor) -> None:
    await process.post(opening(0, priority="P2"))
    await process.run(10)
    await process.acknowledge(when=12)
    await process.snooze(until=30)
    process.clock.set(13)
    await process.post(opening(0, title="Other"))

    told = [(kind, sentence) for _, kind, sentence in await auditor.told()]
    assert told[2] == (
        "conflict",
        "Other content came under the same key and was kept apart:"
        " status open, priority P1, customer tier gold, title Other.",
    )
    assert told[3:] == [
        (
            "escalation",
            "Escalation level 1 (Team lead) was reached on the resolution clock.",
        ),
        ("acknowledged", f'jane acknowledged it ("on it"); escalation holds until {text(72)}.'),
        ("snoozed", f'jane snoozed it until {text(30)} ("lunch").'),
    ]


async def test_what_lies_ahead_is_not_told_before_its_time(
    process: Process, auditor: Auditor
) -> None:
    await process.post(opening(0))
    await process.post(update(40, status="resolved"), when=5)

    assert [kind for _, kind, _ in await auditor.told()] == ["opened", "clock_started"]
    ahead = [kind for _, kind, _ in await auditor.told(as_of=40)]
    assert ahead == ["opened", "clock_started", "observed", "clock_met"]
    await process.run(50)
    assert [(kind, sentence) for _, kind, sentence in await auditor.told()][2:] == [
        ("observed", "The source changed the status from open to resolved."),
        ("moved", "What had been reported ahead of time took effect."),
        (
            "clock_met",
            "The resolution clock was met when the status became resolved: 40 min of 1 h used.",
        ),
    ]


async def test_a_late_stop_says_by_how_much(process: Process, auditor: Auditor) -> None:
    await process.post(opening(0), update(1585.5, status="resolved"), when=2000)

    assert (await auditor.told())[-1] == (
        1585.5,
        "clock_stopped_late",
        "The resolution clock stopped when the status became resolved, 1 d 1 h 25 min over its"
        " target; it was breached at "
        f"{text(60)}.",
    )


async def test_the_past_tells_no_alert_that_is_known_to_be_withdrawn_without_saying_so(
    process: Process, auditor: Auditor
) -> None:
    await process.post(opening(0))
    await process.post(update(50, status="resolved"), when=50)
    await process.post(update(30_000, status="reopened"), when=30_000)
    await process.run(30_015)
    before = await auditor.told()
    await process.post(update(30_020, status="closed"), when=30_020)
    await process.post(update(30_000, revision=1, status="closed"), when=30_030)
    await process.tick()

    def alerts(told: list[tuple[float, str, str]]) -> list[str]:
        return [sentence for _, kind, sentence in told if kind == "alert"]

    plain = alerts(before)
    assert len(plain) == 3
    withdrawn = f" Withdrawn at {text(30_030)}: by what is known now, it has not happened."
    assert alerts(await auditor.told(as_of=30_015)) == [one + withdrawn for one in plain]
    # Where the withdrawal has an entry of its own, and where it was not known, the alert stands.
    assert alerts(await auditor.told()) == plain
    assert alerts(await auditor.told(known_at=30_015)) == plain


async def test_a_ticket_that_was_unknown_then_is_called_as_it_was_asked_for(
    process: Process, auditor: Auditor
) -> None:
    await process.post(opening(0))

    for view in ("timeline", "sla"):
        answer = await auditor.ask(f"/tickets/T-1/{view}", known_at=-5, expect=404)
        assert answer["detail"] == f"Nothing was known of T-1 at {text(-5)}."
