"""Thousands of breaches within ten seconds, to teams of whose channels most are in trouble."""

import asyncio
import time
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, LiteralString

import pytest
from psycopg import AsyncConnection

from ops.wiring import now
from tests.support import ledger
from tests.support.clients import client_of, item
from tests.support.figures import Figures, scaled
from tests.support.service import Program, running, service
from tests.support.storm import HUNG, WELL, Storm, storm

pytestmark = pytest.mark.long

ROUTES = 40
BREACHES = scaled(5_000, least=200)
BATCH = 500
WITHIN = timedelta(seconds=10)
AHEAD = timedelta(seconds=14)
"""From the beginning to the first breach: until then the tickets are posted."""
TOLD_THRICE = 11
"""Of every so many tickets one is told of from its warning on, and so three times."""
DEAD_AFTER = 30
"""Seconds: longer than a request that hangs, and its next attempt, take."""
PATIENCE = 600.0
"""Seconds, on any machine."""
TELLING = ("warning", "critical", "breached")


def config() -> str:
    teams = range(ROUTES)
    return "\n".join(
        [
            "sla_targets: {ENTERPRISE: {P0: {resolution_minutes: 1}, P1: {resolution_minutes: 1}}}",
            "notifications:",
            "  fallback: [fallback]",
            f"  dead_after: {DEAD_AFTER}s",
            "  routes:",
            *(
                f"    - {{match: {{team: t{team}, {what}}}, to: [c{team}]}}"
                for team in teams
                for what in ("severity: breached", "priority: P1")
            ),
            "    - {match: {team: nobody}, to: [fallback]}",
            "  channels:",
            *(f"    c{team}: {{type: webhook, url_env: URL_{team}}}" for team in teams),
            "    fallback: {type: webhook, url_env: URL_FALLBACK}",
        ]
    )


def is_told_thrice(number: int) -> bool:
    return number % TOLD_THRICE == 0


COMPLAINTS = {"a delivery is given up", "a channel is dead"}
TOLD: LiteralString = """
SELECT count(DISTINCT ticket_id) FROM outbox
WHERE channel <> 'fallback' AND body->'alerts' @> '[{"type": "alert", "severity": "breached"}]'
"""


async def due(database_url: str) -> dict[int, set[str]]:
    """What was to be sent, by team: keys."""
    of_team: dict[int, set[str]] = {team: set() for team in range(min(ROUTES, BREACHES))}
    for row in await ledger.rows(database_url, "outbox", ("channel", "dedup_key")):
        if row["channel"] != "fallback":
            of_team[int(row["channel"].removeprefix("c"))].add(row["dedup_key"])
    return of_team


def ticket(number: int, began: datetime) -> dict[str, Any]:
    """Those of each team are breached all over the ten seconds."""
    breached_at = began + AHEAD + WITHIN * (number * 7 % BREACHES) / BREACHES
    return item(
        f"T-{number}",
        team=f"t{number % ROUTES}",
        priority="P1" if is_told_thrice(number) else "P0",
        updated_at=breached_at - timedelta(minutes=1),
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
                began, at = time.monotonic(), now()
                for first in range(0, BREACHES, BATCH):
                    numbers = range(first, min(first + BATCH, BREACHES))
                    await client.post(*(ticket(number, at) for number in numbers))
                figures("seconds until all were accepted", time.monotonic() - began)
                over = began + (AHEAD + WITHIN).total_seconds()
                await _until(sky, database_url, figures, over)
                health = await client.get("/health")  # by now the database has time
        of_team = await due(database_url)
        figures("tickets, notices", f"{BREACHES:,}, {sum(map(len, of_team.values())):,}")
        _said(sky, of_team, figures, over)
        _is_in_order(sky, figures)
        _is_told_of(sky, health)
        await _nothing_is_amiss(database_url, program, figures)


async def _until(sky: Storm, database_url: str, figures: Figures, over: float) -> None:
    """All that can arrive has, and all else is dead: by the database, as `/health` gives up after
    two seconds on a machine that is busy."""
    refusing = {f"c{team}" for team in range(ROUTES) if sky.behaves(team) == "refuses"}
    raised = False
    states = Counter[str]()
    give_up = time.monotonic() + PATIENCE
    async with await AsyncConnection.connect(database_url, autocommit=True) as conn:
        while not (raised and states.keys() <= {"sent", "dead"} and refusing <= sky.dead()):
            assert time.monotonic() < give_up, f"still waiting: {states}, {sky.dead()}"
            await asyncio.sleep(0.2)
            found = await conn.execute("SELECT state, count(*) FROM outbox GROUP BY state")
            states = Counter[str](dict(await found.fetchall()))
            if not raised:
                ((breached,),) = await (await conn.execute(TOLD)).fetchall()
                if raised := breached == BREACHES:
                    figures("seconds until all were raised", time.monotonic() - over)
    figures("seconds until nothing was left to be sent", time.monotonic() - over)


def _said(sky: Storm, of_team: dict[int, set[str]], figures: Figures, over: float) -> None:
    for behaves in sorted({sky.behaves(team) for team in of_team}):
        mine = [team for team in of_team if sky.behaves(team) == behaves]
        taken = [count for team in mine for count in sky.taken.get(team, Counter()).values()]
        asked = sum(sky.asked[team] for team in mine)
        figures(
            f"where it {behaves}: channels, notices taken, twice, requests",
            f"{len(mine)}, {len(taken):,}, {sum(count > 1 for count in taken):,}, {asked:,}",
        )
        if behaves != "refuses":
            for team in mine:  # nothing is lost
                assert sky.taken[team].keys() == of_team[team]
            drained = sorted(sky.last_at[team] - over for team in mine)
            figures(
                f"where it {behaves}: seconds until the first, the last channel had all",
                f"{drained[0]:.1f}, {drained[-1]:.1f}",
            )
        # One notice is one message, whatever is the matter elsewhere; but where the answer never
        # came it comes again, by its key.
        again = sum(taken) - len(taken)
        assert again <= (len(mine) * HUNG if behaves == "hangs" else 0)
        if behaves == WELL:
            assert asked == sum(taken)


def _is_in_order(sky: Storm, figures: Figures) -> None:
    """Of one ticket at one channel: also where one of them had to be tried again."""
    several = sum(
        len({one["dedup_key"] for one in bodies}) > 1 for bodies in sky.of_ticket.values()
    )
    figures("tickets with several notices", several)
    assert several
    for (_, external_id), bodies in sky.of_ticket.items():
        assert all(one["position"] <= other["position"] for one, other in pairwise(bodies))
        told = list(dict.fromkeys(body["severity"] for body in bodies))
        thrice = is_told_thrice(int(external_id.removeprefix("T-")))
        # What a late tick raises together is told as the worst of it.
        of_it = [one for one in TELLING if one in told] if thrice else []
        assert told == of_it or told == [TELLING[-1]], f"{external_id}: {told}"
        assert told[-1] == TELLING[-1]


def _is_told_of(sky: Storm, health: dict[str, Any]) -> None:
    teams = range(min(ROUTES, BREACHES))
    refusing = {f"c{team}" for team in teams if sky.behaves(team) == "refuses"}
    told = Counter((one["external_id"], one["type"]) for one in sky.said_of_channels)
    assert told == Counter((name, "channel_dead") for name in refusing)
    assert {one["name"] for one in health["outbox"]["dead_channels"]} == refusing


async def _nothing_is_amiss(database_url: str, program: Program, figures: Figures) -> None:
    await ledger.every_milestone_is_raised_once(database_url)
    said = Counter(line["message"] for line in program.complaints())
    figures("complaints", dict(said))
    assert said.keys() <= COMPLAINTS, said
