"""Exactly once: second deliveries, poison and rebuilds."""

import asyncio
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from logging import LogRecord
from random import Random

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from command_side.deciding.events import shown
from command_side.event_store import Recorded
from projections import poison
from projections.all import PROJECTORS
from projections.outbox import Outbox
from projections.protocol import Projector, Table, Upsert, Write
from projections.rebuild import NotRebuildable, RebuildRunning, rebuild
from projections.schema import DDL_LOCK
from projections.status import status
from projections.ticket_status_history import TicketStatusHistory
from projections.tickets import Tickets
from projections.writing import MERGED
from tests.support.house import House, Rows, eventually
from tests.support.patience import PATIENCE
from tests.support.recorded import (
    acknowledged,
    at,
    cycle,
    delivered,
    moved,
    observed,
    opened,
    raised,
    retracted,
)

TABLES = [table.name for projector in PROJECTORS for table in projector.tables]


async def everything(house: House) -> dict[str, Rows]:
    """Whatever follows from the log: since when a row has waited does not."""
    found = {table: await house.rows(table) for table in TABLES}
    for row in found["outbox"]:
        del row["waiting_since"]
    return {table: sorted(rows, key=repr) for table, rows in found.items()}


async def a_few_tickets(house: House) -> None:
    for name in ("T-1", "T-2", "T-3"):
        await house.append(name, opened(name, cycles=[cycle(), cycle(clock="response")]))
        await house.append(name, observed(at(1), {"status": "pending"}, phase="paused"))
        await house.append(name, raised(name), acknowledged(name, at(52)))
        await house.append(name, delivered(name, at(52)), retracted(name))
        await house.append(name, moved(at(60), cycles=[cycle(cycle=2)], all_cycles=True))


async def rewind(house: House) -> None:
    await house.conn.execute("UPDATE projections SET position = 0")
    await house.conn.commit()


async def test_a_second_delivery_changes_nothing(house: House) -> None:
    await a_few_tickets(house)
    assert await house.runner.catch_up() == 21
    once = await everything(house)

    await rewind(house)
    assert await house.runner.catch_up() == 21
    assert await everything(house) == once


async def test_batches_of_one_and_of_all_give_the_same_rows(house: House) -> None:
    await a_few_tickets(house)
    await house.runner.catch_up()
    at_once = await everything(house)
    for projector in PROJECTORS:
        for table in projector.tables:
            await house.conn.execute(f"TRUNCATE {table.name}".encode())
    await rewind(house)

    one_by_one = type(house.runner)(house.pool, PROJECTORS, lambda: house.now, "test", batch=1)
    assert await one_by_one.catch_up() == 21
    assert await everything(house) == at_once


async def test_many_rows_at_once_become_what_a_few_at_a_time_do_and_again_when_they_come_again(
    house: House,
) -> None:
    for name in [f"T-{number}" for number in range(MERGED)]:
        told = opened(name), observed(at(1), {"status": "pending"}, phase="paused"), raised(name)
        await house.append(name, *told, delivered(name, at(52)))
    assert await house.another_runner("test", batch=MERGED).catch_up() == 4 * MERGED
    by_few = await everything(house)
    assert [len(by_few[table]) for table in ("tickets", "alert_deliveries")] == 2 * [MERGED]

    await rewind(house)
    assert await house.runner.catch_up() == 4 * MERGED
    assert await everything(house) == by_few

    for table in TABLES:
        await house.conn.execute(f"TRUNCATE {table}".encode())
    await rewind(house)
    assert await house.runner.catch_up() == 4 * MERGED
    assert await everything(house) == by_few


async def test_a_rebuild_equals_the_live_rows(house: House) -> None:
    await a_few_tickets(house)
    await house.runner.catch_up()
    live = await everything(house)

    heard: list[tuple[int, int]] = []
    for projector in PROJECTORS:
        if not projector.once:
            await rebuild(
                house.pool,
                projector,
                now=lambda: house.now,
                progress=lambda position, end: heard.append((position, end)),
            )

    assert await everything(house) == live
    assert heard[0] == (21, 21)
    await house.append("T-9", opened("T-9"))
    assert await house.runner.catch_up() == 1
    assert len(await house.rows("tickets")) == 4


async def test_a_rebuild_while_the_runner_works_loses_nothing(house: House) -> None:
    await a_few_tickets(house)
    async with house.running():
        for number in range(10):
            await house.append(f"N-{number}", opened(f"N-{number}"))
            await rebuild(house.pool, Tickets(), now=lambda: house.now)
        position = await house.append("N-last", opened("N-last"))
        await house.applied(position)

    assert len(await house.rows("tickets")) == 14
    assert len(await house.rows("ticket_status_history")) == 17


async def test_two_rebuilds_of_one_projection_do_not_mix(house: House) -> None:
    await a_few_tickets(house)
    await house.runner.catch_up()

    results = await asyncio.gather(
        *(rebuild(house.pool, Tickets(), now=lambda: house.now) for _ in range(2)),
        return_exceptions=True,
    )

    assert any(isinstance(result, int) for result in results)
    assert all(isinstance(result, int | RebuildRunning) for result in results)
    assert len(await house.rows("tickets")) == 3


async def test_the_outbox_is_never_rebuilt(house: House) -> None:
    with pytest.raises(NotRebuildable):
        await rebuild(house.pool, Outbox(), now=lambda: house.now)


class NewHistory(TicketStatusHistory):
    """As it might be one day."""

    version = TicketStatusHistory.version + 1

    def rows(self, events: Sequence[Recorded]) -> Iterator[Write]:
        for write in super().rows(events):
            if isinstance(write, Upsert):
                yield Upsert(write.table, {**write.row, "status": write.row["status"].upper()})


async def test_who_finds_all_in_place_waits_for_nobody_who_defines_tables(house: House) -> None:
    async with house.pool.connection() as other:
        await other.execute("SELECT pg_advisory_xact_lock(%s)", (DDL_LOCK,))
        assert await house.runner.define_tables() == []


async def test_other_texts_of_the_definitions_are_executed(house: House) -> None:
    await house.conn.execute("DROP TABLE parked_events, ticket_status_history")
    await house.conn.execute("COMMENT ON TABLE projections IS 'of another release'")
    await house.conn.execute("UPDATE projections SET ddl_hash = '' WHERE name = 'tickets'")
    await house.conn.commit()
    await house.runner.define_tables()
    assert await house.rows("parked_events") == []

    changed = "UPDATE projections SET ddl_hash = '' WHERE name = 'ticket_status_history'"
    await house.conn.execute(changed)
    await house.conn.commit()
    await house.runner.define_tables()
    assert await house.rows("ticket_status_history") == []


async def test_a_new_version_is_built_anew_and_the_old_one_leaves_it_alone(house: House) -> None:
    await house.tell("T-1", opened("T-1"))

    newer = house.another_runner("newer", [NewHistory()])
    await newer.catch_up()
    await house.append("T-2", opened("T-2"))
    await house.runner.catch_up()
    assert [row["status"] for row in await house.rows("ticket_status_history")] == ["OPEN"]

    await newer.catch_up()
    found = await house.rows("ticket_status_history")
    assert [row["status"] for row in found] == ["OPEN", "OPEN"]


async def test_a_new_version_is_out_of_reach_for_whoever_fed_the_old_one(house: House) -> None:
    older = house.another_runner("older", [Tickets(), TicketStatusHistory()], lease_seconds=60)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(older.run(stop))
        position = await house.append("T-1", opened("T-1"))
        await house.applied(position, "tickets", "ticket_status_history")
        await rebuild(house.pool, NewHistory(), now=lambda: house.now)
        await house.applied(await house.append("T-2", opened("T-2")), "tickets")
        stop.set()

    await house.another_runner("newer", [NewHistory()]).catch_up()
    found = await house.rows("ticket_status_history")
    assert [row["status"] for row in found] == ["OPEN", "OPEN"]


@contextmanager
def unbuildable(projector: Projector) -> Generator[None]:
    """It names a table that nobody makes."""
    nowhere = Table("nowhere", key=("id",))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(projector, "tables", (*projector.tables, nowhere))
        yield


def failed_rebuilds(caplog: pytest.LogCaptureFixture) -> list[LogRecord]:
    return [one for one in caplog.records if one.getMessage().startswith("rebuild failed")]


async def test_a_rebuild_that_fails_is_heard_of_and_starts_again(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("projections.runner.LONGEST_PAUSE_SECONDS", 0.05)
    await house.tell("T-1", opened("T-1"))
    newer, stop = NewHistory(), asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        with unbuildable(newer):
            tasks.create_task(house.another_runner("newer", [newer]).run(stop))
            await eventually(lambda: len(failed_rebuilds(caplog)) > 1)
        position = await house.append("T-2", opened("T-2"))
        await house.applied(position, newer.name)
        stop.set()

    found = await house.rows("ticket_status_history")
    assert [row["status"] for row in found] == ["OPEN", "OPEN"]
    for failed in failed_rebuilds(caplog):
        assert vars(failed)["projection"] == newer.name
        assert failed.exc_info is not None
        assert failed.exc_info[0] is psycopg.errors.UndefinedTable


async def test_a_rebuild_that_fails_does_not_hold_up_a_runner_that_stops(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    await house.tell("T-1", opened("T-1"))
    newer, stop = NewHistory(), asyncio.Event()
    with unbuildable(newer):
        running = asyncio.create_task(house.another_runner("newer", [newer]).run(stop))
        await eventually(lambda: failed_rebuilds(caplog) != [])
        stop.set()
        async with asyncio.timeout(PATIENCE):
            await running


class Picky(TicketStatusHistory):
    """Cannot read one ticket, and writes what the database refuses for another."""

    def __init__(self) -> None:
        self.healed = False

    def rows(self, events: Sequence[Recorded]) -> Iterator[Write]:
        for event in events:
            if not self.healed and shown(event.body).get("external_id") == "T-13":
                raise ValueError("cannot read this")
            for write in super().rows([event]):
                if isinstance(write, Upsert):
                    bad = not self.healed and shown(event.body).get("external_id") == "T-4"
                    yield Upsert(write.table, {**write.row, "revision": "x"} if bad else write.row)


async def test_poison_is_parked_and_the_rest_goes_on(house: House) -> None:
    runner = house.another_runner("picky", [Picky(), Tickets()])
    for number in range(20):
        await house.append(f"T-{number}", opened(f"T-{number}"))
    await runner.catch_up()

    parked = await poison.parked(house.conn)
    assert [(event.projection, event.position, event.attempts) for event in parked] == [
        ("ticket_status_history", 5, 3),
        ("ticket_status_history", 14, 3),
    ]
    assert "InvalidTextRepresentation" in parked[0].error
    assert parked[1].error == "ValueError: cannot read this"
    assert len(await house.rows("ticket_status_history")) == 18
    assert len(await house.rows("tickets")) == 20
    assert set((await runner.positions()).values()) == {20}


async def test_poison_does_not_touch_the_batches_around_it(house: House) -> None:
    runner = house.another_runner("picky", [Picky(), Tickets()], batch=3)
    for number in range(20):
        await house.append(f"T-{number}", opened(f"T-{number}"))
    assert await runner.catch_up() == 20

    assert [event.position for event in await poison.parked(house.conn)] == [5, 14]
    assert len(await house.rows("ticket_status_history")) == 18
    assert len(await house.rows("tickets")) == 20


async def test_projections_that_are_apart_meet_and_go_on_together(house: House) -> None:
    await a_few_tickets(house)
    await house.another_runner("one", [Tickets()]).catch_up()
    await house.append("T-4", opened("T-4"), observed(at(1), {"status": "pending"}))
    await house.another_runner("two", [Outbox(), TicketStatusHistory()]).catch_up()
    await house.append("T-5", opened("T-5"), observed(at(2), {"status": "pending"}))
    await house.conn.execute("UPDATE projections SET lease_until = NULL")
    await house.conn.commit()
    runner = house.another_runner("all", batch=4)
    await runner.catch_up()
    apart = await everything(house)
    assert len(set((await runner.positions()).values())) == 1

    for table in TABLES:
        await house.conn.execute(SQL("TRUNCATE {}").format(Identifier(table)))
    await rewind(house)
    await house.another_runner("all").catch_up()
    assert await everything(house) == apart


async def test_text_too_long_for_an_index_parks_one_ticket_only(house: House) -> None:
    letters = Random(1)
    long = "".join(chr(letters.randrange(0x4E00, 0x9FA0)) for _ in range(5000))
    await house.append("T-1", opened("T-1"))
    await house.append("T-2", opened("T-2"), observed(at(1), {}, {"assigned_to": long}))
    await house.append("T-3", opened("T-3"))
    await house.runner.catch_up()

    assert [event.position for event in await poison.parked(house.conn, "tickets")] == [3]
    assert len(await house.rows("tickets")) == 3


async def test_parked_events_are_replayed_without_bringing_back_old_facts(house: House) -> None:
    picky = Picky()
    runner = house.another_runner("picky", [picky])
    await house.append("T-13", opened("T-13"))
    await house.append("T-13", observed(at(1), {"status": "pending"}, phase="paused"))
    await runner.catch_up()
    assert await poison.replay_parked(house.pool, picky, now=lambda: house.now) == (0, 1)

    picky.healed = True
    assert await poison.replay_parked(house.pool, picky, now=lambda: house.now) == (1, 0)

    found = await house.rows("ticket_status_history", ["at"])
    assert [row["status"] for row in found] == ["open", "pending"]
    assert await house.rows("parked_events") == []


async def test_a_fault_of_the_database_parks_nothing(house: House) -> None:
    await house.runner.catch_up()
    await house.conn.execute("DROP TABLE tickets")
    await house.conn.commit()
    await house.append("T-1", opened("T-1"))

    with pytest.raises(psycopg.ProgrammingError, match="tickets"):
        await house.runner.catch_up()

    assert await house.rows("parked_events") == []
    assert set((await house.runner.positions()).values()) == {0}


async def test_a_projection_that_fails_keeps_none_of_the_others(house: House) -> None:
    await house.runner.catch_up()
    await house.conn.execute("ALTER TABLE ticket_status_history DROP COLUMN status")
    await house.conn.commit()
    async with house.running():
        position = await house.append("T-1", opened("T-1"), raised("T-1"))
        others = [
            projector.name for projector in PROJECTORS if projector.name != "ticket_status_history"
        ]
        await house.applied(position, *others)
        assert (await house.runner.positions())["ticket_status_history"] == 0


async def test_status_tells_how_far_behind_each_projection_is(house: House) -> None:
    await house.tell("T-1", opened("T-1"))
    await house.append("T-2", opened("T-2"), raised("T-2"))

    found = {row.name: row for row in await status(house.conn, PROJECTORS, now=at(2))}

    tickets = found["tickets"]
    assert (tickets.position, tickets.behind_events, tickets.behind_seconds) == (1, 2, 120.0)
    assert (tickets.version, tickets.lease_owner, tickets.parked) == (Tickets.version, "test", 0)
