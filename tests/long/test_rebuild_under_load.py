"""Tables are rebuilt while tickets change, and nobody who reads sees them half-built or go back."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from ops.wiring import now
from tests.support import ledger
from tests.support.clients import Client, Poster, busy, client_of, item
from tests.support.figures import Figures, scaled
from tests.support.kills import life
from tests.support.observers import Analyst, Follower, Onlooker
from tests.support.service import ROOT, database_url_of, running, service

pytestmark = pytest.mark.long

CONFIG = """
sla_targets:
  ENTERPRISE:
    P0: {response: 2s, resolution: 4s}
    P1: {response: 4h, resolution: 24h, update: 8h}
    P2: {resolution: 10m, next_response: 10m}
"""
SEEDED = scaled(20_000, least=500)
"""Tickets, of three updates each, that are there from the start."""
ROUNDS = scaled(5, least=2)
REBUILT = ("tickets", "ticket_clocks", "ticket_status_history")
BATCH = 500
PATIENCE = 600.0


def seeds() -> Iterator[dict[str, Any]]:
    begin = now() - timedelta(hours=3)
    for number in range(SEEDED):
        for hours, status in enumerate(("open", "in_progress", "pending")):
            at = begin + timedelta(hours=hours)
            yield item(f"seeded {number}", status, priority="P1", updated_at=at)


async def seed(client: Client) -> None:
    rest = seeds()
    while batch := list(islice(rest, BATCH)):
        await client.post(*batch)


def rebuild(database: str, name: str) -> float:
    """By the command line; in how many seconds."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "ops.cli", "projections", "rebuild", name],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url_of(database)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "is rebuilt up to position" in done.stdout
    return time.monotonic() - began


async def test_nobody_notices_a_rebuild(
    database_url: str, tmp_path: Path, figures: Figures
) -> None:
    program = service(tmp_path, CONFIG, database=database_url)
    took: list[float] = []
    with running(program):
        async with client_of(program) as client:
            await seed(client)
            await ledger.settled(database_url, patience=PATIENCE)
            posters = [Poster(client, life(name), pause=0) for name in ("left", "right")]
            followers = [Follower(client, f"followed-{number}") for number in range(4)]
            onlookers = [Onlooker(client, follower) for follower in followers[:2]]
            analyst = Analyst(database_url, followers[0])
            async with busy(*posters, *followers, *onlookers, analyst):
                for _ in range(ROUNDS):
                    for name in REBUILT:
                        took.append(await asyncio.to_thread(rebuild, database_url, name))
            await ledger.settled(database_url, patience=PATIENCE)
    figures("tickets from the start", SEEDED)
    figures("rebuilds", len(took))
    figures("seconds of the longest", max(took))
    figures("items posted meanwhile", sum(len(poster.acknowledged) for poster in posters))
    figures("updates seen by who made them", sum(one.updates for one in followers))
    figures("of these put off for 5 seconds", sum(one.put_off for one in followers))
    figures("other reads", analyst.looks + sum(one.looks for one in onlookers))
    figures("longest POST, in seconds", max(poster.longest for poster in posters))
    assert program.complaints() == []
    assert all(poster.refusals == {} for poster in posters)
    for poster in posters:
        await ledger.nothing_acknowledged_is_lost(database_url, poster.acknowledged)
    await ledger.every_milestone_is_raised_once(database_url)
    rows = await ledger.projections_equal_a_rebuild(database_url)
    figures("rows equal to a rebuild from zero", rows)
