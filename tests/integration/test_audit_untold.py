"""Who was not told of a ticket stands on its timeline, beside what they were not told of."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio

from projections import dead_letters
from projections.outbox import Outbox
from projections.runner import Runner
from tests.support.audit import Auditor, auditing
from tests.support.desk import Process
from tests.support.items import opening

BREACH = "the breach of the resolution clock"
WARNING = "the warning of the resolution clock"


@pytest_asyncio.fixture
async def auditor(process: Process) -> AsyncGenerator[Auditor]:
    """Of a ticket that was warned of at minute 51, and missed at 60; nothing was sent yet."""
    await process.post(opening(0))
    await process.run(62)
    async with auditing(process) as auditor:
        await Runner(process.pool, [Outbox()], process.now, "test").catch_up()
        yield auditor


async def became(process: Process, alert: str, state: str, attempts: int, why: str | None) -> None:
    async with process.pool.connection() as conn:
        await conn.execute(
            "UPDATE outbox SET state = %s, attempts = %s, last_error = %s"
            " WHERE body->'alerts'->0->>'severity' = %s",
            (state, attempts, why, alert),
        )


async def left(auditor: Auditor, **asked: Any) -> list[tuple[float, str]]:
    told = await auditor.told(**asked)
    return [(minute, sentence) for minute, kind, sentence in told if kind == "undelivered"]


@pytest.mark.parametrize(
    ("state", "attempts", "why", "said"),
    [
        ("dead", 1, "410: gone", f"slack was not told of {BREACH}: given up, 410: gone."),
        ("dead", 5, None, f"slack was not told of {BREACH}: given up after 5 attempts, nobody"),
        ("skipped", 0, "A_URL is not set", f"{BREACH}: nothing can be sent there, A_URL is not"),
        ("held", 0, "may have been sent", f"slack is not told of {BREACH}: held, may have"),
        (
            "pending",
            2,
            "500: no",
            f"slack has not been told of {BREACH} yet: tried again, 500: no.",
        ),
    ],
)
async def test_a_message_that_was_not_taken_is_told_with_its_reason(
    process: Process, auditor: Auditor, state: str, attempts: int, why: str | None, said: str
) -> None:
    await became(process, "breached", state, attempts, why)
    [(minute, sentence)] = await left(auditor)
    assert minute == 60
    assert said in sentence
    kinds = [kind for _, kind, _ in await auditor.told()]
    assert kinds.index("undelivered") > len(kinds) - 1 - kinds[::-1].index("alert")


async def test_what_was_dropped_is_told_as_ever(process: Process, auditor: Auditor) -> None:
    await became(process, "breached", "dead", 1, "410: gone")
    before = await left(auditor)
    async with process.pool.connection() as conn:
        assert len(await dead_letters.drop(conn, None, None)) == 2
    assert await left(auditor) == before != []


async def test_what_nobody_has_tried_yet_or_what_was_sent_is_not_told(
    process: Process, auditor: Auditor
) -> None:
    assert await left(auditor) == []
    await became(process, "breached", "sent", 3, "500: once")
    assert await left(auditor) == []


async def test_it_is_as_of_now_whatever_was_known_then(process: Process, auditor: Auditor) -> None:
    await became(process, "breached", "dead", 1, "gone")
    await became(process, "warning", "dead", 1, "gone")
    assert [minute for minute, _ in await left(auditor)] == [51, 60]
    assert await left(auditor, as_of=55) == [
        (51, f"slack was not told of {WARNING}: given up, gone.")
    ]
    assert await left(auditor, known_at=62) == []


async def test_several_channels_of_one_alert_are_told_together(
    process: Process, auditor: Auditor
) -> None:
    await became(process, "breached", "dead", 1, "gone")
    async with process.pool.connection() as conn:
        await conn.execute(
            "UPDATE outbox SET state = 'skipped', last_error = 'no address'"
            " WHERE state = 'dead' AND channel = 'urgent'"
        )
    [(_, sentence)] = await left(auditor)
    assert sentence == (
        f"slack was not told of {BREACH}: given up, gone."
        f" urgent was not told of {BREACH}: nothing can be sent there, no address."
    )
    assert (await auditor.timeline())[-1]["recorded_at"] is None
