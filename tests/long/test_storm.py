"""Thousands of breaches at once, to many teams, a third of whose channels are in trouble."""

import asyncio
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from psycopg import AsyncConnection

from ops.wiring import now
from tests.support.clients import client_of, item
from tests.support.figures import Figures, scaled
from tests.support.service import running, service
from tests.support.storm import WELL, Storm, storm

pytestmark = pytest.mark.long

ROUTES = 40
BREACHES = scaled(5_000, least=200)
BATCH = 500
DEAD_AFTER = 5
PATIENCE = 600.0
"""Seconds, on any machine."""


def config() -> str:
    teams = range(ROUTES)
    return "\n".join(
        [
            "sla_targets: {ENTERPRISE: {P0: {resolution_minutes: 1}}}",
            "notifications:",
            "  fallback: [fallback]",
            f"  dead_after: {DEAD_AFTER}s",
            "  routes:",
            *(f"    - {{match: {{team: t{team}}}, to: [c{team}]}}" for team in teams),
            "    - {match: {}, to: [fallback]}",
            "  channels:",
            *(f"    c{team}: {{type: webhook, url_env: URL_{team}}}" for team in teams),
            "    fallback: {type: webhook, url_env: URL_FALLBACK}",
        ]
    )


async def test_each_breach_arrives_where_it_can_and_whoever_is_dead_is_told_of_once(
    database_url: str, tmp_path: Path, figures: Figures
) -> None:
    async with storm() as sky:
        urls = {f"URL_{team}": f"{sky.url}/to/{team}" for team in range(ROUTES)}
        program = service(
            tmp_path / "service",
            config(),
            database=database_url,
            URL_FALLBACK=f"{sky.url}/fallback",
            **urls,
        )
        with running(program):
            async with client_of(program) as client:
                began = time.monotonic()
                opened = now() - timedelta(minutes=2)
                for first in range(0, BREACHES, BATCH):
                    numbers = range(first, min(first + BATCH, BREACHES))
                    await client.post(
                        *(item(f"T-{n}", team=f"t{n % ROUTES}", updated_at=opened) for n in numbers)
                    )
                figures("seconds until all were accepted", time.monotonic() - began)
                await _until(sky, database_url, figures, began)
                health = await client.get("/health")  # by now the database has time
    _said(sky, figures, health)


async def _until(sky: Storm, database_url: str, figures: Figures, began: float) -> None:
    """All that can arrive has, and all else is dead: by the database, as `/health` gives up after
    two seconds on a machine that is busy."""
    due = Counter(number % ROUTES for number in range(BREACHES))
    refusing = {f"c{team}" for team in due if sky.behaves(team) == "refuses"}
    lost = sum(count for team, count in due.items() if sky.behaves(team) == "refuses")
    waiting = {sky.behaves(team) for team in due} - {"refuses"}
    states = Counter[str]()
    give_up = time.monotonic() + PATIENCE
    async with await AsyncConnection.connect(database_url, autocommit=True) as conn:
        while waiting or states["dead"] < lost or sky.dead() < refusing:
            assert time.monotonic() < give_up, f"still waiting: {waiting}, {states}"
            await asyncio.sleep(0.2)
            for behaves in sorted(waiting):
                mine = [team for team in due if sky.behaves(team) == behaves]
                if all(sky.took(team) == due[team] for team in mine):
                    waiting.discard(behaves)
                    seconds = time.monotonic() - began
                    figures(f"seconds until all arrived where it {behaves}", seconds)
            found = await conn.execute("SELECT state, count(*) FROM outbox GROUP BY state")
            states = Counter[str](dict(await found.fetchall()))
    figures("seconds until nothing was left to be sent", time.monotonic() - began)


def _said(sky: Storm, figures: Figures, health: dict[str, Any]) -> None:
    teams = range(min(ROUTES, BREACHES))
    for behaves in sorted({sky.behaves(team) for team in teams}):
        mine = [team for team in teams if sky.behaves(team) == behaves]
        taken = [count for team in mine for count in sky.taken.get(team, Counter()).values()]
        asked = sum(sky.asked[team] for team in mine)
        figures(
            f"where it {behaves}: channels, notices taken, twice, requests",
            f"{len(mine)}, {len(taken):,}, {sum(count > 1 for count in taken):,}, {asked:,}",
        )
        if behaves == WELL:  # one breach is one message, whatever is the matter elsewhere
            assert asked == len(taken)
    refusing = {f"c{team}" for team in teams if sky.behaves(team) == "refuses"}
    assert Counter(one["external_id"] for one in sky.said_of_channels) == Counter(refusing)
    assert {one["name"] for one in health["outbox"]["dead_channels"]} == refusing
