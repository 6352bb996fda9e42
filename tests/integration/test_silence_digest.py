"""When a silence is over, all that is still breached is one message, whoever dies meanwhile."""

from collections.abc import AsyncIterator

import pytest

from projections.outbox import Outbox
from projections.runner import Runner
from tests.support.courier import Post, open_post
from tests.support.desk import Process
from tests.support.items import at, opening, update

FIVE = [f"T-{number}" for number in range(5)]


@pytest.fixture
async def digest(process: Process, database_url: str) -> AsyncIterator[Post]:
    """What the desk decides goes to this post, by the projector of the outbox."""
    async with open_post(database_url) as post:
        yield post


async def silenced(process: Process) -> None:
    await process.post(*(opening(0, name) for name in FIVE))
    await process.silence(120, customer_tier=["gold"])
    await process.run(119)


async def carried(process: Process, post: Post) -> None:
    """The outbox has all that was decided; the courier's clock is the desk's."""
    runner = Runner(post.pool, [Outbox()], process.now, "test")
    await runner.define_tables()
    await runner.catch_up()
    post.clock.at = process.now()


async def test_what_is_still_breached_is_one_message_to_each_channel(
    process: Process, digest: Post
) -> None:
    await silenced(process)
    await process.post(update(119, "T-3", status="resolved"), when=119)
    await process.acknowledge("T-4", when=119)
    await process.run(125)
    await carried(process, digest)
    courier = digest.courier(urgent=digest.slack())
    await courier.deliver_due()
    digest.clock.advance(10)
    await courier.deliver_due()

    messages = await digest.received()
    assert [len(one["dedup_keys"]) for one in messages] == [3, 3]
    assert {one["payload"]["text"] for one in messages} == {
        "🚨 SLA, 3 tickets after a silence: 3 still breached"
    }


async def test_it_is_told_exactly_once_however_many_die_in_between(
    process: Process, digest: Post
) -> None:
    await silenced(process)
    # One engine dies after two tickets, another takes the rest; each looks again.
    process.clock.set(120)
    await process.desk.raise_due(at(120), 2)
    heir = Process(process.pool, process.clock)
    await heir.policies.follow()
    await heir.silences.follow()
    await heir.tick()
    await process.tick()
    await carried(process, digest)
    await carried(process, digest)

    # One courier dies with the message in its hands.
    digest.clock.advance(10)
    claimed = await digest.claim("slack", owner="dead")
    assert len(claimed) == 5
    await digest.let_leases_lapse()
    courier = digest.courier(urgent=digest.slack())
    for _ in range(3):
        await courier.deliver_due()
        digest.clock.advance(1)

    told = [one["dedup_keys"] for one in await digest.received()]
    assert [len(keys) for keys in told] == [5, 5]
    assert len({key for keys in told for key in keys}) == 10
    assert set((await digest.states()).values()) == {"sent"}
