"""What is old goes, and nothing is decided otherwise for it.

The same things happen in two worlds: in one of them housekeeping drops what it may after each, in
the other it only says in the log that it had. Whatever is decided, claimed or sent again is the
same.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zlib import crc32

import pytest
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from typer.testing import CliRunner

from command_side.deciding.events import RETENTION, RetentionApplied, shown
from command_side.event_store import Append, append, encode
from config.versions import PolicyBook
from engine.notify.failing import Care
from engine.notify.message import Notice, Pace
from engine.notify.recorder import Recorder
from engine.notify.threads import Posted
from engine.sla.instants import micros, moment
from ops.cli import app
from ops.housekeeping import Housekeeping
from projections import dead_letters
from projections.all import PROJECTORS
from projections.outbox_store import OutboxStore
from projections.runner import Runner
from projections.threads_store import ThreadStore
from tests.support.desk import CONFIG, Process, pool_of, working
from tests.support.items import NINE, opening, update
from tests.support.lending import Lender
from tests.support.service import database_url_of

CHANNELS = ("slack", "urgent")
TICKETS = [f"T-{number}" for number in range(6)]
STEPS, SEED = 50, 1
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LEASE = timedelta(minutes=5)
PACE = Pace(timedelta(0))
CARE = Care(frozenset(CHANNELS), ("urgent",), timedelta(minutes=1))
SHORT = CONFIG + "retention: {outbox: 1d, raw: 1d, jobs: 1d}\n"


@dataclass
class World:
    """One process of a service whose steps are told."""

    process: Process
    runner: Runner
    drops: bool
    """Whether what may go really goes."""
    gone: list[RetentionApplied] = field(default_factory=list[RetentionApplied])
    answers: list[Any] = field(default_factory=list[Any])

    def __post_init__(self) -> None:
        pool = self.process.pool
        self.outbox, self.threads = OutboxStore(pool), ThreadStore(pool)
        self.recorder = Recorder(self.outbox, self.process.desk, owner="year", lease=LEASE)

    async def step(self, number: int, random: Random) -> None:
        """The same ones for the same numbers, and no two at the same time: what is due at the same
        instant has no order."""
        self.process.clock.set(self.process.clock.now + timedelta(seconds=7))
        what = random.choices(
            (self.hear, self.wait, self.send, self.replay, self.show, self.turn, self.acknowledge),
            (7, 6, 9, 2, 2, 1, 1),
        )[0]
        self.answers.append((number, what.__name__, await what(random)))
        await self.process.tick()
        await self.runner.catch_up()
        while await self.recorder.record():
            pass
        await self.runner.catch_up()

    async def hear(self, random: Random) -> Any:
        name, now = random.choice(TICKETS), self.process.clock.now
        status = random.choice(("open", "in_progress", "pending", "resolved"))
        priority = random.choice(("P1", "P2", "P3"))
        back = random.choice((0, 0, 0, 30))
        said = opening if await self._is_new(name) else update
        given = {"status": status, "priority": priority}
        batch = await self.process.post(said(now - timedelta(minutes=back), name, **given))
        return [(one.outcome, one.late) for one in batch]

    async def _is_new(self, name: str) -> bool:
        return not await self.process.stream(name)

    async def wait(self, random: Random) -> Any:
        for _ in range(random.randrange(1, 6)):
            self.process.clock.set(
                self.process.clock.now + random.choice((HOUR / 2, 9 * HOUR, 60 * HOUR))
            )
            await self.process.tick()
        return self.process.clock.now

    async def send(self, random: Random) -> Any:
        """Some are taken, some fail for now, some for good; the same ones in both worlds."""
        found: list[Any] = []
        threshold = random.choice((0, 3, 5))
        for channel in CHANNELS:
            for turn in range(20):
                now, errand = self.process.clock.now, f"w/{len(self.answers)} {channel} {turn}"
                notices = await self.outbox.claim(
                    channel, PACE, errand=errand, owner="w", under_way=(), now=now, lease=LEASE
                )
                if not notices:
                    break
                found += notices
                for one in notices:
                    await self._try(one, errand, crc32(errand.encode()) % 10 < threshold)
        return found

    async def _try(self, one: Notice, errand: str, fails: bool) -> None:
        now = self.process.clock.now
        if fails:
            await self.outbox.failed(one.channel, "refused", now, surely=True)
            await self.outbox.dead([one.dedup_key], "refused", errand=errand)
            return
        if not one.dedup_key.startswith("channel:"):
            thread = await self.threads.find(one)
            self.answers.append(thread)
            if one.channel == "slack":
                posted = Posted("C1", f"m {one.dedup_key}", "said", now)
                await self.threads.keep(thread.key, posted, one, "shown")
        await self.outbox.sent([one.dedup_key], now)

    async def replay(self, random: Random) -> Any:
        channel = random.choice((None, *CHANNELS))
        async with self.process.pool.connection() as conn:
            return await dead_letters.replay(conn, channel=channel)

    async def show(self, _: Random) -> Any:
        """First messages are kept up; threads that are long over are forgotten."""
        now = self.process.clock.now
        changed = await self.threads.changed(CHANNELS, now, lease=LEASE, most=9)
        return changed, await self.threads.prune(now - 2 * DAY)

    async def turn(self, _: Random) -> Any:
        return await self.outbox.turn(CARE, self.process.clock.now)

    async def acknowledge(self, random: Random) -> Any:
        known = [name for name in TICKETS if not await self._is_new(name)]
        return await self.process.acknowledge(random.choice(known)) if known else None

    async def tidy(self, gone: list[RetentionApplied]) -> None:
        """`gone` is what the other world's housekeeping has dropped."""
        process = self.process
        if self.drops:
            keeping = Housekeeping(process.pool, process.book, process.now, at_once=3, share=1)
            await keeping.tidy(asyncio.Event())
            log = [one.body for one in await process.log()]
            self.gone = [one for one in log if isinstance(one, RetentionApplied)]
            return
        async with process.pool.connection() as conn:
            for body in gone:
                event = encode(body, occurred_at=process.now())
                write = Append(RETENTION, "", "retention", None, [event], None, None)
                await append(conn, [write], now=process.now())

    async def end(self) -> Any:
        """All that was ever decided, and all that is still to be sent."""
        async with self.process.pool.connection() as conn:
            cursor = await conn.execute(
                "select dedup_key, state, attempts from outbox where state <> 'sent' order by 1"
            )
            unsent = await cursor.fetchall()
        log = await self.process.log()
        # What two channels took of the same is recorded at once, in either order.
        said = sorted((one.recorded_at, one.topic, repr(shown(one.body))) for one in log)
        return unsent, said


@asynccontextmanager
async def world(url: str, *, drops: bool) -> AsyncGenerator[World]:
    async with (
        working(url, SHORT) as process,
        AsyncConnectionPool[AsyncConnection[Any]](url, min_size=1, open=False) as reading,
    ):
        runner = Runner(reading, PROJECTORS, process.now, "w", lease_seconds=600)
        await runner.catch_up()
        yield World(process, runner, drops)


@pytest.fixture
async def worlds(furnished: Lender) -> AsyncIterator[tuple[World, World]]:
    with furnished.lent() as one, furnished.lent() as other:
        async with world(one, drops=True) as tidy, world(other, drops=False) as untidy:
            yield tidy, untidy


async def test_what_is_decided_is_the_same_with_what_is_old_and_without(
    worlds: tuple[World, World],
) -> None:
    tidy, untidy = worlds
    randoms = Random(SEED), Random(SEED)
    for number in range(STEPS):
        before = len(tidy.gone)
        for each, random in zip(worlds, randoms, strict=True):
            await each.step(number, random)
        for each in worlds:
            await each.tidy(tidy.gone[before:])
        assert tidy.answers == untidy.answers
    assert tidy.gone
    assert await tidy.end() == await untidy.end()


async def notice(world: World, key: str, state: str, at: datetime, **other: Any) -> None:
    """A row of the outbox."""
    row = {"ticket_id": uuid5(NAMESPACE_URL, key), "channel": "slack", "kind": "alert", **other}
    async with world.process.pool.connection() as conn:
        await conn.execute(
            "insert into outbox (dedup_key, position, ticket_id, alert_id, kind, channel, body,"
            " next_attempt_at, state, sent_at, recorded)"
            " values (%(key)s, 1, %(ticket_id)s, '', %(kind)s, %(channel)s,"
            ' \'{"external_id": "urgent"}\', %(at)s, %(state)s, %(at)s, %(recorded)s)',
            {"key": key, "state": state, "at": at, "recorded": True, **row},
        )


async def test_what_was_sent_goes_when_it_is_old_and_nothing_of_its_ticket_waits(
    worlds: tuple[World, World],
) -> None:
    world, _ = worlds
    old, new = NINE - 2 * DAY, NINE - 12 * HOUR
    ticket = {"ticket_id": uuid5(NAMESPACE_URL, "with a dead letter")}
    shown = {"ticket_id": uuid5(NAMESPACE_URL, "with a thread")}
    await notice(world, "old", "sent", old)
    await notice(world, "young", "sent", new)
    await notice(world, "not in the log", "sent", old, recorded=False)
    for state in ("pending", "sending", "dead", "skipped", "held"):
        await notice(world, state, state, old)
        await notice(world, f"beside {state}", "sent", old, ticket_id=uuid5(NAMESPACE_URL, state))
    await notice(world, "withdrawn", "sent", old, **ticket)
    await notice(world, "dead letter", "dead", old, **ticket)
    await notice(world, "elsewhere", "sent", old, channel="urgent", **ticket)
    await notice(world, "first message", "sent", old, **shown)
    await notice(world, "later message", "sent", old, **shown)
    await notice(world, "is dead", "sent", old, kind="channel_dead")
    async with world.process.pool.connection() as conn:
        await conn.execute(
            "insert into outbox_threads (channel, ticket_id, cycle, place, message_id, dedup_key,"
            " said, told_at, shown, position, look_at, watched_until)"
            " values ('slack', %s, 1, '', 'm', 'first message', '', %s, '', 1, %s, 'infinity')",
            (shown["ticket_id"], old, old),
        )
        await conn.execute(
            "insert into outbox_channels (channel, dead_since) values ('urgent', %s)", (old,)
        )
    assert await went(world) == {"old", "elsewhere", "later message"}
    async with world.process.pool.connection() as conn:
        await conn.execute("update outbox_channels set dead_since = null")
    assert await went(world) == {"is dead"}


async def went(world: World) -> set[str]:
    before = await keys(world)
    await world.tidy([])
    return before - await keys(world)


async def keys(world: World) -> set[str]:
    async with world.process.pool.connection() as conn:
        found = await conn.execute("select dedup_key from outbox")
        return {key for (key,) in await found.fetchall()}


async def test_the_log_says_of_each_batch_what_went_and_of_what_time_it_was(
    worlds: tuple[World, World],
) -> None:
    world, _ = worlds
    for number in range(4):
        await notice(world, f"n {number}", "sent", NINE - (2 + number) * DAY)
    await world.tidy([])
    midnight = micros(NINE.replace(hour=0)) - DAY // timedelta(microseconds=1)
    said = [(one.what, one.count, one.before, moment(one.first)) for one in world.gone]
    assert said == [
        ("outbox", 3, midnight, NINE - 5 * DAY),
        ("outbox", 1, midnight, NINE - 2 * DAY),
    ]


def test_the_command_says_what_would_go_and_what_has_and_drops_nothing(
    furnished_database_url: str,
) -> None:
    url = furnished_database_url
    asyncio.run(in_world(url, something_old))
    before = json.loads(retention(url, "--json"))
    assert [(one["what"], one["count"], one["first"]) for one in before["would_go"]] == [
        ("outbox", 1, "2020-01-01T12:00:00Z"),
        ("jobs", 0, None),
    ]
    assert before["kept"] == {"events": "forever", "outbox": "P1D", "raw": "P1D", "jobs": "P1D"}
    assert (before["gone"], before["last_at"]) == ({}, None)
    assert {one["table"] for one in before["tables"]} >= {"events", "heads", "outbox", "tickets"}
    assert asyncio.run(in_world(url, went)) == {"old"}
    words = retention(url)
    assert "this command drops nothing" in words
    assert "So far 1 of outbox have gone, last at 2026-01-05T09:00:00Z" in words


def retention(url: str, *options: str) -> str:
    environment = {"DATABASE_URL": database_url_of(url)}
    result = CliRunner().invoke(app, ["retention", *options], env=environment)
    assert result.exit_code == 0, result.output
    return result.stdout


async def in_world(url: str, do: Callable[[World], Awaitable[Any]]) -> Any:
    async with world(url, drops=True) as one:
        return await do(one)


async def something_old(world: World) -> None:
    long_ago = datetime(2020, 1, 1, 12, tzinfo=UTC)
    await notice(world, "old", "sent", long_ago)
    await notice(world, "dead", "dead", long_ago)


async def test_without_a_configuration_nothing_is_dropped(furnished_database_url: str) -> None:
    async with pool_of(furnished_database_url) as pool:
        keeping = Housekeeping(pool, PolicyBook(), lambda: NINE, share=1)
        assert await keeping.tidy(asyncio.Event()) == []
