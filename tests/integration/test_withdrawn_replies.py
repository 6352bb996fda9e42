"""A reply that was none is taken out of the timeline: clocks, alerts and sentences follow."""

import pytest

from command_side.deciding.events import Ticket, shown
from tests.support.audit import auditing
from tests.support.desk import Process
from tests.support.items import at, opening, text, update


@pytest.fixture
async def answered(process: Process) -> Process:
    """By a bot, as turns out; then the customer wrote, and nobody has answered since."""
    await process.post(opening(0, priority="P3"), when=0)
    await process.post(update(5, last_agent_reply_at=4), when=5)
    await process.post(update(11, last_customer_reply_at=10), when=11)
    await process.run(45)
    return process


async def test_what_the_reply_had_answered_is_raised_and_what_followed_it_is_taken_back(
    answered: Process,
) -> None:
    before = await answered.told()
    assert [what for _, what, _ in before if "breached" in what] == ["next_response breached"]

    await answered.post(update(46, withdrawn_replies=[text(4)]), when=46)
    await answered.tick()

    after = (await answered.told())[len(before) :]
    assert [what for _, what, _ in after] == [
        *(f"retracted {alert}" for alert in ("breached", "critical")),
        *(f"retracted level:{level}" for level in (1, 2, 3)),
        "retracted warning",
        *("response warning", "level 1", "response critical", "level 2"),
        *("response breached", "level 3"),
    ]
    async with auditing(answered) as auditor:
        clocks = {one["name"]: one for one in (await auditor.sla(as_of=46))["clocks"]}
        assert clocks["response"]["breached_at"] == text(30)
        assert "next_response" not in clocks
        sentences = [sentence for _, _, sentence in await auditor.told(as_of=46)]
    told = [one.replace(" UTC", "") for one in sentences if "no reply" in one]
    said = "What was said at Mon 2026-01-05 09:04 was no reply."
    assert told == [f"{said} This became known at Mon 2026-01-05 09:46."]


async def test_a_reply_that_is_named_again_as_it_was_is_no_reply_still(answered: Process) -> None:
    await answered.post(update(46, withdrawn_replies=[text(4)]), when=46)
    await answered.post(update(47, last_agent_reply_at=4), when=47)

    head = await answered.head()
    assert head.fold is not None
    assert head.fold.agent_reply is None


async def test_the_same_correction_again_is_a_duplicate_in_whatever_words(
    answered: Process,
) -> None:
    await answered.post(update(46, withdrawn_replies=[text(4), text(7)]), when=46)
    replies = ["2026-01-05T10:07:00+01:00", text(4), text(7)]
    [again] = await answered.post(update(46, withdrawn_replies=replies), when=47)

    assert again.outcome == "duplicate"
    [stored] = [e for e in await answered.stream() if e.occurred_at == at(46)]
    assert shown(stored.body)["given"] == {"withdrawn_replies": [text(4), text(7)]}


async def test_an_automatic_reply_answers_nothing_from_the_start(process: Process) -> None:
    await process.post(opening(0, priority="P3"), when=0)
    await process.post(update(5, last_agent_reply_at=4, automatic_reply_at=4), when=5)
    await process.run(31)

    raised = await process.stream("T-1", Ticket.AlertRaised.TOPIC)
    assert [shown(event.body)["clock"] for event in raised][-1] == "response"
    async with auditing(process) as auditor:
        sentences = [sentence for _, _, sentence in await auditor.told(as_of=31)]
    assert any("an automatic reply, which does not count" in one.lower() for one in sentences)
