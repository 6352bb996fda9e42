"""Those who were told of an alert are told what becomes of it: each thing once, in one notice."""

import re
from uuid import UUID

import pytest

from command_side.deciding.events import Ticket
from command_side.deciding.head import Head
from projections.outbox import Outbox
from tests.support.desk import CONFIG, Process
from tests.support.items import opening, update

SLACK, BOTH, URGENT = ["slack"], ["urgent", "slack"], ["urgent"]
ROUTES = CONFIG.index("  routes:"), CONFIG.index("\n  channels:")


def routed(*routes: str) -> str:
    listed = "".join(f"\n    - {{{one}}}" for one in routes)
    return f"{CONFIG[: ROUTES[0]]}  routes:{listed}{CONFIG[ROUTES[1] :]}"


async def notices_after(process: Process, minute: float) -> list[tuple[float, str, list[str]]]:
    return [one for one in await process.notices() if one[0] > minute]


async def stored_and_remade(process: Process) -> tuple[Head, Head]:
    """The head, and as it is made anew from the stream."""
    stored = await process.head()
    await process.desk.rebuild(UUID(int=0), process.now(), 100)
    return stored, await process.head()


async def test_the_end_of_a_clock_is_told_once_to_each_of_the_worst_that_it_was_told_of(
    process: Process,
) -> None:
    """Decided with the observation that ends it, by the head alone."""
    await process.offer(
        routed(
            "match: {severity: warning}, to: [slack]", "match: {severity: breached}, to: [urgent]"
        )
    )
    await process.post(opening(0))
    await process.run(61)
    await process.post(update(70, status="resolved"), when=70)
    await process.tick()
    await process.post(update(80, status="closed"), when=80)
    await process.run(500)

    assert await notices_after(process, 61) == [
        (70, "ended breached resolution warning", SLACK),
        (70, "ended breached resolution breached", URGENT),
    ]
    stored, remade = await stored_and_remade(process)
    assert stored.raised == remade.raised
    assert remade.raised["resolution"].over == "breached"


async def test_what_nobody_was_told_of_ends_in_silence(process: Process) -> None:
    await process.offer(routed("match: {severity: critical}, to: [slack]"))
    await process.post(opening(0), opening(0, "T-2"))
    await process.snooze(until=500)
    await process.run(58)
    await process.post(update(59, status="resolved"), update(59, "T-2", status="resolved"), when=59)
    await process.run(600)
    assert await process.notices() == []
    assert await process.notices("T-2") == [
        (57, "resolution critical", SLACK),
        (59, "ended met resolution critical", SLACK),
    ]


async def test_a_reopening_is_told_to_those_who_believe_it_is_over_and_its_end_again(
    process: Process,
) -> None:
    await process.post(opening(0))
    await process.run(52)
    for minute, status in ((53, "resolved"), (54, "open"), (55, "pending"), (56, "resolved")):
        await process.post(update(minute, status=status), when=minute)
        await process.tick()
    assert await notices_after(process, 52) == [
        (53, "ended met resolution warning", SLACK),
        (54, "met->running resolution warning", SLACK),
        (56, "ended met resolution warning", SLACK),
    ]
    keys = [write.row["dedup_key"] for write in Outbox().rows(await process.log())]
    assert len(set(keys)) == len(keys) == 4
    stored, remade = await stored_and_remade(process)
    assert stored.raised == remade.raised


async def test_of_an_end_that_comes_late_all_is_one_notice(process: Process) -> None:
    """It takes back what had not happened, and ends what had."""
    await process.post(opening(0))
    await process.run(58)
    await process.post(update(55, status="resolved"), when=59)
    assert await notices_after(process, 58) == []
    await process.tick()
    await process.run(100)
    assert await notices_after(process, 58) == [
        (59, "withdrawn resolution critical, ended met resolution warning", SLACK)
    ]


async def test_what_an_engine_that_is_late_raises_and_what_has_ended_since_is_one_notice(
    process: Process,
) -> None:
    await process.post(opening(0))
    await process.post(update(62, status="resolved"), when=62)
    await process.tick(63)
    await process.run(100)
    assert await process.notices() == [
        (63, "resolution breached, ended breached resolution breached", BOTH)
    ]


async def test_the_end_of_one_cycle_is_told_though_the_next_has_begun(process: Process) -> None:
    await process.post(opening(0, priority="P3", last_agent_reply_at=0))
    await process.post(update(5, last_customer_reply_at=5), when=5)
    await process.run(36)
    await process.post(update(39, last_agent_reply_at=37, last_customer_reply_at=38), when=39)
    await process.run(40)
    ((at, what, to),) = await notices_after(process, 36)
    assert (at, what, to) == (39, "ended breached next_response breached", ["slack", "urgent"])


async def test_a_change_of_the_promises_that_ends_a_clock_is_told(process: Process) -> None:
    await process.post(opening(0))
    await process.run(52)
    await process.change(CONFIG.replace("P1: {resolution: 60m, escalation: {}}", "P1: {}"), 53)
    await process.tick(54)
    assert [what for _, what, _ in await notices_after(process, 52)] == [
        "ended cancelled resolution warning"
    ]


@pytest.mark.parametrize(
    ("tell", "told"),
    [
        ("[raised]", ["resolution warning"]),
        ("[ended]", ["ended met resolution warning"]),
        ("[raised, ended]", ["resolution warning", "ended met resolution warning"]),
        ("[raised, acknowledged]", ["resolution warning", "acknowledged resolution warning"]),
        ("[acknowledged]", ["acknowledged resolution warning"]),
    ],
)
async def test_a_route_says_what_it_wants_to_hear(
    process: Process, tell: str, told: list[str]
) -> None:
    await process.offer(routed(f"tell: {tell}, to: [slack]"))
    await process.post(opening(0))
    await process.run(52)
    await process.acknowledge(when=53)
    await process.post(update(54, status="resolved"), when=54)
    await process.tick()
    assert [what for _, what, _ in await process.notices()] == told


async def test_a_withdrawal_is_told_to_those_who_want_it(process: Process) -> None:
    await process.offer(
        routed(
            "to: [slack], tell: raised, continue: true",
            "match: {type: withdrawn, severity: warning}, to: [urgent]",
            "match: {type: ended}, to: [urgent]",
        )
    )
    await process.post(opening(0))
    await process.run(58)
    await process.post(update(30, status="resolved"), when=59)
    await process.tick()
    assert await notices_after(process, 58) == [(59, "withdrawn resolution warning", URGENT)]


async def test_who_asks_for_ends_is_told_of_those_that_somebody_was_told_of(
    process: Process,
) -> None:
    await process.offer(
        routed("match: {type: [ended, acknowledged]}, to: [urgent]", "to: [slack], tell: raised")
    )
    await process.post(opening(0), opening(0, "T-2"))
    await process.run(52)
    await process.post(update(52, "T-2", status="resolved"), when=52)
    await process.acknowledge(when=53)
    await process.post(update(54, status="resolved"), when=54)
    await process.tick()
    assert await process.notices() == [
        (51, "resolution warning", SLACK),
        (53, "acknowledged resolution warning", URGENT),
        (54, "ended met resolution warning", URGENT),
    ]


async def test_an_end_that_nobody_was_to_be_told_of_is_no_news_when_a_route_asks_for_ends_later(
    process: Process,
) -> None:
    await process.offer(routed("tell: raised, to: [slack]"))
    await process.post(opening(0))
    await process.run(52)
    await process.post(update(54, status="resolved"), when=54)
    await process.tick()
    await process.change(routed("match: {type: ended}, to: [urgent]", "to: [slack]"), 55)
    await process.tick()
    await process.post(update(30, title="Late, so that the stream is read"), when=500)
    await process.run(600)
    assert await process.notices() == [(51, "resolution warning", SLACK)]


@pytest.mark.parametrize("by_the_stream", [False, True])
async def test_what_is_told_again_ends_also_for_those_who_were_told_before(
    process: Process, by_the_stream: bool
) -> None:
    ways = routed("match: {priority: P1}, to: [slack]", "to: [urgent]")
    longer = "P2: {resolution: 80m, escalation: {}}"
    await process.offer(re.sub("P2: .*", longer, ways))
    await process.post(opening(0))
    await process.run(52)
    await process.post(update(53, priority="P2"), when=53)
    await process.run(69)
    if by_the_stream:
        await process.of_another_release()
    await process.post(update(71, status="resolved"), when=71)
    await process.tick()
    warned, again, *ends = await process.notices()
    assert (warned, again) == (
        (51, "resolution warning", SLACK),
        (68, "resolution warning", URGENT),
    )
    # Of two alerts, as each was told of its own: one message each.
    assert ends == [
        (71, "ended met resolution warning", SLACK),
        (71, "ended met resolution warning", URGENT),
    ]


async def test_those_who_were_told_hear_that_somebody_has_taken_it_on_and_who(
    process: Process,
) -> None:
    """And nothing of clocks that are over by then."""
    everything = "[raised, acknowledged, ended]"
    await process.offer(routed(f"match: {{}}, tell: {everything}, to: [slack]"))
    await process.post(opening(0))
    await process.acknowledge(when=10)
    await process.run(52)
    await process.acknowledge(when=53)
    await process.snooze(until=60)
    await process.post(update(54, status="resolved"), when=54)
    await process.acknowledge(when=55)
    assert await process.notices() == [
        (51, "resolution warning", SLACK),
        (53, "acknowledged resolution warning", SLACK),
        (53, "snoozed resolution warning", SLACK),
        (54, "ended met resolution warning", SLACK),
    ]
    first, *_ = await process.stream("T-1", Ticket.Informed.TOPIC)
    (row,) = Outbox().rows([first])
    assert (row.row["body"]["by"], row.row["body"]["alerts"][0]["until"] > 0) == ("jane", True)
    assert first.personal.title == row.row["body"]["title"]


async def test_what_a_clock_turns_to_is_told_to_who_asks_for_it_and_once(process: Process) -> None:
    asked = "match: {type: transition, clock: resolution, to: [%s]}, to: [urgent]"
    await process.offer(routed(asked % "running, paused, met, cancelled", "match: {}, to: [slack]"))
    await process.post(opening(0))
    for minute, status in ((5, "pending"), (6, "pending"), (7, "open"), (9, "resolved")):
        await process.post(update(minute, status=status), when=minute)
        await process.tick()
    await process.post(update(10, status="open"), when=10)
    await process.post(update(11, status="cancelled"), update(12, status="spam"), when=12)
    told = [
        (0, "none->running resolution", URGENT),
        (5, "running->paused resolution", URGENT),
        (7, "paused->running resolution", URGENT),
        (9, "running->met resolution", URGENT),
        (10, "met->running resolution", URGENT),
        (12, "running->cancelled resolution", URGENT),
    ]
    assert await process.notices() == told
    await process.desk.rebuild(UUID(int=0), process.now(), 100)
    await process.run(100)
    assert await process.notices() == told


async def test_a_change_of_the_promises_turns_clocks_and_what_is_long_past_is_no_news(
    process: Process,
) -> None:
    both = (
        CONFIG.replace("P1: {", "P1: {response: 2h, "),
        CONFIG.replace("{resolution: 60m, es", "{es"),
    )
    asked = "  routes:\n    - {match: {type: transition}, to: [urgent]}"
    first, second, third = (one.replace("  routes:", asked) for one in (CONFIG, *both))
    await process.offer(first)
    await process.post(opening(-90), opening(0, "T-2"), when=0)
    await process.change(second, 5)
    await process.change(third, 6)
    await process.post(opening(6, "T-3"))
    assert await process.notices("T-3") == []
    await process.change(second, 7)
    assert [what for _, what, _ in await process.notices("T-2")] == [
        "none->running resolution",
        "none->running response",
        "running->cancelled response, running->cancelled resolution",
        "cancelled->running response, cancelled->running resolution",
    ]
    assert all("none->running" not in what for _, what, _ in await process.notices())


async def test_what_was_muted_and_told_after_all_is_followed(process: Process) -> None:
    await process.post(opening(0))
    await process.snooze(until=70)
    await process.run(71)
    await process.post(update(72, status="resolved"), when=72)
    assert await process.notices() == [
        (70, "snoozed resolution breached", BOTH),
        (72, "ended breached resolution breached", BOTH),
    ]


async def test_a_cycle_that_late_evidence_moves_is_followed_no_more(process: Process) -> None:
    """What was raised of it is taken back, and of the one in its place nothing is over."""
    await process.post(opening(0))
    await process.run(52)
    await process.post(update(53, created_at=-5), when=53)
    await process.tick()
    assert await notices_after(process, 52) == [
        (53, "resolution critical, withdrawn resolution warning", SLACK)
    ]
    assert "ended" not in str(await process.notices())
