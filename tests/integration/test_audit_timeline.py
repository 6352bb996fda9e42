"""Everything that happened to a ticket, in order, with the reason why its clocks moved."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest_asyncio

from tests.support.audit import OFFICE, Auditor, auditing, told_at
from tests.support.desk import CONFIG, Process
from tests.support.items import opening, text, update


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
        (0, "opened", "Reported: status open, priority P1, customer tier gold and title Outage."),
        (
            0,
            "clock_started",
            "Resolution clock started: the ticket was opened as open. The promise is 60m (1 h), due"
            f" {told_at(60)}.",
        ),
        (
            30,
            "clock_paused",
            "Resolution clock paused: jane changed the status from open to pending."
            " 30 min of 1 h are used; the deadline is open.",
        ),
        (
            40,
            "clock_resumed",
            "Resolution clock runs again: the status changed from pending to open."
            f" 30 min of 1 h are used; due {told_at(70)}.",
        ),
        (61, "alert", f"Resolution clock reached its warning: 9 min left, due {told_at(70)}."),
        (
            66,
            "clock_met",
            "Resolution clock met its target: the status changed from open to resolved."
            " 56 min of 1 h were used.",
        ),
        (70, "informed", "To be told, slack: resolved in time."),
    ]


async def test_an_entry_says_when_it_became_known_and_under_which_version(
    process: Process, auditor: Auditor
) -> None:
    await process.post(opening(0))
    await process.post(update(20, status="pending"), when=31)

    opened, started, paused = await auditor.timeline()

    assert (opened["recorded_at"], opened["position"], opened["policy_version"]) == (text(0), 2, 1)
    assert (paused["occurred_at"], paused["recorded_at"]) == (text(20), text(31))
    assert paused["position"] == 3  # the update says nothing else
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
        (10, "clock_met"),
        (51, "alert"),
        (53, "retracted"),
    ]
    sentences = [sentence for *_, sentence in await auditor.told()]
    assert sentences[2].endswith(f" This became known at {told_at(53)}.")
    assert sentences[3].endswith(" Withdrawn at Mon 2026-01-05 09:53.")
    assert sentences[-1] == (
        "The warning of the resolution clock was withdrawn: by what became known then, it has not"
        " happened."
    )
    known = [(minute, kind) for minute, kind, _ in await auditor.told(known_at=52)]
    assert known == [(0, "opened"), (0, "clock_started"), (51, "alert")]
    until = [(minute, kind) for minute, kind, _ in await auditor.told(as_of=20)]
    assert until == [(0, "opened"), (0, "clock_started"), (10, "clock_met")]


async def test_a_new_version_is_told_with_what_it_moved(process: Process, auditor: Auditor) -> None:
    await process.post(opening(0))
    await process.change(CONFIG.replace("P1: {resolution: 60m", "P1: {resolution: 100m"), 20)

    assert (await auditor.told())[2:] == [
        (
            20,
            "clock_moved",
            "Resolution deadline moved from Mon 2026-01-05 10:00 to Mon 2026-01-05 10:40 (UTC):"
            " policy version 2 (from sla_config.yaml) came into force, which brings the target 100m"
            " instead of 60m.",
        ),
    ]
    moved = (await auditor.timeline())[-1]
    assert (moved["policy_version"], moved["recorded_at"]) == (2, text(20))
    assert counted(moved) == [("24x7", text(0), text(20))]


async def test_each_stretch_is_counted_by_the_calendar_then_in_force(
    process: Process, auditor: Auditor
) -> None:
    await process.change(OFFICE, 0)
    await process.post(opening(60))
    await process.change(OFFICE.replace("13:00", "12:30").replace("office", "longer"), 270)
    await process.post(update(300, status="pending"), when=300)

    *_, moved, paused = await auditor.timeline()

    assert counted(moved) == [
        ("office", text(60), text(180)),
        ("office", text(240), text(270)),
    ]
    assert moved["explanation"] == (
        "Resolution promise changed: policy version 3 (from sla_config.yaml) came into force, which"
        " brings the calendar longer instead of office. 2 h 30 min of 4 working hours are used; due"
        f" {told_at(360)}."
    )
    assert counted(paused) == [("longer", text(270), text(300))]
    assert paused["explanation"] == (
        "Resolution clock paused: the status changed from open to pending."
        " 3 of 4 working hours are used; the deadline is open."
    )


async def test_only_time_that_ran_is_counted(process: Process, auditor: Auditor) -> None:
    await process.post(opening(0, status="pending"))
    await process.change(CONFIG.replace("P1: {resolution: 60m", "P1: {resolution: 100m"), 20)
    await process.post(update(30, status="open"), when=30)
    await process.post(update(50, status="resolved"), when=50)

    entries = {entry["kind"]: entry for entry in await auditor.timeline()}

    assert entries["clock_started"]["explanation"] == (
        "Resolution clock started, paused: the ticket was opened as pending. The promise is 60m"
        " (1 h); the deadline is open."
    )
    assert entries["clock_moved"]["segments"] is None
    assert entries["clock_resumed"]["segments"] is None
    assert counted(entries["clock_met"]) == [("24x7", text(30), text(50))]


async def test_what_ends_as_it_begins_is_told_both_ways(process: Process, auditor: Auditor) -> None:
    await process.post(opening(0, priority="P3", status="in_progress"))

    told = [(kind, sentence) for _, kind, sentence in await auditor.told()]
    assert told[1:3] == [
        (
            "clock_started",
            "Response clock started: the ticket was opened as in_progress. The promise is 30m.",
        ),
        (
            "clock_met",
            "Response clock met its target: the ticket was opened as in_progress, which counts as"
            " the first response. 0 s of 30 min were used.",
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
        if "Next response" in sentence and kind.startswith("clock")
    ]
    assert waits == [
        (
            24,
            "Next response clock started: the customer wrote. The promise is 30m, due"
            f" {told_at(54)}.",
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
        " status open, priority P1, customer tier gold and title Other.",
    )
    assert told[3:] == [
        (
            "escalation",
            "Escalation level 1 (Team lead) was reached on the resolution clock.",
        ),
        ("acknowledged", f'jane acknowledged it ("on it"); escalation holds until {told_at(72)}.'),
        ("snoozed", f'jane snoozed it until {told_at(30)} ("lunch").'),
    ]


async def test_what_lies_ahead_is_not_told_before_its_time(
    process: Process, auditor: Auditor
) -> None:
    await process.post(opening(0))
    await process.post(update(40, status="resolved"), when=5)

    assert [kind for _, kind, _ in await auditor.told()] == ["opened", "clock_started"]
    ahead = [kind for _, kind, _ in await auditor.told(as_of=40)]
    assert ahead == ["opened", "clock_started", "clock_met"]
    await process.run(50)
    assert [(kind, sentence) for _, kind, sentence in await auditor.told()][2:] == [
        (
            "clock_met",
            "Resolution clock met its target: the status changed from open to resolved."
            " 40 min of 1 h were used.",
        ),
    ]


async def test_a_late_stop_says_by_how_much(process: Process, auditor: Auditor) -> None:
    await process.post(opening(0), update(1585.5, status="resolved"), when=2000)

    assert (await auditor.told())[-1] == (
        1585.5,
        "clock_stopped_late",
        "Resolution clock stopped too late: the status changed from open to resolved. It took 1 d"
        f" 2 h 25 min, 1 d 1 h 25 min longer than the 60m promised; it was due {told_at(60)}.",
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
    withdrawn = f" Withdrawn at {told_at(30_030).removesuffix(' UTC')}"
    why = ": by what became known then, it has not happened."
    assert alerts(await auditor.told(as_of=30_015)) == [one + withdrawn + why for one in plain]
    # Where the withdrawal has an entry of its own, that says why; where it was not known, nothing.
    assert alerts(await auditor.told()) == [f"{one}{withdrawn}." for one in plain]
    assert alerts(await auditor.told(known_at=30_015)) == plain


async def test_a_ticket_that_was_unknown_then_is_called_as_it_was_asked_for(
    process: Process, auditor: Auditor
) -> None:
    await process.post(opening(0))

    for view in ("timeline", "sla"):
        answer = await auditor.ask(f"/tickets/T-1/{view}", known_at=-5, expect=404)
        assert answer["detail"] == f"Nothing was known of T-1 at {text(-5)}."
