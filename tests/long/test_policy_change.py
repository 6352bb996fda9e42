"""A new configuration moves ten thousand open tickets, once each, though it is cut off half-way."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from command_side import policies
from command_side.deciding.events import Ticket, shown
from command_side.previewing import Prediction, preview
from config.loading import load
from engine.notify.channel_types import CHANNEL_TYPES
from engine.sla.instants import micros
from ops.wiring import now
from tests.support import ledger
from tests.support.clients import item
from tests.support.desk import Clock, Process, pool_of
from tests.support.figures import Figures, scaled
from tests.support.service import running, service, until
from tests.support.shop import Shop

pytestmark = pytest.mark.long

BEFORE = """
sla_targets:
  ENTERPRISE:
    P0: {resolution: 24h}
    P1: {resolution: 24h}
    P2: {resolution: 24h}
  PREMIUM:
    P0: {resolution: 48h}
  STANDARD:
    P0: {resolution: 96h}
"""
AFTER = """
sla_targets:
  ENTERPRISE:
    P0: {resolution: 20h}
    P1: {resolution: 2h}
    P2: {resolution: 24h}
  STANDARD:
    P0: {resolution: 96h}
"""
KINDS = ("sooner", "over", "paused", "same", "without", "elsewhere", "over", "resolved")
MOVED = {"sooner", "over", "paused", "without"}
BREACHED = {"over"}
OPEN = scaled(10_000, least=2_500)
"""Several pages of tickets, so that there is a middle to be killed in."""
BATCH = 500
PATIENCE = 600.0


def kind_of(number: int) -> str:
    return KINDS[number % len(KINDS)]


def items(count: int) -> Iterator[dict[str, Any]]:
    """The updates of so many tickets, one of eight of which is resolved."""
    begin = now() - timedelta(hours=5)
    about: dict[str, dict[str, Any]] = {
        "sooner": {},
        "over": {"priority": "P1"},
        "paused": {"priority": "P1"},
        "same": {"priority": "P2"},
        "without": {"customer_tier": "premium"},
        "elsewhere": {"customer_tier": "standard"},
        "resolved": {},
    }
    for number in range(count):
        kind = kind_of(number)
        name, said = f"{kind} {number}", about[kind]
        yield item(name, updated_at=begin, **said)
        later = begin + timedelta(hours=1)
        if kind == "paused":
            yield item(name, "pending", updated_at=later, **said)
        if kind == "resolved":
            yield item(name, "resolved", updated_at=later, **said)


def post_all(url: str, count: int) -> None:
    rest = items(count)
    with httpx.Client(timeout=60) as http:
        while batch := list(islice(rest, BATCH)):
            answer = http.post(f"{url}/tickets", json={"tickets": batch})
            assert answer.status_code == 200, answer.text
            assert answer.json()["accepted"] == len(batch)


async def predicted(database: str) -> list[Prediction]:
    """What `sla config diff` counts, ticket by ticket."""
    async with pool_of(database) as pool, pool.connection() as conn:
        process = Process(pool, Clock(now()))
        await process.policies.follow()
        loaded = load(
            AFTER,
            version=process.book.current.version + 1,
            accepted_at=micros(now()),
            warning=0.15,
            critical=0.05,
            channel_types=CHANNEL_TYPES,
        )
        found = preview(conn, process.book, loaded.policy, now=now())
        return [one async for one in found]


async def applied(database: str) -> int:
    async with await psycopg.AsyncConnection.connect(database) as conn:
        return await policies.last_applied(conn)


async def told(database: str, after: int) -> tuple[Counter[UUID], set[UUID]]:
    """How often each ticket was retargeted, and which of them were breached, since a position."""
    async with await psycopg.AsyncConnection.connect(database) as conn:
        log = [one for one in await ledger.events(conn) if one.position > after]
    retargeted = Counter(one.ticket_id for one in log if one.topic == Ticket.Retargeted.TOPIC)
    breached = {
        one.ticket_id
        for one in log
        if one.topic == Ticket.AlertRaised.TOPIC and shown(one.body)["severity"] == "breached"
    }
    return retargeted, breached


def test_a_change_that_is_cut_off_moves_every_ticket_once(
    database_url: str, tmp_path: Path, figures: Figures
) -> None:
    program = service(tmp_path / "service", BEFORE, database=database_url)
    shop = Shop(program, database_url)
    new = tmp_path / "new.yaml"
    new.write_text(AFTER)
    total = OPEN * len(KINDS) // (len(KINDS) - 1)

    def retargeted() -> int:
        return shop.ask("select count(*) from events where topic = %s", Ticket.Retargeted.TOPIC)[0][
            0
        ]

    with running(program):
        post_all(program.url, total)
        asyncio.run(ledger.settled(database_url, patience=PATIENCE))
        before = ledger.position(database_url)
        began = time.monotonic()
        counts = json.loads(shop.sla("config", "diff", new, "--json").stdout)
        figures("open tickets", counts["tickets"])
        figures("seconds of the diff", time.monotonic() - began)
        predictions = asyncio.run(predicted(database_url))
        assert ledger.position(database_url) == before
        assert retargeted() == 0

        began = time.monotonic()
        (program.folder / "sla_config.yaml").write_text(AFTER)
        until(lambda: retargeted() > 0, "the first page is written", within=60)
        program.kill()
        seconds = time.monotonic() - began
        done = retargeted()
        assert asyncio.run(applied(database_url)) < 2
        began = time.monotonic()
        program.start()
        until(lambda: asyncio.run(applied(database_url)) == 2, "it is applied", within=PATIENCE)
        figures("seconds until it was killed", seconds)
        figures("seconds from its start until all was applied", time.monotonic() - began)
        asyncio.run(ledger.settled(database_url, patience=PATIENCE))
    assert program.complaints() == []

    moved, breached = asyncio.run(told(database_url, before))
    figures("killed after so many events", done)
    figures("events of the change", moved.total())
    figures("breached at once", len(breached))
    assert 0 < done < moved.total()
    names = {one.ticket_id: one.external_id for one in predictions}
    assert len(names) == counts["tickets"] == total - total // len(KINDS)
    assert set(moved.values()) == {1}
    assert moved.keys() == {one.ticket_id for one in predictions if one.retargeted}
    assert breached == {one.ticket_id for one in predictions if one.breached_at_once}
    assert counts["breached"] == len(breached)
    assert counts["moved"] == sum(one.before != one.after for one in predictions)
    kinds = {ticket: name.split()[0] for ticket, name in names.items()}
    assert {ticket for ticket, kind in kinds.items() if kind in MOVED} == moved.keys()
    assert {ticket for ticket, kind in kinds.items() if kind in BREACHED} == breached
    asyncio.run(ledger.the_log_is_sound(database_url))
    asyncio.run(ledger.every_milestone_is_raised_once(database_url))
    rows = asyncio.run(ledger.projections_equal_a_rebuild(database_url))
    figures("rows equal to a rebuild", rows)
