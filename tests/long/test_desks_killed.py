"""Desks post while the service is killed: what was answered is in the log, and once."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.support import ledger
from tests.support.figures import Figures, scaled
from tests.support.items import at
from tests.support.lives import encoded
from tests.support.service import Program, running, service, until

pytestmark = pytest.mark.long

KILLS, POSTERS, RATE = 50, 4, 200
MAPPED = 1_000
"""Deliveries that a mistake parks."""
SECRET = "a-secret"
CONFIG = """
sla_targets:
  GOLD:
    P1: {response: 30m, resolution: 2h}
    P2: {response: 30m, resolution: 4h}
sources:
  tracker: {desk: jira, secret_env: DESK_SECRET, priorities: {map: {Highest: P1, High: P2}}%s}
  issues:
    {desk: github, secret_env: DESK_SECRET, tiers: {default: gold}, priorities: {default: P2}}
"""
HOLDS = CONFIG % ", tiers: {default: gold}"
MISTAKEN = CONFIG % ""
STATUSES = ("Open", "Work in progress", "Waiting for customer", "Resolved", "Reopened")


def issue(name: str, number: int) -> dict[str, Any]:
    """The n-th update of an issue of Jira, a minute after the one before."""
    moment = at(number)
    fields: dict[str, Any] = {
        "created": at(0).strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "summary": "Checkout is down",
        "status": {"name": STATUSES[number % len(STATUSES)]},
        "priority": {"name": "High"},
        "labels": [],
    }
    return {
        "webhookEvent": "jira:issue_updated",
        "timestamp": int(moment.timestamp() * 1000),
        "issue": {"key": name, "fields": fields},
    }


def on_github(name: int, number: int) -> dict[str, Any]:
    """The n-th update of an issue of GitHub."""
    moment = at(number).isoformat().replace("+00:00", "Z")
    return {
        "action": "edited",
        "issue": {
            "number": name,
            "title": "Checkout is down",
            "state": "open" if number % 5 != 4 else "closed",
            "created_at": at(0).isoformat().replace("+00:00", "Z"),
            "updated_at": moment,
            "labels": [],
        },
        "repository": {"full_name": "acme/desk"},
    }


def signed(body: bytes, header: str, **headers: str) -> Mapping[str, str]:
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {header: f"sha256={signature}", **headers}


class Desk:
    """Posts deliveries one after another, each until it is answered, and remembers."""

    def __init__(self, program: Program, number: int) -> None:
        self._program, self._number = program, number
        self.answered: list[tuple[str, str]] = []
        """The ticket's source and name, once for each delivery that was answered."""
        self.refused = 0

    async def run(self, http: httpx.AsyncClient, stop: asyncio.Event, pause: float) -> None:
        number = 0
        while not stop.is_set():
            if await self._send(http, number):
                number += 1
            await asyncio.sleep(pause)

    async def _send(self, http: httpx.AsyncClient, number: int) -> bool:
        name, turn = f"DESK-{self._number}{number // 5:05}", number % 5
        if self._number % 2:
            path, body = "/connect/tracker", encoded(issue(name, turn))
            told = signed(body, "X-Hub-Signature")
            told = {**told, "X-Atlassian-Webhook-Identifier": f"{self._number}-{number}"}
            ticket = ("tracker", name)
        else:
            on = self._number * 100_000 + number // 5
            path, body = "/connect/issues", encoded(on_github(on, turn))
            told = {
                **signed(body, "X-Hub-Signature-256"),
                "X-GitHub-Delivery": f"{self._number}-{number}",
            }
            ticket = ("issues", f"acme/desk#{on}")
        try:
            answer = await http.post(f"{self._program.url}{path}", content=body, headers=told)
        except httpx.HTTPError:
            self.refused += 1
            return False
        if answer.status_code == 503:
            self.refused += 1
            return False
        assert answer.status_code == 200, answer.text
        assert (answer.json()["taken"], answer.json()["parked"]) == (1, 0), answer.text
        self.answered.append(ticket)
        return True


async def test_what_a_desk_was_answered_is_in_the_log_once(
    database_url: str, tmp_path: Path, figures: Figures
) -> None:
    program = service(tmp_path, HOLDS, database=database_url, DESK_SECRET=SECRET)
    desks = [Desk(program, number) for number in range(POSTERS)]
    stop = asyncio.Event()
    times = scaled(KILLS)
    with running(program):
        async with httpx.AsyncClient(timeout=30) as http:
            posting = [asyncio.create_task(one.run(http, stop, 0.005)) for one in desks]
            for _ in range(times):
                enough = sum(len(one.answered) for one in desks) + 20
                await asyncio.to_thread(until, partial(have_posted, desks, enough), "desks post")
                await asyncio.to_thread(program.kill)
                ledger.let_leases_lapse(database_url)
                await asyncio.to_thread(program.start)
            stop.set()
            await asyncio.gather(*posting)
            settled = partial(is_settled, database_url)
            await asyncio.to_thread(until, settled, "all is settled", within=180)
    answered = [ticket for one in desks for ticket in one.answered]
    observed = observations(database_url)
    figures("kills of the service", times)
    figures("deliveries that were answered", len(answered))
    figures("that were not, and sent again", sum(one.refused for one in desks))
    figures("observations in the log", sum(observed.values()))
    lost = [one for one in set(answered) if observed.get(one, 0) < answered.count(one)]
    figures("answered and lost", len(lost))
    doubled = [one for one, count in observed.items() if count > 5]
    figures("told twice", len(doubled))
    assert (lost, doubled, conflicts(database_url)) == ([], [], 0)
    await ledger.the_log_is_sound(database_url)


async def test_a_mistake_parks_what_comes_and_a_saved_file_reads_it(
    database_url: str, tmp_path: Path, figures: Figures
) -> None:
    program = service(tmp_path, MISTAKEN, database=database_url, DESK_SECRET=SECRET)
    count = scaled(MAPPED, least=10)
    with running(program):
        async with httpx.AsyncClient(timeout=60) as http:
            for number in range(count):
                body = encoded(issue(f"DESK-{number // 5:05}", number % 5))
                told = {
                    **signed(body, "X-Hub-Signature"),
                    "X-Atlassian-Webhook-Identifier": str(number),
                }
                answer = await http.post(
                    f"{program.url}/connect/tracker", content=body, headers=told
                )
                assert answer.json()["parked"] == 1
            (tmp_path / "sla_config.yaml").write_text(HOLDS)

            await asyncio.to_thread(until, partial(is_version, program, 2), "it is taken over")
            began = time.monotonic()
            replayed = await http.post(f"{program.url}/connect/parked/replay")
            figures("deliveries parked", count)
            figures("seconds to read them again", time.monotonic() - began)
    again = replayed.json()
    assert (again["tried"], again["parked"]) == (count, 0)
    observed = observations(database_url)
    assert sum(observed.values()) == count
    assert set(observed.values()) == {5}


async def test_desks_at_once_beside_the_plain_way(
    database_url: str, tmp_path: Path, figures: Figures
) -> None:
    """Deliveries of two desks, as many as the service takes, beside single items as they are."""
    program = service(tmp_path, HOLDS, database=database_url, DESK_SECRET=SECRET)
    seconds = float(scaled(20, least=2))
    with running(program):
        async with httpx.AsyncClient(timeout=30) as http:
            desks = [Desk(program, number) for number in range(16)]
            stop = asyncio.Event()
            posting = [asyncio.create_task(one.run(http, stop, 0)) for one in desks]
            await asyncio.sleep(seconds)
            stop.set()
            await asyncio.gather(*posting)
            by_desks = sum(len(one.answered) for one in desks) / seconds
            plainly = await plain(http, program, seconds)
    figures("deliveries a second", by_desks)
    figures("single items a second, as POST /tickets", plainly)
    figures("share", round(by_desks / plainly, 2))
    assert set(observations(database_url).values()) <= {1, 2, 3, 4, 5}


async def plain(http: httpx.AsyncClient, program: Program, seconds: float) -> float:
    count, stop = 0, asyncio.Event()

    async def post(poster: int) -> None:
        nonlocal count
        number = 0
        while not stop.is_set():
            item = {
                "external_id": f"plain-{poster}-{number // 5}",
                "updated_at": at(number % 5).isoformat(),
                "status": "open" if number % 5 != 4 else "closed",
                "priority": "P2",
                "customer_tier": "gold",
                "title": "Checkout is down",
            }
            answer = await http.post(f"{program.url}/tickets", json={"tickets": [item]})
            assert answer.status_code == 200
            count, number = count + 1, number + 1

    posting = [asyncio.create_task(post(number)) for number in range(16)]
    await asyncio.sleep(seconds)
    stop.set()
    await asyncio.gather(*posting)
    return count / seconds


def have_posted(desks: Sequence[Desk], count: int) -> bool:
    return sum(len(one.answered) for one in desks) > count


def is_version(program: Program, number: int) -> bool:
    return httpx.get(f"{program.url}/health").json()["config"]["version"] == number


def is_settled(database_url: str) -> bool:
    with psycopg.connect(database_url) as conn:
        return conn.execute("select from deliveries where state = 'read'").fetchone() is None


def conflicts(database_url: str) -> int:
    with psycopg.connect(database_url) as conn:
        topic = "ticket.conflicted.v1"
        found = conn.execute("select count(*) from events where topic = %s", (topic,)).fetchone()
        return 0 if found is None else found[0]


def observations(database_url: str) -> dict[tuple[str, str], int]:
    """How many are in the log, by source and name."""
    with psycopg.connect(database_url) as conn:
        rows = conn.execute(
            "select h.source, h.external_id, count(*) from events e join heads h"
            " on h.ticket_id = e.originator_id where e.topic in"
            " ('ticket.opened.v1', 'ticket.observed.v1') and h.source <> '' group by 1, 2"
        ).fetchall()
    return {(source, name): count for source, name, count in rows if source != "default"}
