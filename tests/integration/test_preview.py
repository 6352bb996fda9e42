"""What a configuration would do is what it then does."""

from collections.abc import AsyncGenerator
from random import Random

import pytest
import pytest_asyncio

from command_side.deciding.events import Ticket, shown
from command_side.previewing import Prediction, preview
from config.loading import load
from engine.notify.channel_types import CHANNEL_TYPES
from engine.sla.instants import micros, rfc3339_or_none
from tests.support.desk import Process, working
from tests.support.items import at, opening, update

BEFORE = """
sla_targets:
  GOLD:
    calendar: office
    P1: {response: 30m, resolution: 60m, escalation: {}}
    P2: {resolution: 2bd, next_response: 60m}
    P3: {response: 8h, escalation: {}}
calendars:
  office: {timezone: Europe/Berlin, hours: {mon-fri: ["09:00-17:00"]}}
"""
AFTERWARDS = {
    "shorter": BEFORE.replace("resolution: 60m", "resolution: 20m"),
    "longer": BEFORE.replace("resolution: 60m", "resolution: 10h"),
    "other hours": BEFORE.replace("09:00-17:00", "10:00-16:30"),
    "no target": BEFORE.replace("response: 30m, ", ""),
    "a target more": BEFORE.replace("P3: {", "P3: {resolution: 45m, "),
    "restarted": BEFORE.replace("2bd", "1bd") + "clocks: {resolution: {on_change: restart}}\n",
    "recomputed": BEFORE.replace("resolution: 60m", "resolution: 50m")
    + "clocks: {resolution: {on_change: recompute, pauses_in: []}}\n",
    "thresholds": BEFORE + "alert_thresholds: {warning: 50, critical: 30}\n",
    "new tickets": BEFORE.replace("60m", "5m") + "on_change: {apply_to: new_tickets}\n",
    "running on": BEFORE + "statuses: {pending: active}\n",
    "answered": BEFORE + "statuses: {open: active, in_progress: paused}\n",
    "over": BEFORE + "statuses: {pending: done, in_progress: cancelled}\n",
    "nothing": BEFORE + "# but a comment\n",
}
CHANGE = 47


@pytest_asyncio.fixture
async def process(database_url: str) -> AsyncGenerator[Process]:
    async with working(database_url, BEFORE) as process:
        yield process


async def predicted(process: Process, config: str) -> dict[str, Prediction]:
    """By external id, for now."""
    loaded = load(
        config,
        version=process.book.current.version + 1,
        accepted_at=micros(process.now()),
        warning=0.15,
        critical=0.05,
        channel_types=CHANNEL_TYPES,
    )
    async with process.pool.connection() as conn:
        found = preview(conn, process.book, loaded.policy, now=process.now())
        return {one.external_id: one async for one in found}


async def live(process: Process, count: int) -> list[str]:
    """Tickets of every kind and in every phase, some with known futures and late news."""
    random = Random(11)
    names = [f"T-{number}" for number in range(count)]
    statuses = ("in_progress", "pending", "open", "resolved", "pending", "cancelled", "reopened")
    for name in names:
        start = random.randint(-90, 20)
        items = [opening(start, name, priority=f"P{random.randint(1, 4)}")]
        for _ in range(random.randint(0, 4)):
            minute = random.randint(start + 1, CHANGE + 20)
            items.append(
                update(
                    minute,
                    name,
                    status=random.choice(statuses),
                    last_agent_reply_at=random.choice([None, None, minute]),
                    last_customer_reply_at=random.choice([None, None, minute]),
                )
            )
        await process.post(*items, when=max(start, 20))
    await process.tick(CHANGE)
    return names


@pytest.mark.parametrize("config", AFTERWARDS.values(), ids=AFTERWARDS.keys())
async def test_what_is_predicted_happens(process: Process, config: str) -> None:
    names = await live(process, 60)
    log = await process.log()

    predictions = await predicted(process, config)

    assert await process.log() == log
    expected = {name for name, one in predictions.items() if one.retargeted}
    assert await process.change(config, CHANGE) == len(expected)
    assert await process.retargeted() == dict.fromkeys(expected, 1)
    await process.tick()
    known = len(log)
    for name in names:
        one = predictions.get(name)
        fold = (await process.case(name)).refold(micros(at(CHANGE)))
        open_cycles = {
            clock: state.cycle
            for clock, state in fold.clocks.items()
            if state.cycle is not None and state.cycle.counts
        }
        breached = {
            shown(event.body)["clock"]
            for event in await process.stream(name, Ticket.AlertRaised.TOPIC)
            if event.position > known and shown(event.body)["severity"] == "breached"
        }
        if one is None:
            assert not open_cycles
            assert not breached
            continue
        assert one.after == {clock: cycle.due_at() for clock, cycle in open_cycles.items()}
        assert set(one.breached_at_once) == breached
        for event in await process.stream(name, Ticket.Retargeted.TOPIC):
            dues = {c["clock"]: c["due_at"] for c in shown(event.body)["facts"]["cycles"]}
            for clock, due_at in one.after.items():
                assert dues.get(clock) == rfc3339_or_none(due_at)


async def test_a_ticket_that_is_over_and_promised_nothing_is_not_among_the_open_ones(
    database_url: str,
) -> None:
    """Nobody was ever assigned: that clock stays open, and of this priority nothing is promised."""
    config = BEFORE.replace("P1: {", "P1: {own: 30m, ") + "clocks: {own: {kind: assignment}}\n"
    async with working(database_url, config) as process:
        await process.post(opening(0, "over", priority="P2"), opening(0, "open", priority="P2"))
        await process.post(update(20, "over", status="resolved"))
        process.clock.set(25)

        assert {*await predicted(process, config)} == {"open"}
        promised = config.replace("P2: {", "P2: {own: 90m, ")
        assert {*await predicted(process, promised)} == {"open", "over"}


async def test_what_holds_now_is_said_beside_it(process: Process) -> None:
    await process.post(opening(0))
    process.clock.set(25)

    one = (await predicted(process, AFTERWARDS["shorter"]))["T-1"]

    assert one.before == {"response": micros(at(30)), "resolution": micros(at(60))}
    # Over its new target, it is due, and breached, at the moment of the change.
    assert one.after == {"response": micros(at(30)), "resolution": micros(at(25))}
    assert one.breached_at_once == ("resolution",)
