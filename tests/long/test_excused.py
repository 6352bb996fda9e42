"""Two days are excused of six thousand real tickets, once each, though who does it is killed."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import httpx
import psycopg
import pytest

from command_side import excuse_preview, excuses
from command_side.deciding.events import Ticket, shown
from command_side.deciding.excusing import Agreement
from command_side.turning import Attained, Preview, Turned
from engine.sla.instants import micros
from ops.wiring import now
from tests.support import ledger
from tests.support.clients import Client, Poster, Rate, busy, client_of, item
from tests.support.desk import Clock, Process, pool_of
from tests.support.figures import Figures, scaled
from tests.support.real_tickets import RealTicket, closed, still_open
from tests.support.service import ROOT, database_url_of, running, service
from tests.support.shop import Shop

pytestmark = pytest.mark.long

CONFIG = """
calendars:
  office: {timezone: Europe/Berlin, hours: {mon-fri: ["08:00-18:00"]}}
sla_targets:
  ENTERPRISE:
    P0: {response: 4h, resolution: 48h}
    P1: {response: 8h, resolution: 72h}
    P2: {response: 24h, resolution: 120h}
  PREMIUM:
    P0: {response: 4h, resolution: 24h}
    P1: {response: 8h, resolution: 48h}
    P2: {response: 24h, resolution: 72h}
    P3: {response: 8h, resolution: 40h, calendar: office}
  STANDARD:
    P1: {response: 24h, resolution: 96h}
    P2: {response: 48h, resolution: 168h}
    P3: {response: 72h, resolution: 240h}
"""
OF_EACH = scaled(10_000, least=750)
"""Open tickets, and closed ones."""
CONCERNED = OF_EACH * 6 // 10
DAY = timedelta(days=1)
BATCH = 500
UPDATES = 95
"""In each batch that comes meanwhile, of tickets of its own."""
TOUCHED, AT_ONCE = 40, 5
"""So many of those concerned are given another title meanwhile; in each batch."""
TRIED = 10
"""Tickets that are asked for as they were known before."""
LONG_ENOUGH = 10.0
"""Seconds for which the rate of updates is taken with nothing else to do."""
PATIENCE = 1800.0

CLOCKS: LiteralString = """
select ticket_id, clock, cycle, state, overdue_from, uncounted_seconds from ticket_clocks
"""
EXCUSED = "select count(*) from events where topic = %s"
Cycle = tuple[UUID, str, int]
"""Ticket, clock and number."""
Group = tuple[str, str, str]
"""Tier, priority and clock."""


@dataclass(frozen=True)
class Stage:
    """The tickets, when they are excused, and of which tier each is."""

    window: tuple[datetime, datetime]
    tickets: Sequence[RealTicket]
    tiers: Mapping[str, str]

    @property
    def concerned(self) -> list[str]:
        """Their names, by what the file says."""
        return [
            one.name
            for one in self.tickets
            if self.tiers[one.name] == "premium" and one.overlaps(*self.window)
        ]


def staged(file: Path) -> Stage:
    """So many premium tickets live in the two days; others do too, and other premium ones not."""
    until = now().replace(second=0, microsecond=0)
    today = datetime(until.year, until.month, until.day, tzinfo=UTC)
    window = (today - 9 * DAY, today - 7 * DAY)
    done = closed(file, OF_EACH, lambda number: today - (1 + number % 12) * DAY, until)
    going_on = still_open(file, OF_EACH, lambda number: today - (1 + number % 14) * DAY, until)
    tickets = list(chain.from_iterable(zip(done, going_on, strict=True)))
    tiers: dict[str, str] = {}
    left = CONCERNED
    for number, one in enumerate(tickets):
        lives = one.overlaps(*window)
        premium = left > 0 if lives else number % 3 == 0
        left -= premium and lives
        tiers[one.name] = "premium" if premium else ("enterprise", "standard")[number // 2 % 2]
    assert left == 0
    return Stage(window, tickets, tiers)


async def post_all(client: Client, stage: Stage) -> int:
    items = chain.from_iterable(one.items(stage.tiers[one.name]) for one in stage.tickets)
    count = 0
    while batch := list(islice(items, BATCH)):
        answer = await client.post(*batch)
        assert answer["accepted"] == len(batch), answer
        count += len(batch)
    return count


def meanwhile(concerned: Sequence[str]) -> Callable[[int], list[dict[str, Any]]]:
    """Batches of updates; a few only give a ticket that is concerned another title."""

    def batch(number: int) -> list[dict[str, Any]]:
        at = now()
        own = [
            item(
                f"meanwhile {number // 3 % 10} {place}",
                ("open", "in_progress", "pending")[number % 3],
                priority=f"P{place % 3}",
                updated_at=at + timedelta(milliseconds=place),
            )
            for place in range(UPDATES)
        ]
        others = [concerned[(number * AT_ONCE + place) % TOUCHED] for place in range(AT_ONCE)]
        return own + [
            {"external_id": name, "title": f"asked again {number}", "updated_at": at.isoformat()}
            for name in others
        ]

    return batch


async def foreseen(database: str, agreement: Agreement, at: datetime) -> Preview:
    """What `POST /excuses/preview` counts, cycle by cycle."""
    async with pool_of(database) as pool, pool.connection() as conn:
        process = Process(pool, Clock(at))
        await process.learn()
        book, known = process.book, process.excuses.book
        return await excuse_preview.preview(conn, book, known, agreement, now=at)


async def verdicts(database: str, at: datetime) -> dict[Cycle, tuple[str, bool]]:
    """By what the read table has: by that instant, and whether some of it is excused."""
    async with await psycopg.AsyncConnection.connect(database) as conn:
        found = await (await conn.execute(CLOCKS)).fetchall()
    return {
        (ticket, clock, number): (
            "breached" if overdue is not None and overdue <= at else state,
            excused > 0,
        )
        for ticket, clock, number, state, overdue, excused in found
    }


def by_group(groups: Iterable[Mapping[str, Any]]) -> dict[Group, tuple[int, int]]:
    """How many are met and breached."""
    return {
        (one["tier"].casefold(), one["priority"].casefold(), one["clock"]): (
            one["met"],
            one["breached"],
        )
        for one in groups
    }


def change(
    before: Mapping[Group, tuple[int, int]], after: Mapping[Group, tuple[int, int]]
) -> dict[Group, tuple[int, int]]:
    """Where there is one."""
    found = {
        group: (after[group][0] - before[group][0], after[group][1] - before[group][1])
        for group in before.keys() & after.keys()
    }
    return {group: counts for group, counts in found.items() if counts != (0, 0)}


def attained(found: Attained) -> dict[Group, tuple[int, int]]:
    return {group: (one["met"], one["breached"]) for group, one in found.items()}


async def is_known_as_it_was(client: Client, turned: Turned, at: datetime) -> None:
    """By what was known before, its verdict is the old one; now it is the new one."""
    for expected, asked in (
        (turned.before, {"known_at": at.isoformat()}),
        (turned.after, {"as_of": at.isoformat()}),
    ):
        found = await client.get(f"/tickets/{turned.ticket_id}/sla", **asked)
        [cycle] = [
            one
            for one in found["clocks"]
            if (one["name"], one["cycle"]) == (turned.clock, turned.cycle)
        ]
        verdict = "breached" if cycle["severity"] == "breached" else cycle["state"]
        assert verdict == expected, f"{turned} {asked} {cycle}"


@dataclass(frozen=True)
class Applied:
    """What the log has of the change, since a position."""

    events: Counter[UUID]
    by_updates: int
    """Tickets that an update moved before the background came to them."""
    withdrawn: int
    """Alerts of before."""


async def told(database: str, after: int) -> Applied:
    async with await psycopg.AsyncConnection.connect(database) as conn:
        log = [one for one in await ledger.events(conn) if one.position > after]
    excused = [n for n, one in enumerate(log) if one.topic == Ticket.Excused.TOPIC]
    following = [log[n + 1] for n in excused if n + 1 < len(log)]
    raised = {shown(one.body)["alert_id"] for one in log if one.topic in ledger.MILESTONES}
    withdrawn = [shown(one.body) for one in log if one.topic == Ticket.Retracted.TOPIC]
    assert {one["because"] for one in withdrawn} <= {"excused"}
    return Applied(
        Counter(log[n].ticket_id for n in excused),
        sum(one.topic == Ticket.Observed.TOPIC for one in following),
        sum(one["alert_id"] not in raised for one in withdrawn),
    )


def verify(database: str) -> "subprocess.CompletedProcess[str]":
    """By the command line."""
    return subprocess.run(
        [sys.executable, "-m", "ops.cli", "verify", "--json"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url_of(database)},
        capture_output=True,
        text=True,
        check=False,
    )


async def test_what_is_excused_is_applied_once_though_its_worker_is_killed(
    database_url: str, updates: Path, tmp_path: Path, figures: Figures
) -> None:
    stage = staged(updates)
    api = service(tmp_path / "api", CONFIG, database=database_url, role="api")
    worker = service(tmp_path / "worker", CONFIG, database=database_url, role="worker")
    shop = Shop(api, database_url)
    start, end = stage.window
    excuse = {
        "from": start.isoformat(),
        "until": end.isoformat(),
        "match": {"customer_tier": "premium"},
        "reason": "the data centre was moved",
        "by": "ann",
    }

    async def moved() -> int:
        return shop.ask(EXCUSED, Ticket.Excused.TOPIC)[0][0]

    async def is_applied() -> bool:
        async with await psycopg.AsyncConnection.connect(database_url) as conn:
            return await excuses.last_applied(conn) == 1

    with running(api, worker):
        async with client_of(api) as client:
            client.http.timeout = httpx.Timeout(PATIENCE)
            figures("open tickets, and closed ones", OF_EACH)
            began = time.monotonic()
            figures("real updates", await post_all(client, stage))
            await ledger.settled(database_url, patience=PATIENCE)
            figures("seconds until they were stored and judged", time.monotonic() - began)
            names = {
                str(name): ticket
                for name, ticket in shop.ask("select external_id, ticket_id from tickets")
            }
            expected = {names[name] for name in stage.concerned}
            position = ledger.position(database_url)

            began, at = time.monotonic(), now()
            previewed = await client.command("/excuses/preview", excuse)
            figures("tickets concerned", previewed["tickets"])
            figures("seconds of the preview", time.monotonic() - began)
            figures("cycles whose verdict changes", previewed["cycles_changed"])
            report = {"from": "2000-01-01T00:00:00Z", "to": at.isoformat()}
            grouped = {**report, "group_by": "tier,priority,clock"}
            agreed = excuses.Offer(
                ((micros(start), micros(end)),),
                {"customer_tier": ["premium"]},
                {},
                None,
                "the data centre was moved",
                "ann",
            ).agreement(at)
            foresaw = await foreseen(database_url, agreed, at)
            reported = await client.get("/reports/attainment", **grouped)
            before = await verdicts(database_url, at)
            assert await moved() == 0

            poster = Poster(client, meanwhile(stage.concerned), pause=0)
            alone, beside = Rate(poster), Rate(poster)
            async with busy(poster):
                await poster.gets_through()
                enough = time.monotonic() + LONG_ENOUGH

                async def long_enough() -> bool:
                    return time.monotonic() > enough

                await alone.during(long_enough, "the rate is known", patience=PATIENCE)
                await client.command("/excuses", excuse)

                async def is_begun() -> bool:
                    return await moved() > TOUCHED

                await beside.during(is_begun, "the first page is written", patience=PATIENCE)
                await asyncio.to_thread(worker.kill)
                done = await moved()
                assert not await is_applied()
                before_killed = beside.seconds
                await asyncio.to_thread(worker.start)
                await beside.during(is_applied, "it is applied", patience=PATIENCE)
            await ledger.settled(database_url, patience=PATIENCE)
            figures("killed after so many tickets", done)
            figures("seconds until then", before_killed)
            figures("seconds of the one who went on", beside.seconds - before_killed)
            figures("updates a second without it", float(alone))
            figures("updates a second meanwhile", float(beside))
            figures("share of the rate, in per cent", 100 * float(beside) / float(alone))
            figures("longest POST, in seconds", poster.longest)

            after = await verdicts(database_url, at)
            counted = await client.get("/reports/attainment", excused="without", **grouped)
            now_reported = await client.get("/reports/attainment", **grouped)
            for turned in foresaw.cycles[:TRIED]:
                await is_known_as_it_was(client, turned, at)
    assert [*api.complaints(), *worker.complaints()] == []
    assert poster.refusals == {}

    found = await told(database_url, position)
    figures("events of the change", found.events.total())
    figures("of these with an update that came meanwhile", found.by_updates)
    figures("alerts withdrawn", found.withdrawn)
    assert TOUCHED < done < len(expected)
    assert set(found.events.values()) == {1}
    assert found.events.keys() == expected
    assert foresaw.tickets == previewed["tickets"] == len(expected) == CONCERNED
    assert found.withdrawn == foresaw.alerts_withdrawn == previewed["alerts_withdrawn"]

    turned = {(one.ticket_id, one.clock, one.cycle): one for one in foresaw.cycles}
    assert len(turned) == len(foresaw.cycles) == previewed["cycles_changed"]
    assert {key: (one.before, one.after) for key, one in turned.items()} == {
        key: (verdict, after[key][0])
        for key, (verdict, _) in before.items()
        if verdict != after[key][0]
    }
    assert {key[0] for key, (_, excused) in after.items() if excused} <= expected
    groups = by_group(reported["groups"])
    assert by_group(counted["groups"]) == groups
    assert change(groups, by_group(now_reported["groups"])) == change(
        attained(foresaw.before), attained(foresaw.after)
    )
    for name, member in (("before", reported), ("after", now_reported)):
        figures(f"attained {name}, in per cent", member["total"]["attainment_percent"])
    assert (
        now_reported["total"]["attainment_percent_excused_counted"]
        == (reported["total"]["attainment_percent"])
    )

    await ledger.nothing_acknowledged_is_lost(database_url, poster.acknowledged)
    await ledger.the_log_is_sound(database_url)
    raised = await ledger.every_milestone_is_raised_once(database_url)
    figures("milestones, none of them raised twice", raised.total())
    await ledger.the_outbox_holds_what_was_to_be_sent(database_url)
    began = time.monotonic()
    verified = await asyncio.to_thread(verify, database_url)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    figures("events that `sla verify` found sound", json.loads(verified.stdout)["events"])
    figures("seconds of it", time.monotonic() - began)
    rows = await ledger.projections_equal_a_rebuild(database_url)
    figures("rows equal to a rebuild", rows)
