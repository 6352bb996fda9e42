"""One ticket's trouble is not another's: what cannot be followed or stored is put off alone."""

from uuid import UUID

import pytest
from psycopg.sql import SQL, Literal

from command_side import policies
from command_side.desk import PUT_OFF
from command_side.policies import Accepted
from config.loading import load
from engine.notify.channel_types import CHANNEL_TYPES
from engine.sla.instants import micros
from tests.support.desk import Process
from tests.support.items import at, identity, opening, update

NIL = UUID(int=0)


async def test_a_ticket_that_cannot_be_followed_is_put_off_and_keeps_none_of_the_others(
    process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    await process.post(*(opening(0, f"T-{number}") for number in (1, 2, 3)))
    async with process.broken("T-2"):
        assert await process.tick(51) == 3
        told = [await process.told(name) for name in ("T-1", "T-3")]
        assert told == [[(51, "resolution warning", None)]] * 2
        assert await process.next_due() == at(51) + PUT_OFF
    assert [record.getMessage() for record in caplog.records] == ["a ticket is put off"]

    assert await process.told("T-2") == []
    await process.run(53)
    assert await process.told("T-2") == [(51, "resolution warning", None)]


async def test_an_engine_learns_the_version_that_a_ticket_stands_under(process: Process) -> None:
    engine = Process(process.pool, process.clock)
    await engine.policies.follow()
    await process.change("sla_targets: {GOLD: {P1: {resolution: 100m}}}\n", 0)
    await process.post(opening(0))
    process.clock.set(90)

    assert (await engine.desk.raise_due(at(90), 10)).count == 1

    assert [what for _, what, _ in await process.told()] == ["resolution warning", "level 1"]


async def test_a_ticket_under_a_version_that_cannot_be_read_keeps_none_of_the_others(
    process: Process,
) -> None:
    """A newer release of the program had accepted it."""
    newer = Process(process.pool, process.clock)
    await newer.policies.follow()
    await process.post(opening(0, "T-1"))
    unread = "sla_targets: {GOLD: {P1: {resolution: 1 aeon}}}\n"
    accepted = Accepted(2, unread, "hash", "jane", micros(at(1)), "new_tickets", 0.15, 0.05, 1)
    async with process.pool.connection() as conn:
        await policies.accept(conn, accepted, now=at(1))
    text = "sla_targets: {GOLD: {P1: {resolution: 40m}}}\n"
    newer.book.add(
        load(
            text,
            version=2,
            accepted_at=micros(at(1)),
            warning=0.15,
            critical=0.05,
            channel_types=CHANNEL_TYPES,
            name="new",
        )
    )
    await newer.post(opening(2, "T-2"), when=2)

    assert await process.tick(51) == 2

    assert await process.told("T-1") == [(51, "resolution warning", None)]
    assert await process.told("T-2") == []
    assert await process.next_due() == at(51) + PUT_OFF
    assert "aeon" in (process.policies.error or "")


async def test_what_the_database_refuses_of_one_ticket_keeps_none_of_the_others(
    process: Process,
) -> None:
    await process.post(*(opening(0, f"T-{number}") for number in (1, 2, 3)))
    async with process.pool.connection() as conn:
        await conn.execute(
            SQL(
                "alter table events add constraint refused"
                " check (topic <> 'ticket.alert_raised.v1' or originator_id <> {}) not valid"
            ).format(Literal(identity("T-2")))
        )

    assert await process.tick(51) == 3

    assert (
        await process.told("T-1") == await process.told("T-3") == [(51, "resolution warning", None)]
    )
    assert await process.told("T-2") == []
    assert await process.next_due() == at(51) + PUT_OFF


async def test_a_head_of_another_release_is_made_anew_from_the_stream_when_it_is_met(
    process: Process,
) -> None:
    await process.post(opening(0), opening(0, "T-2"), opening(0, "T-3"))
    await process.run(52)
    for name in ("T-1", "T-2", "T-3"):
        await process.of_another_release(name)

    (pending,) = await process.post(update(53, status="pending"), when=53)
    await process.acknowledge("T-2")
    await process.run(70)

    assert (pending.outcome, await process.told()) == (
        "accepted",
        [(51, "resolution warning", None)],
    )
    assert [what for _, what, _ in await process.told("T-2")] == [
        "resolution warning",
        "resolution critical",
        "resolution breached",
    ]
    assert await process.told("T-3") == await process.told("T-2")
    (again,) = await process.post(update(53, status="pending"), when=71)
    assert again.outcome == "duplicate", "the salt of its hashes is that of the stream"


async def test_all_heads_can_be_made_anew(process: Process) -> None:
    await process.post(opening(0), opening(0, "T-2"), update(10, "T-2", status="resolved"))
    await process.run(52)
    heads = [await process.head(name) for name in ("T-1", "T-2")]
    due, events = await process.next_due(), len(await process.log())
    for name in ("T-1", "T-2"):
        await process.of_another_release(name)

    page = await process.desk.rebuild(NIL, process.clock.now, 1)
    assert (page.count, page.last) == (1, min(identity("T-1"), identity("T-2")))
    page = await process.desk.rebuild(page.last or NIL, process.clock.now, 10)
    assert (page.count, page.last) == (1, None)

    assert [await process.head(name) for name in ("T-1", "T-2")] == heads
    assert await process.next_due() == due
    assert len(await process.log()) == events
