"""Several processes of each role on one database, overlapping in everything."""

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from ops.wiring import now
from tests.support import ledger
from tests.support.clients import Poster, Reader, busy, client_of, item, listening
from tests.support.receiver import receiving
from tests.support.service import Program, running, service

CONFIG = """
sla_targets:
  ENTERPRISE:
    P0: {response: 1s, resolution: 2s, escalation: {LEVEL_1: 25%, LEVEL_2: 75%}}
    P1: {resolution: 3s, next_response: 1s}
    P2: {resolution: 1s, update: 2s}
alert_thresholds: {warning: 50, critical: 25}
notifications:
  channels:
    ops: {type: webhook, url_env: OPS_URL}
"""
LONGEST = timedelta(seconds=10)
"""After the last update there is nothing left to happen: what a service is told while it stops
might reach the receiver, which stands still then, twice."""
STATUSES = ("open", "in_progress", "pending", "open", "in_progress", "resolved")
PATIENCE = 900.0
"""Seconds: what many processes have raised is delivered at a channel's pace."""


@dataclass(frozen=True)
class Size:
    """Of what is done."""

    workers: int
    apis: int
    tickets: int
    batch: int
    """Items; the more of the tickets, the more the batches overlap."""
    batches: int
    """That every poster gets through at least; there are two posters an API."""
    seconds: float = 0
    """That they work at least."""
    killed: int = 0
    """Of each role, one after another, while all work."""


@dataclass(frozen=True)
class Outcome:
    """What was counted when all was over."""

    acknowledged: int
    lost: int
    events: int
    milestones: int
    raised_twice: int
    rows: int
    """Of the projections, equal to a rebuild."""
    deadlocks: int
    longest: float
    """Seconds that the slowest answer to a poster took."""
    refusals: int
    """Requests that a kill cut off, sent again until they were taken."""


class Script:
    """One sequence of batches that every client posts, each in an order of its own."""

    def __init__(self, tickets: int, size: int) -> None:
        """`size` of the tickets make a batch."""
        self._tickets, self._size = tickets, size
        self._random = random.Random(20260105)
        self._batches: list[list[dict[str, Any]]] = []

    def batches(self, seed: int) -> Callable[[int], list[dict[str, Any]]]:
        shuffle = random.Random(seed).shuffle

        def batch(number: int) -> list[dict[str, Any]]:
            while len(self._batches) <= number:
                self._batches.append(self._new(len(self._batches)))
            items = list(self._batches[number])
            shuffle(items)
            return items

        return batch

    def _new(self, number: int) -> list[dict[str, Any]]:
        at = now()
        places = self._random.sample(range(self._tickets), self._size)
        return [
            item(
                f"hammered {place}",
                STATUSES[(number + place) % len(STATUSES)],
                priority=f"P{place % 3}",
                updated_at=at - timedelta(milliseconds=self._random.randrange(500)),
                revision=number,
                last_customer_reply_at=at if place % 3 == 1 and number % 4 == 0 else None,
                last_agent_reply_at=at if place % 3 and number % 4 == 2 else None,
            )
            for place in places
        ]


async def kill_and_start_again(victims: Sequence[Program], posters: Sequence[Poster]) -> None:
    """After each kill all posters get through again before the next one follows."""
    for victim in victims:
        await asyncio.to_thread(victim.kill)
        await asyncio.to_thread(victim.start)
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(poster.gets_through() for poster in posters))


async def until_all_have_posted(posters: Sequence[Poster], items: int) -> None:
    for poster in posters:
        while len(poster.acknowledged) < items:
            await poster.gets_through()


async def hammered(
    database_url: str, tmp_path: Path, size: Size, *, address: str | None = None
) -> Outcome:
    """Everything is done once; `address` is where the programs find the database, if elsewhere."""
    async with receiving() as receiver, AsyncExitStack() as stack:
        programs = [
            service(
                tmp_path / f"{role}{n}",
                CONFIG,
                database=address or database_url,
                role=role,
                OPS_URL=receiver.url,
            )
            for role, count in (("worker", size.workers), ("api", size.apis))
            for n in range(count)
        ]
        workers, apis = programs[: size.workers], programs[size.workers :]
        victims = [
            victim
            for pair in zip(workers[: size.killed], apis[: size.killed], strict=True)
            for victim in pair
        ]
        with running(*programs):
            clients = [await stack.enter_async_context(client_of(api)) for api in apis]
            listeners = [await stack.enter_async_context(listening(api)) for api in apis]
            refused = await clients[0].http.post(f"{workers[0].url}/tickets", json={})
            assert refused.status_code == 404  # a worker takes no requests, and says so
            script = Script(size.tickets, size.batch)
            posters = [
                Poster(client, script.batches(seed), pause=0)
                for seed, client in enumerate([*clients, *clients])
            ]
            readers = [
                Reader(client, ("/dashboard", "/alerts", "/tickets/hammered%201/sla"))
                for client in clients[size.killed :]
            ]
            async with busy(*posters, *readers):
                await asyncio.sleep(size.seconds)
                await until_all_have_posted(posters, size.batch * size.batches // 2)
                await kill_and_start_again(victims, posters)
                await until_all_have_posted(posters, size.batch * size.batches)
            await ledger.settled(database_url, patience=PATIENCE, ahead=LONGEST)
            for client, listener in zip(clients, listeners, strict=True):
                await listener.has_seen_all(client)
        for program in programs:
            assert program.complaints() == []
    if not victims:
        assert all(poster.refusals == {} for poster in posters)
        assert set(receiver.keys.values()) == {1}
    assert all(reader.answers.keys() <= {200, 404} for reader in readers)
    assert await ledger.deadlocks(database_url) == 0
    await ledger.the_log_is_sound(database_url)
    raised = await ledger.every_milestone_is_raised_once(database_url)
    assert raised["ticket.alert_raised.v1"] > 50
    acknowledged = [each for poster in posters for each in poster.acknowledged]
    await ledger.nothing_acknowledged_is_lost(database_url, acknowledged)
    await ledger.the_outbox_holds_what_was_to_be_sent(database_url)
    rows = await ledger.projections_equal_a_rebuild(database_url)
    assert rows > 100
    milestones = await ledger.milestones(database_url)
    return Outcome(
        acknowledged=len(acknowledged),
        lost=len(await ledger.lost(database_url, acknowledged)),
        events=ledger.position(database_url),
        milestones=milestones.total(),
        raised_twice=sum(times > 1 for times in milestones.values()),
        rows=rows,
        deadlocks=await ledger.deadlocks(database_url),
        longest=max(poster.longest for poster in posters),
        refusals=sum(poster.refusals.total() for poster in posters),
    )
