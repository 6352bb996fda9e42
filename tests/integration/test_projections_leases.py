"""One replica at a time holds each projection, and another goes on where it ends."""

import asyncio

from projections.all import PROJECTORS
from projections.status import status
from tests.support.house import House
from tests.support.recorded import at, opened, raised


async def test_a_replica_takes_over_when_the_lease_lapses(house: House) -> None:
    first = house.another_runner("first", lease_seconds=60)
    second = house.another_runner("second")
    await house.append("T-1", opened("T-1"))
    await first.catch_up()
    await house.append("T-2", opened("T-2"))

    assert await second.catch_up() == 0
    await house.conn.execute("UPDATE projections SET lease_until = clock_timestamp()")
    await house.conn.commit()
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(second.run(stop))
        await house.applied(2)
        stop.set()

    assert len(await house.rows("tickets")) == 2
    assert await first.catch_up() == 0


async def test_a_lease_longer_than_any_keeps_nobody_waiting(house: House) -> None:
    """The database's clock was ahead by a day when whoever held it crashed."""
    await house.append("T-1", opened("T-1"))
    await house.another_runner("ahead").define_tables()
    await house.conn.execute(
        "UPDATE projections SET lease_owner = 'ahead',"
        " lease_until = clock_timestamp() + interval '1 day'"
    )
    await house.conn.commit()
    told = await status(house.conn, PROJECTORS, now=at(0))
    assert {one.lease_owner for one in told} == {None}

    assert await house.runner.catch_up() == 1


async def test_a_replica_that_lost_its_lease_writes_nothing_twice(house: House) -> None:
    stop = asyncio.Event()
    replicas = [house.another_runner(f"r{number}", lease_seconds=0.2) for number in range(3)]
    async with asyncio.TaskGroup() as tasks:
        for replica in replicas:
            tasks.create_task(replica.run(stop))
        position = 0
        for number in range(60):
            position = await house.append(
                f"T-{number}", opened(f"T-{number}"), raised(f"T-{number}")
            )
            if number % 10 == 0:
                await house.conn.execute("UPDATE projections SET lease_until = NULL")
                await house.conn.commit()
        await house.applied(position)
        stop.set()

    assert len(await house.rows("tickets")) == 60
    assert len(await house.rows("alerts")) == 60
    assert await house.rows("parked_events") == []


async def test_a_runner_that_stops_gives_its_leases_back(house: House) -> None:
    async with house.running():
        position = await house.append("T-1", opened("T-1"))
        house.runner.wake()
        await house.applied(position)

    await house.append("T-2", opened("T-2"))
    assert await house.another_runner("next").catch_up() == 1
