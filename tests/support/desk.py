"""The write side of one process on a real database, around a clock that tests set."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side.deciding.events import Ticket, shown
from command_side.deciding.head import Head
from command_side.deciding.ingesting import Submission
from command_side.deciding.rebuilding import excused_by
from command_side.deciding.replayed import Replayed
from command_side.desk import TicketDesk
from command_side.event_store import Recorded, load, read_after, read_streams
from command_side.excuses import Excuses
from command_side.excusing import Excusing
from command_side.intake.batches import Intake
from command_side.on_call import OnCall
from command_side.retargeting import Retargeting
from command_side.set_back import set_back
from command_side.silences import LONG_AGO, Quiet, Silences
from config.reloading import Reloader
from config.versions import PolicyBook
from engine.notify.channel_types import CHANNEL_TYPES
from engine.sla.escalation import Key
from engine.sla.instants import micros
from engine.watch import Watch
from ops.policies import PolicyLog
from tests.support.items import NINE, at, identity, submission
from tests.support.patience import PATIENCE

CONFIG = """
sla_targets:
  GOLD:
    P1: {resolution: 60m, escalation: {}}
    P2: {resolution: 60m, escalation: {LEVEL_1: 10, LEVEL_2: 20, LEVEL_3: 30, LEVEL_4: 45}}
    P3: {response: 30m, resolution: 4h, next_response: 30m}
escalation_levels: {1: "Team lead", 2: "Manager", 3: "Director"}
notifications:
  routes:
    - {match: {severity: breached}, to: [urgent, slack]}
    - {match: {}, to: [slack]}
  channels:
    slack: {type: slack, url_env: SLACK_WEBHOOK_URL}
    urgent: {type: slack, url_env: URGENT_URL}
"""
"""P1 warns after 51 minutes, is critical after 57 and has no ladder; P2 the same, with one."""

Pool = AsyncConnectionPool[AsyncConnection[Any]]


@dataclass
class Clock:
    """What time it is; shared by all processes of a test."""

    now: datetime = NINE

    def set(self, when: float | datetime) -> datetime:
        """Minutes after nine, or a datetime."""
        self.now = at(when)
        return self.now


class Process:
    """The desk, the intake and what they know: as one process has them."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self.pool, self.clock = pool, clock
        self.book = PolicyBook()
        self.policies = PolicyLog(pool, self.book, warning=0.15, critical=0.05)
        self.reloader = Reloader(
            self.book,
            self.policies.record,
            name="sla_config.yaml",
            warning=0.15,
            critical=0.05,
            channel_types=CHANNEL_TYPES,
            now=self.now,
        )
        self.silences = Silences(pool, self.now)
        self.excuses = Excuses(pool)
        self.on_call = OnCall(pool)
        self.intake = Intake(
            self.book, learn=self.learn, excuses=self.excuses.book, on_call=self.on_call.book
        )
        self.desk = TicketDesk(
            pool,
            self.book,
            learn=self.learn,
            silences=self.silences.in_force,
            ended=self.silences.ended,
            excuses=self.excuses.book,
            on_call=self.on_call.book,
        )
        self.retargeting = Retargeting(pool, self.desk, self.book, self.now)
        self.excusing = Excusing(pool, self.desk, self.excuses, self.now)

    def now(self) -> datetime:
        return self.clock.now

    async def learn(self) -> None:
        await self.policies.follow()
        await self.excuses.follow()

    async def offer(self, config: str) -> None:
        """As the watcher of the file would."""
        await self.reloader.take(config)

    async def post(
        self, *items: dict[str, Any], when: float | datetime | None = None
    ) -> list[Submission]:
        """A batch that arrives now, or at `when`; what became of it."""
        if when is not None:
            self.clock.set(when)
        batch = [submission(item) for item in items]
        async with self.pool.connection() as conn:
            await self.intake.ingest(conn, batch, self.clock.now)
        return batch

    async def tick(self, when: float | datetime | None = None) -> int:
        """The engine looks now, or at `when`, until nothing is due; at how many tickets."""
        if when is not None:
            self.clock.set(when)
        return await Watch(self.desk, self.now, _never).tick()

    async def set_back(self, when: float | datetime) -> timedelta | None:
        """The clock is set to an earlier time, and somebody notices."""
        return await set_back(self.pool, self.clock.set(when), first=_nothing_else)

    async def run(self, until: float | datetime) -> list[datetime]:
        """The engine looks whenever something is due; at which instants."""
        looked: list[datetime] = []
        while (due := await self.next_due()) is not None and due <= at(until):
            self.clock.set(max(due, self.clock.now))
            await self.tick()
            looked.append(self.clock.now)
        self.clock.set(until)
        return looked

    async def next_due(self) -> datetime | None:
        async with self.pool.connection() as conn:
            cursor = await conn.execute("select min(next_due_at) from heads")
            ((found,),) = await cursor.fetchall()
            return found

    async def change(self, config: str, when: float) -> int | None:
        """The file is saved and applied at that minute; how many tickets moved."""
        self.clock.set(when)
        await self.offer(config)
        assert self.reloader.status.error is None, self.reloader.status.error
        return await self.retargeting.apply()

    async def retargeted(self) -> Counter[str]:
        """How often each ticket was, by external id."""
        log = await self.log()
        names = {
            e.ticket_id: shown(e.body)["external_id"] for e in log if e.topic == Ticket.Opened.TOPIC
        }
        return Counter(names[e.ticket_id] for e in log if e.topic == Ticket.Retargeted.TOPIC)

    async def acknowledge(self, external_id: str = "T-1", when: float | None = None) -> int:
        """By jane; the position."""
        now = self.clock.now if when is None else self.clock.set(when)
        return await self.desk.acknowledge(
            identity(external_id), by="jane", note="on it", now=now, correlation_id="ack"
        )

    async def snooze(self, until: float, external_id: str = "T-1") -> int:
        return await self.desk.snooze(
            identity(external_id),
            until=at(until),
            by="jane",
            reason="lunch",
            now=self.clock.now,
            correlation_id="snooze",
        )

    async def silence(
        self, until: float, *windows: tuple[float, float], **matchers: Sequence[str]
    ) -> UUID:
        """Until that minute, or within windows of minutes; its id."""
        quiet = Quiet(
            matchers,
            tuple((micros(at(start)), micros(at(end))) for start, end in windows)
            or ((LONG_AGO, micros(at(until))),),
            reason="noise",
            by="jane",
        )
        silence, _ = await self.silences.create(quiet, now=self.now(), correlation_id=None)
        return silence

    async def log(self) -> list[Recorded]:
        async with self.pool.connection() as conn:
            return await read_after(conn, 0, 1_000_000)

    async def stream(self, external_id: str = "T-1", *topics: str) -> list[Recorded]:
        async with self.pool.connection() as conn:
            ticket = identity(external_id)
            return (await read_streams(conn, [ticket], topics=topics or None))[ticket]

    async def head(self, external_id: str = "T-1") -> Head:
        async with self.pool.connection() as conn:
            heads = await load(conn, [identity(external_id)])
        return Head.load(heads[identity(external_id)].state)

    @asynccontextmanager
    async def broken(self, external_id: str) -> AsyncGenerator[None]:
        """Meanwhile neither the head nor the opening of this ticket can be read."""
        ticket = identity(external_id)
        async with self.pool.connection() as conn:
            await conn.execute("set session_replication_role = replica")
            cursor = await conn.execute(
                "select heads.state, events.state from heads join events"
                " on originator_id = ticket_id and originator_version = 1 where ticket_id = %s",
                [ticket],
            )
            (kept,) = await cursor.fetchall()
            await self._states(conn, ticket, b"nonsense", b"nonsense")
            yield
            await self._states(conn, ticket, *kept)
            await conn.execute("reset session_replication_role")

    async def _states(
        self, conn: AsyncConnection[Any], ticket: UUID, head: bytes, opening: bytes
    ) -> None:
        await conn.execute("update heads set state = %s where ticket_id = %s", [head, ticket])
        await conn.execute(
            "update events set state = %s where originator_id = %s and originator_version = 1",
            [opening, ticket],
        )

    async def of_another_release(self, external_id: str = "T-1") -> None:
        """The head of this ticket cannot be read."""
        async with self.pool.connection() as conn:
            await conn.execute(
                "update heads set state = 'nonsense' where ticket_id = %s", [identity(external_id)]
            )

    async def case(self, external_id: str = "T-1") -> Replayed:
        """The ticket as its stream has it."""
        stream = await self.stream(external_id)
        opened = stream[0].body
        assert isinstance(opened, Ticket.Opened)
        head = Head(opened.source, opened.external_id, opened.policy)
        head.excuses = excused_by(stream)
        return Replayed(identity(external_id), 0, head, self.book, stream, self.excuses.book)

    async def standing(self, external_id: str = "T-1") -> list[Key]:
        case, now = await self.case(external_id), micros(self.now())
        return sorted(case.standing(case.folded(now), now))

    async def notices(self, external_id: str = "T-1") -> list[tuple[float, str, list[str]]]:
        """What goes out, in order: minutes after nine, what the message says, to whom."""
        return [
            (minutes(event.recorded_at), ", ".join(map(_said, one["alerts"])), one["to"])
            for event in await self.stream(external_id)
            for one in shown(event.body).get("notices") or ()
        ]

    async def told(self, external_id: str = "T-1") -> list[tuple[float, str, str | None]]:
        """What was raised and taken back, in order: minutes after nine, what, how suppressed."""
        return [
            line for event in await self.stream(external_id) if (line := _line(event)) is not None
        ]


async def _nothing_else(_: datetime) -> None:
    """Where only the log is looked at."""


async def _never(_: timedelta) -> None:
    raise AssertionError("a single tick does not sleep")


def minutes(instant: datetime) -> float:
    """After nine o'clock; whole ones are told from those a microsecond later by rounding."""
    return round((instant - NINE) / timedelta(minutes=1), 3)


def _said(told: dict[str, Any]) -> str:
    how = "withdrawn " if told["type"] == "retracted" else f"{told['muted'] or ''} "
    match told["type"]:
        case "ended":
            how = f"ended {told['state']} "
        case "transition":
            how = f"{told['before']}->{told['after']} "
        case "acknowledged" | "snoozed" | "reminder":
            how = f"{told['type']} "
        case _:
            pass
    return f"{how}{told['clock']} {told['milestone']}".strip()


def _line(event: Recorded) -> tuple[float, str, str | None] | None:
    match body := event.body:
        case Ticket.Excused():
            return minutes(event.recorded_at), f"excused by {body.facts.excuses}", None
        case Ticket.AlertRaised():
            return minutes(event.occurred_at), f"{body.clock} {body.severity}", body.suppressed
        case Ticket.Escalated():
            return minutes(event.occurred_at), f"level {body.level}", body.suppressed
        case Ticket.Retracted():
            return minutes(event.occurred_at), f"retracted {body.milestone}", body.suppressed
        case Ticket.Moved():
            return minutes(event.occurred_at), "moved", None
        case Ticket.Retargeted():
            return minutes(event.occurred_at), f"retargeted to {body.policy}", None
        case _:
            return None


async def until(true: Callable[[], Awaitable[object]], *, within: float = PATIENCE) -> None:
    """Returns once it is."""
    give_up = time.monotonic() + within
    while not await true():
        assert time.monotonic() < give_up, f"not within {within} s"
        await asyncio.sleep(0.005)


WAITING: LiteralString = """
select count(*) from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock'
"""


async def somebody_waits_for_a_lock(pool: Pool) -> None:
    """Returns once that is so, in this database."""

    async def waiting() -> bool:
        async with pool.connection() as conn:
            ((count,),) = await (await conn.execute(WAITING)).fetchall()
            return bool(count)

    await until(waiting)


@asynccontextmanager
async def pool_of(url: str, *, most: int = 8) -> AsyncGenerator[Pool]:
    """As the write side uses it."""
    async with AsyncConnectionPool[AsyncConnection[Any]](
        url, kwargs={"autocommit": True}, min_size=1, max_size=most, open=False
    ) as pool:
        await pool.wait(PATIENCE)  # else who comes first would have a second connection made
        yield pool


@asynccontextmanager
async def working(url: str, config: str = CONFIG) -> AsyncGenerator[Process]:
    """One process at nine o'clock, its configuration in force."""
    async with pool_of(url) as pool:
        process = Process(pool, Clock())
        process.clock.set(-1)
        await process.offer(config)
        assert process.reloader.status.error is None, process.reloader.status.error
        process.clock.set(0)
        yield process
