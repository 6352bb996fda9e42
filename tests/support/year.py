"""A year of a help desk with a virtual clock: its tickets, and whoever works on them."""

import asyncio
import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, LiteralString
from uuid import uuid4

import orjson
from psycopg.types.json import Jsonb

from engine.notify.message import Pace
from engine.notify.recorder import Recorder
from engine.watch import Watch
from ops.bench.workload import submissions
from ops.housekeeping import Housekeeping
from ops.jobs.table import Jobs
from projections.all import PROJECTORS
from projections.outbox_store import OutboxStore
from projections.runner import Runner
from tests.support.desk import Clock, Pool, Process
from tests.support.items import text

CONFIG = """
sla_targets:
  GOLD:
    P1: {response: 1h, resolution: 8h, escalation: {LEVEL_1: 240, LEVEL_2: 420}}
    P2: {response: 4h, resolution: 24h}
    P3: {response: 8h, resolution: 72h}
  SILVER:
    P1: {response: 2h, resolution: 2bd, calendar: office}
    P2: {response: 4h, resolution: 3bd, calendar: office}
    P3: {response: 1bd, resolution: 5bd, calendar: office}
calendars:
  office: {timezone: Europe/Berlin, hours: {mon-fri: ["09:00-17:00"]}, holidays: {country: DE}}
escalation_levels: {1: "Team lead", 2: "Manager"}
sources:
  desk: {desk: jira, unsigned: true, tiers: {default: gold}}
notifications:
  notify_within_minutes: 2880
  routes:
    - {match: {severity: breached}, to: [urgent], continue: true}
    - {match: {}, to: [slack]}
  channels:
    slack: {type: slack, url_env: SLACK_WEBHOOK_URL}
    urgent: {type: slack, url_env: URGENT_URL}
retention: {outbox: %(outbox)s, raw: %(raw)s, jobs: %(jobs)s}
"""
"""One look at the clocks in hours, not minutes: what became due meanwhile is told all the same."""
KEPT = {"outbox": "90d", "raw": "30d", "jobs": "30d"}
FOREVER = dict.fromkeys(KEPT, "forever")
FIRST_DAY = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
DAY = timedelta(days=1)
WORDS = ("order", "invoice", "login", "printer", "export", "mail", "calendar", "payment", "search")
AWAY = "given up on purpose"
BY_WEBHOOK = 5
"""One update in so many comes as a delivery of a desk, which is kept as it came."""
DIES = 400
"""One message in so many is never taken."""
LEASE = timedelta(minutes=1)

Update = tuple[datetime, int, dict[str, Any]]

SIZES: LiteralString = """
select relname, pg_total_relation_size(c.oid) from pg_class c
where relkind = 'r' and relnamespace = current_schema()::regnamespace order by 2 desc
"""
DELIVERED: LiteralString = """
insert into deliveries (delivery_id, source, told_apart_by, received_at, headers, body, state,
    items, because, tickets)
select gen_random_uuid(), 'desk', 'id ' || gen_random_uuid(), %s, %s, body::bytea, 'read', item,
    '{}', '{}'
from unnest(%s::text[], %s::jsonb[]) as one (body, item)
"""
SETTLED: LiteralString = "update deliveries set state = 'taken' where state = 'read'"


def life(random: Random, number: int, opened: datetime) -> Iterator[Update]:
    """What is said of one ticket, in order: six updates, or a few more."""
    priority = random.choices(("P1", "P2", "P3"), (1, 4, 5))[0]
    hours = {"P1": 8, "P2": 24, "P3": 72}[priority]
    word = random.choice(WORDS)
    name, agent = f"T-{number:07d}", f"agent.{random.randrange(60)}"
    item: dict[str, Any] = {
        "external_id": name,
        "title": f"{word} {random.randrange(10**6)} does not work since this morning",
        "description": f"The customer says that the {word} fails at the last step. " * 4,
        "priority": priority,
        "customer_tier": random.choice(("gold", "silver", "silver")),
        "status": "open",
        "team": f"team {random.randrange(12)}",
        "organization": f"customer {random.randrange(3000)}",
        "tags": [word, "emea"],
    }
    at = opened
    yield at, number, item | {"updated_at": text(at), "created_at": text(at)}

    def said(after: float, **what: Any) -> Update:
        nonlocal at
        at += timedelta(seconds=max(1, round(after * 3600)))
        item.update(what)
        return (
            at,
            number,
            {"external_id": name, **what, "updated_at": text(at), "updated_by": agent},
        )

    yield said(random.expovariate(1 / (hours * 0.04)), status="in_progress", assigned_to=agent)
    for _ in range(random.choices((0, 1, 2), (3, 5, 2))[0]):
        yield said(random.expovariate(1 / (hours * 0.1)), status="pending")
        yield said(random.expovariate(1 / (hours * 0.15)), status="in_progress")
    yield said(random.expovariate(1 / (hours * 0.3)), status="resolved")
    if random.random() < 0.05:
        yield said(random.uniform(1, 40), status="open")
        yield said(random.expovariate(1 / (hours * 0.3)), status="resolved")
    yield said(48, status="closed")


def updates(seed: int, tickets_a_day: int) -> Iterator[Update]:
    """All that is ever said, in the order of its times."""
    random = Random(seed)
    ahead: list[tuple[datetime, int, int, dict[str, Any], Iterator[Update]]] = []
    number, day = 0, FIRST_DAY
    while True:
        for _ in range(tickets_a_day):
            number += 1
            its = life(random, number, day + timedelta(seconds=random.randrange(86_400)))
            at, _, item = next(its)
            heapq.heappush(ahead, (at, number, 0, item, its))
        day += DAY
        while ahead and ahead[0][0] < day:
            at, which, step, item, its = heapq.heappop(ahead)
            yield at, which, item
            if (following := next(its, None)) is not None:
                heapq.heappush(ahead, (following[0], which, step + 1, following[2], its))


@dataclass
class Desk:
    """All that a service does in a day, one thing after the other."""

    pool: Pool
    reading: Pool
    tickets_a_day: int
    looks: int
    """A day."""
    seed: int = 1
    said: int = 0
    """Updates so far."""
    told: int = 0
    """Notices that were sent, or given up."""
    died: int = 0
    """Of these, those that were given up."""
    dropped: dict[str, int] = field(default_factory=dict[str, int])

    def __post_init__(self) -> None:
        self.process = Process(self.pool, Clock(FIRST_DAY))
        self.runner = Runner(self.reading, PROJECTORS, self.process.now, "year", lease_seconds=600)
        self.outbox, self.jobs = OutboxStore(self.pool), Jobs(self.pool)
        self.recorder = Recorder(self.outbox, self.process.desk, owner="year", lease=LEASE)
        self.keeping = Housekeeping(self.pool, self.process.book, self.process.now, share=1)
        self._random, self._updates = Random(self.seed), updates(self.seed, self.tickets_a_day)
        self._next: Update | None = None

    async def begin(self, kept: dict[str, str]) -> None:
        """The day before the year."""
        self.process.clock.set(FIRST_DAY - DAY)
        await self.process.offer(CONFIG % kept)
        assert self.process.reloader.status.error is None, self.process.reloader.status.error
        await self.runner.catch_up()

    async def day(self, number: int) -> None:
        """Counted from 0."""
        for look in range(1, self.looks + 1):
            now = FIRST_DAY + number * DAY + look * DAY / self.looks
            self.process.clock.set(now)
            await self.hear([item for _, _, item in self._until(now)])
            await Watch(self.process.desk, self.process.now, _never).tick()
        await self.runner.catch_up()
        await self.send()
        await self.ask()
        for one, count in await self.keeping.tidy(asyncio.Event()):
            self.dropped[one.what] = self.dropped.get(one.what, 0) + count

    def _until(self, now: datetime) -> Iterator[Update]:
        while True:
            one = self._next or next(self._updates)
            if one[0] > now:
                self._next = one
                return
            self._next = None
            yield one

    async def hear(self, items: list[dict[str, Any]]) -> None:
        """A batch arrives; some of it as a desk's deliveries."""
        batch = submissions(items)
        async with self.pool.connection() as conn:
            for start in range(0, len(batch), 500):
                part = batch[start : start + 500]
                await self.process.intake.ingest(conn, part, self.process.clock.now)
                assert {one.outcome for one in part} == {"accepted"}
            webhooks = items[::BY_WEBHOOK]
            bodies = [(orjson.dumps(one) * 4).decode() for one in webhooks]
            headers = Jsonb({"content-type": "application/json", "user-agent": "desk/1.0"})
            read = [Jsonb([{"outcome": "taken", "said": [one]}]) for one in webhooks]
            await conn.execute(DELIVERED, (self.process.clock.now, headers, bodies, read))
            await conn.execute(SETTLED)
        self.said += len(items)

    async def send(self) -> None:
        """All that waits, in one message a channel; some is never taken."""
        now, pace = self.process.clock.now, Pace(timedelta(0), group_above=0)
        for channel in ("slack", "urgent"):
            while True:
                errand = f"year/{uuid4().hex}"
                notices = await self.outbox.claim(
                    channel, pace, errand=errand, owner="year", under_way=(), now=now, lease=LEASE
                )
                if not notices:
                    break
                dead = [one.dedup_key for one in notices if self._random.randrange(DIES) == 0]
                taken = [one.dedup_key for one in notices if one.dedup_key not in dead]
                self.told, self.died = self.told + len(notices), self.died + len(dead)
                await self.outbox.dead(dead, AWAY, errand=errand)
                if taken:
                    await self.outbox.sent(taken, now)
        while await self.recorder.record():
            pass
        await self.runner.catch_up()

    async def ask(self) -> None:
        """Somebody has a report made."""
        now = self.process.clock.now
        await self.jobs.ask("report", {"weeks": 4}, now)
        job = await self.jobs.take("year", now)
        assert job is not None
        await self.jobs.end(job, now, result=b"[" + b",".join([b'{"met": 1}'] * 2000) + b"]")

    async def sizes(self) -> dict[str, int]:
        """Bytes by table, with indexes and what lies beside it."""
        async with self.pool.connection() as conn:
            return dict(await (await conn.execute(SIZES)).fetchall())


async def _never(_: timedelta) -> None:
    raise AssertionError("a single look does not sleep")
