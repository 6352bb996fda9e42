"""Six desks tell the lives of their tickets at once, 200 deliveries a second: every clock is right.

Beside them, at the same rate and then as fast as it goes, single items by `POST /tickets`.
"""

import asyncio
import itertools
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

import httpx
import psycopg
import pytest
import yaml

from ops.bench.accounting import postmaster, processor_seconds, server_seconds
from tests.long.test_desks_killed import is_settled
from tests.support.desks import OURS, SECRET, signed
from tests.support.figures import Figures, scaled
from tests.support.items import at
from tests.support.lives import LIVES, STEPS, encoded
from tests.support.service import Program, running, service, until

pytestmark = pytest.mark.long

RATE, SECONDS, POSTERS = 200, 30, 24
TARGETS = """
sla_targets:
  GOLD:
    P1: {response: 30m, resolution: 2h, escalation: {}}
    P2: {response: 30m, resolution: 4h, escalation: {}}
"""
RESPONSE, RESOLUTION = 10 * 60, (120 - 30 - 20) * 60
"""Seconds; by hand, from the life that `lives` tells."""
BY_STATUS = {"servicenow": 5 * 60}
"""It is in progress as soon as somebody has it, which answers as well."""


@dataclass(frozen=True, slots=True)
class Request:
    path: str
    body: bytes
    headers: dict[str, str]


@dataclass(slots=True)
class Sent:
    """What came of many requests."""

    seconds: float
    took: list[float] = field(default_factory=list[float])

    @property
    def rate(self) -> float:
        return len(self.took) / self.seconds

    def within(self, share: float) -> float:
        """Milliseconds, of that share of them."""
        return sorted(self.took)[int(share * (len(self.took) - 1))] * 1000


def named(desk: str, number: int) -> tuple[str, Callable[[bytes], bytes]]:
    """Another ticket of that desk: its name, and the life of the one in `lives` told of it."""
    name, _ = LIVES[desk]
    match desk:
        case "jira":
            other = f"HELP-{100 + number}"
            return other, lambda body: body.replace(b"HELP-7", other.encode()).replace(
                b'"10040"', b'"%d"' % (1_000_000 + number)
            )
        case "github":
            other = 100 + number
            return f"acme/desk#{other}", lambda body: body.replace(
                b'"number": 7', b'"number": %d' % other
            )
        case "servicenow":
            other = f"INC{1_000_000 + number}"
        case _:
            other = str(9_000_000 + number)
    return other, lambda body: body.replace(f'"{name}"'.encode(), f'"{other}"'.encode())


def life(desk: str, number: int) -> Sequence[Request]:
    """The deliveries of one ticket, in the order in which they are sent."""
    _, of_this = named(desk, number)
    told: list[Request] = []
    for turn, (headers, said) in enumerate(LIVES[desk][1]()):
        body = of_this(encoded(said)).replace(
            b"00000000-0000-0000-0000-00000000000",
            b"00000000-0000-0000-%04d-%011d" % (turn, number),
        )
        own = {name: f"{value}-{number}" for name, value in headers.items()}
        told.append(Request(f"/connect/{desk}", body, own))
    if desk != "freshdesk":  # which tells no time: the order of arrival is all that is known
        Random(number).shuffle(told)
    return told


def items(number: int) -> Sequence[Request]:
    """As many single items of one ticket."""
    return [
        Request(
            "/tickets",
            json.dumps({"tickets": [item(number, turn)]}).encode(),
            {"content-type": "application/json"},
        )
        for turn in range(len(STEPS))
    ]


def item(number: int, turn: int) -> dict[str, str]:
    return {
        "external_id": f"plain-{number}",
        "updated_at": at(turn).isoformat(),
        "status": "open" if turn % 5 != 4 else "closed",
        "priority": "P2",
        "customer_tier": "gold",
        "title": "Checkout is down",
    }


async def send(
    program: Program,
    lives: Iterator[Sequence[Request]],
    moment: datetime,
    *,
    seconds: float,
    rate: float | None,
) -> Sent:
    """From that moment on. Each poster tells one life after another, a delivery once the one before
    was answered; all together as many a second as `rate`, or as fast as it goes."""
    sent, began = Sent(seconds), time.monotonic()
    turns = itertools.count()

    async def post(http: httpx.AsyncClient) -> None:
        while time.monotonic() - began < seconds:
            for request in next(lives):
                if rate is not None:
                    due = began + next(turns) / rate
                    await asyncio.sleep(max(0.0, due - time.monotonic()))
                headers = request.headers
                if request.path.startswith("/connect/"):
                    desk = request.path.removeprefix("/connect/")
                    now = (moment + timedelta(seconds=time.monotonic() - began)).isoformat()
                    headers = {**headers, **signed(desk, request.body, now)}
                asked = time.monotonic()
                answer = await http.post(
                    f"{program.url}{request.path}", content=request.body, headers=headers
                )
                sent.took.append(time.monotonic() - asked)
                assert answer.status_code == 200, answer.text
                if request.path != "/tickets":
                    assert answer.json()["parked"] == 0, answer.text

    async with httpx.AsyncClient(timeout=30) as http:
        await asyncio.gather(*(post(http) for _ in range(POSTERS)))
    sent.seconds = time.monotonic() - began
    return sent


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of a processor, of the service and of its PostgreSQL, and when it was."""

    at: datetime
    service: float
    database: float

    @classmethod
    async def by(cls, program: Program, database_url: str) -> "Spent":
        async with await psycopg.AsyncConnection.connect(database_url) as conn:
            server = await postmaster(conn)
            told = await (await conn.execute("SELECT now()")).fetchone()
        assert server is not None
        assert told is not None
        return cls(told[0], processor_seconds(program.pid) or 0.0, server_seconds(server) or 0.0)


async def test_six_desks_at_once_and_every_clock_is_right(
    database_url: str, tmp_path: Path, figures: Figures
) -> None:
    sources = {desk: dict(options) for desk, options in OURS.items()}
    config = TARGETS + yaml.safe_dump({"sources": json.loads(json.dumps(sources))})
    program = service(tmp_path, config, database=database_url, SECRET=SECRET)
    seconds = float(scaled(SECONDS, least=2))
    numbers = itertools.count()
    desks = (life(desk, number) for number in numbers for desk in LIVES)
    singles = (items(number) for number in numbers)
    rates: dict[str, float] = {}
    with running(program):
        for rate in (RATE, None):
            for name, lives in (("deliveries", desks), ("single items", singles)):
                before = await Spent.by(program, database_url)
                sent = await send(program, lives, before.at, seconds=seconds, rate=rate)
                await asyncio.to_thread(until, partial(is_settled, database_url), "all is read")
                spent = await Spent.by(program, database_url)
                count = len(sent.took)
                what = f"{name}, {f'{rate} a second asked' if rate else 'as fast as it goes'}"
                figures(what, count)
                figures("  a second", sent.rate)
                figures(
                    "  ms until answered, p50 and p99",
                    f"{sent.within(0.5):.1f} {sent.within(0.99):.1f}",
                )
                figures(
                    "  processor us each, service", (spent.service - before.service) / count * 1e6
                )
                figures("  and PostgreSQL", (spent.database - before.database) / count * 1e6)
                rates[name] = sent.rate
    figures(
        "share of POST /tickets, as fast as it goes",
        round(rates["deliveries"] / rates["single items"], 2),
    )
    told, wrong = clocks(database_url)
    figures("tickets told by desks", sum(told.values()))
    figures("whose clocks are not those of the table", len(wrong))
    assert set(told) == set(LIVES)
    assert wrong == []


def clocks(database_url: str) -> tuple[Counter[str], list[str]]:
    """How many tickets each desk told, and those whose clocks are not as they should be."""
    with psycopg.connect(database_url) as conn:
        rows = conn.execute(
            "SELECT source, external_id, observations, jsonb_object_agg(clock, ARRAY[c.state,"
            " round(elapsed_seconds)::text]) FROM tickets JOIN ticket_clocks c USING (ticket_id)"
            " WHERE source = ANY (%s) GROUP BY 1, 2, 3",
            (list(LIVES),),
        ).fetchall()
    told, wrong = Counter[str](), list[str]()
    for source, name, observations, found in rows:
        told[source] += 1
        right = {
            "response": ["met", str(BY_STATUS.get(source, RESPONSE))],
            "resolution": ["met", str(RESOLUTION)],
        }
        if source == "freshdesk":  # its clocks are those of the arrival
            right = {name: ["met", seconds] for name, (_, seconds) in found.items()}
        if found != right:
            wrong.append(f"{source} {name}: {observations} observations, {found}")
    return told, wrong
