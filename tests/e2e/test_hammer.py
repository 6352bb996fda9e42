"""Several processes of each role on one database, overlapping in everything, do it all once."""

import asyncio
import random
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

from ops.wiring import now
from tests.support import ledger
from tests.support.clients import Poster, Reader, busy, client_of, item, listening
from tests.support.receiver import receiving
from tests.support.service import running, service

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
STATUSES = ("open", "in_progress", "pending", "open", "in_progress", "resolved")
WORKERS, APIS = 3, 2
TICKETS, SIZE = 40, 25
SECONDS = 3


class Script:
    """One sequence of batches that every client posts, each in an order of its own."""

    def __init__(self) -> None:
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
        places = self._random.sample(range(TICKETS), SIZE)
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


async def test_many_processes_on_one_database_do_everything_once(
    database_url: str, tmp_path: Path
) -> None:
    async with receiving() as receiver, AsyncExitStack() as stack:
        programs = [
            service(
                tmp_path / f"{role}{n}",
                CONFIG,
                database=database_url,
                role=role,
                OPS_URL=receiver.url,
            )
            for role, count in (("worker", WORKERS), ("api", APIS))
            for n in range(count)
        ]
        apis = programs[WORKERS:]
        with running(*programs):
            clients = [await stack.enter_async_context(client_of(api)) for api in apis]
            listeners = [await stack.enter_async_context(listening(api)) for api in apis]
            refused = await clients[0].http.post(f"{programs[0].url}/tickets", json={})
            assert refused.status_code == 404  # a worker takes no requests, and says so
            script = Script()
            posters = [
                Poster(client, script.batches(seed), pause=0)
                for seed, client in enumerate([*clients, *clients])
            ]
            readers = [
                Reader(client, ("/dashboard", "/alerts", "/tickets/hammered%201/sla"))
                for client in clients
            ]
            async with busy(*posters, *readers):
                await asyncio.sleep(SECONDS)
            await ledger.settled(database_url)
            for client, listener in zip(clients, listeners, strict=True):
                await listener.has_seen_all(client)
        for program in programs:
            assert program.complaints() == []
    assert all(poster.refusals == {} for poster in posters)
    assert all(reader.answers.keys() <= {200, 404} for reader in readers)
    assert await ledger.deadlocks(database_url) == 0
    await ledger.the_log_is_sound(database_url)
    raised = await ledger.every_milestone_is_raised_once(database_url)
    assert raised["ticket.alert_raised.v1"] > 50
    for poster in posters:
        await ledger.nothing_acknowledged_is_lost(database_url, poster.acknowledged)
    await ledger.the_outbox_holds_what_was_to_be_sent(database_url)
    assert set(receiver.keys.values()) == {1}
    assert await ledger.projections_equal_a_rebuild(database_url) > 100
