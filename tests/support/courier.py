"""A post office for the courier's tests: an outbox in PostgreSQL, a mock Slack, a log, a clock."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid5

import httpx
import pytest_asyncio
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier, Placeholder
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool
from pydantic_core import to_json

from engine.notify.backoff import Backoff
from engine.notify.courier import DELIVER_WITHIN, Courier
from engine.notify.message import Channel, Delivery, Kind, Notice, Pace
from engine.notify.slack import SLACK_PACE, Slack
from engine.notify.slack_api import SlackApi
from engine.notify.slack_blocks import Look
from engine.notify.slack_bot import SlackBot
from ops.demo.mock_slack import create_app
from projections import dead_letters
from projections.outbox import Outbox
from projections.outbox_store import OutboxStore
from projections.threads_store import ThreadStore
from tests.support.desk import until
from tests.support.notices import TICKETS, Clock, event
from tests.support.web import serving

SECRET_PATH = "/services/T000/B000/SECRET"


@dataclass
class Log:
    """Where deliveries become events; refuses as often as it is told."""

    told: list[Delivery] = field(default_factory=list[Delivery])
    refusals: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def record_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        if self.refusals:
            self.refusals -= 1
            raise ConnectionError("the write queue is full")
        self.told.extend(deliveries)
        self.changed.set()


class Post:
    """The whole of it; every courier made here has a name of its own."""

    def __init__(self, pool: AsyncConnectionPool, client: httpx.AsyncClient, url: str) -> None:
        self.pool = pool
        self.client = client
        self.url = url
        self.clock = Clock()
        self.log = Log()
        self.outbox = OutboxStore(pool)
        self.threads = ThreadStore(pool)
        self._owners = count(1)
        self._later = count(1_000_000)

    def slack(self, client: httpx.AsyncClient | None = None, pace: Pace = SLACK_PACE) -> Slack:
        return Slack(
            self.url + SECRET_PATH,
            client=client or self.client,
            now=self.clock,
            threads=self.threads,
            pace=pace,
        )

    def bot(self, conversation: str = "C0ALERTS", look: Look | None = None) -> SlackBot:
        """The same Slack by an app's token."""
        api = SlackApi("xoxb-1", client=self.client, now=self.clock, base_url=f"{self.url}/api")
        return SlackBot(
            api,
            conversation,
            now=self.clock,
            threads=self.threads,
            look=look or Look(),
            pace=SLACK_PACE,
        )

    def courier(
        self,
        *,
        jitter: float = 0.5,
        backoff: Backoff | None = None,
        deliver_within: timedelta = DELIVER_WITHIN,
        told: Callable[[str, float], None] = lambda channel, seconds: None,
        **channels: Channel,
    ) -> Courier:
        return Courier(
            OutboxStore(self.pool),
            {"slack": self.slack(), **channels},
            self.log,
            now=self.clock,
            owner=f"courier {next(self._owners)}",
            jitter=lambda: jitter,
            backoff=backoff,
            deliver_within=deliver_within,
            told=told,
        )

    async def put(self, kind: Kind, **facts: Any) -> None:
        """One event's rows, committed; an alert has a ticket of its own, unless one is named."""
        of_ticket: dict[str, Any] = {"external_id": f"T-{facts.get('alert', 'a1')}", **facts}
        of_ticket["recorded_at"] = self.clock()
        async with self.pool.connection() as conn:
            for write in Outbox().rows([event(kind, **of_ticket)]):
                row = write.row
                columns = SQL(", ").join(map(Identifier, row))
                await conn.execute(
                    SQL(
                        "INSERT INTO outbox ({columns}) SELECT {columns}"
                        " FROM jsonb_populate_record(NULL::outbox, %s)"
                    ).format(columns=columns),
                    [Jsonb(row, to_json)],
                )

    async def spoil(self, alert: str, fact: str) -> None:
        """What no release would have written."""
        async with self.pool.connection() as conn:
            await conn.execute(
                "UPDATE outbox SET body = jsonb_set(body, %s, '\"nonsense\"') WHERE alert_id = %s",
                (["alerts", "0", fact], alert),
            )

    async def ends(self, external_id: str, clock: str, state: str, *, at: datetime) -> None:
        """As the read tables have it: the ticket's first cycle of the clock has ended."""
        async with self.pool.connection() as conn:
            await conn.execute(
                "INSERT INTO ticket_clocks (ticket_id, clock, cycle, state, severity, calendar,"
                " policy, started_at, stopped_at, elapsed_seconds, counted_at, customer_tier,"
                " priority)"
                " VALUES (%s, %s, 1, %s, 'breached', '24x7', 1, %s, %s, 0, %s, 'gold', 'P1')",
                (uuid5(TICKETS, external_id), clock, state, at, at, at),
            )

    async def is_now(self, external_id: str, **columns: Any) -> None:
        """As the read tables have it by now: what is not named is that of a P1 in time."""
        row: dict[str, Any] = {
            "ticket_id": uuid5(TICKETS, external_id),
            "source": "zendesk",
            "external_id": external_id,
            "status": "open",
            "phase": "active",
            "priority": "P1",
            "customer_tier": "gold",
            "created_at": self.clock(),
            "newest_at": self.clock(),
            "observations": 1,
            "late": 0,
            "policy": 1,
            "state": "compliant",
            "level": 0,
            "position": next(self._later),
        }
        row |= columns
        names = SQL(", ").join(map(Identifier, row))
        values = SQL(", ").join([Placeholder()] * len(row))
        async with self.pool.connection() as conn:
            await conn.execute("DELETE FROM tickets WHERE ticket_id = %s", (row["ticket_id"],))
            await conn.execute(
                SQL("INSERT INTO tickets ({}) VALUES ({})").format(names, values),
                list(row.values()),
            )

    async def waits_since(self, channel: str, ago: timedelta) -> None:
        """Let its rows have waited for so long by the database's clock, and ours go with that."""
        async with self.pool.connection() as conn:
            cursor = await conn.execute(
                "UPDATE outbox SET waiting_since = now() - %s WHERE channel = %s RETURNING now()",
                (ago, channel),
            )
            (self.clock.at,) = (await cursor.fetchall())[0]

    async def claim(
        self, channel: str, *, owner: str, errand: int = 1, under_way: Sequence[str] = ()
    ) -> Sequence[Notice]:
        """As a courier does, at Slack's pace, for an errand of this number."""
        return await self.outbox.claim(
            channel,
            SLACK_PACE,
            errand=f"{owner}/{errand}",
            owner=owner,
            under_way=under_way,
            now=self.clock(),
            lease=timedelta(seconds=30),
        )

    async def states(self) -> dict[str, str]:
        async with self.pool.connection() as conn:
            cursor = await conn.execute("SELECT dedup_key, state FROM outbox")
            return dict(await cursor.fetchall())

    async def error(self, key: str) -> str:
        async with self.pool.connection() as conn:
            cursor = await conn.execute(
                "SELECT last_error FROM outbox WHERE dedup_key = %s", (key,)
            )
            (row,) = await cursor.fetchall()
            return row[0]

    async def replay(self, *keys: str) -> set[str]:
        """As an operator does: all that is dead, or these."""
        async with self.pool.connection() as conn:
            return await dead_letters.replay(conn, keys or None)

    async def until(self, key: str, state: str) -> None:
        """Wait until a row has this state."""

        async def reached() -> bool:
            return (await self.states()).get(key) == state

        await until(reached)

    async def let_leases_lapse(self) -> None:
        async with self.pool.connection() as conn:
            await conn.execute("UPDATE outbox SET lease_until = clock_timestamp()")

    async def behave(self, **orders: Any) -> None:
        (await self.client.post(f"{self.url}/behave", json=orders)).raise_for_status()

    async def received(self) -> list[dict[str, Any]]:
        return (await self.client.get(f"{self.url}/received")).json()["messages"]

    async def keys(self) -> list[list[str]]:
        """The dedup keys of each message that arrived."""
        return [message["dedup_keys"] for message in await self.received()]


@asynccontextmanager
async def open_post(database_url: str) -> AsyncGenerator[Post, None]:
    """The outbox of this database, which has the read tables, and a Slack that has received
    nothing. (Who defines tables anew costs the next test a new database.)"""
    async with (
        AsyncConnectionPool[AsyncConnection[TupleRow]](
            database_url, min_size=1, max_size=6, open=False
        ) as pool,
        serving(create_app(Clock())) as url,
        httpx.AsyncClient() as client,
    ):
        yield Post(pool, client, url)


@pytest_asyncio.fixture
async def post(furnished_database_url: str) -> AsyncGenerator[Post, None]:
    """An empty outbox, and a Slack that has received nothing."""
    async with open_post(furnished_database_url) as post:
        yield post
