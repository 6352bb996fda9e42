"""On a PostgreSQL of three that are killed, cut off and switched over under load, nothing is lost
and nobody is told twice.

The load is 200 updates a second, the cluster what `ops/deploy/patroni` makes. Those who are cut off
together with the old primary write to it meanwhile: what it acknowledges counts as well.
"""

import asyncio
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import psycopg
import pytest

from ops.wiring import now
from tests.support import kills, ledger, patroni
from tests.support.clients import Client, Json, Poster, busy, client_of, item, listening
from tests.support.figures import Figures, scaled
from tests.support.patroni import PASSWORD, Cluster, Node
from tests.support.receiver import Receiver, receiving
from tests.support.service import running, service

pytestmark = pytest.mark.long


class Kind(StrEnum):
    """What is done to the primary."""

    KILLED = "killed"
    CUT_OFF = "cut off"
    SWITCHED = "switched over"


TIMES = {Kind.KILLED: scaled(10), Kind.CUT_OFF: scaled(5), Kind.SWITCHED: scaled(5)}
POSTERS, SIZE, EVERY = 10, 10, 0.5
"""Items a batch, and seconds between two of a poster: 200 updates a second together."""
GROUPS = 3
EPOCH = 60
"""Batches after which all tickets are new ones: some of each epoch stay open and become late."""
ALONE = """
n=0
while :; do
    n=$((n + 1))
    echo "insert into alone values ('{name}', $n)" | psql -qX -v ON_ERROR_STOP=1 \\
        "host={address} user=postgres password={password} dbname={database} connect_timeout=2" \\
        && echo "acknowledged $n"
    sleep 0.05
done
"""


@dataclass(frozen=True)
class Seconds:
    """After a strike, until ..."""

    kind: Kind
    led: float
    """another member leads,"""
    written: float
    """every client's updates are acknowledged again,"""
    projected: float
    """the read tables have them,"""
    told: float
    """and a new alert has reached its receiver: everything goes on."""


def life(name: str) -> Callable[[int], list[dict[str, Any]]]:
    """Batches of updates; the first ticket of each group stays open."""

    def batch(number: int) -> list[dict[str, Any]]:
        at, status = now(), kills.STATUSES[number // GROUPS % len(kills.STATUSES)]
        return [
            item(
                f"{name} {number // EPOCH} {number % GROUPS} {place}",
                "open" if place == 0 else status,
                priority=f"P{place % 3}",
                updated_at=at + timedelta(milliseconds=place),
            )
            for place in range(SIZE)
        ]

    return batch


class Paced(Poster):
    """A batch each half second, however long the answer takes; later where that is longer."""

    async def run(self, stop: asyncio.Event) -> None:
        number, due = 0, time.monotonic()
        batch: Sequence[Json] = ()
        while batch or not stop.is_set():
            batch = batch or self.batches(number)
            if await self._post(batch):
                batch, number = (), number + 1
            due = max(due + EVERY, time.monotonic())
            await asyncio.sleep(due - time.monotonic())


class Striking:
    """What is done to the cluster, and how long it takes until everything goes on."""

    def __init__(
        self,
        cluster: Cluster,
        database: str,
        client: Client,
        posters: Sequence[Poster],
        receiver: Receiver,
    ) -> None:
        self._cluster, self._database, self._client = cluster, database, client
        self._posters, self._receiver = posters, receiver
        self.took: list[Seconds] = []
        self.rates: list[float] = []
        """Updates acknowledged a second, between the strikes."""
        self.alone = 0
        """Updates that an old primary has acknowledged to those who were cut off with it."""

    async def go_on(self) -> None:
        """For a while, in which nothing is done to the cluster."""
        before, began = self._acknowledged(), time.monotonic()
        await asyncio.sleep(5)
        self.rates.append((self._acknowledged() - before) / (time.monotonic() - began))

    def _acknowledged(self) -> int:
        return sum(len(one.acknowledged) for one in self._posters)

    async def strike(self, kind: Kind) -> None:
        await asyncio.to_thread(patroni.until, self._cluster.is_whole, "the cluster is whole")
        old = await asyncio.to_thread(self._cluster.led)
        name = f"{kind} {len(self.took)}"
        beside = None
        if kind is Kind.CUT_OFF:
            beside = self._write_beside(old, name)
            await asyncio.sleep(2)
        began = time.monotonic()
        match kind:
            case Kind.KILLED:
                await asyncio.to_thread(old.kill)
            case Kind.CUT_OFF:
                await asyncio.to_thread(old.cut_off)
            case Kind.SWITCHED:
                await asyncio.to_thread(self._cluster.switch_over)
        await asyncio.to_thread(self._another_leads, old)
        led = time.monotonic() - began
        async with asyncio.timeout(120):
            await asyncio.gather(*(poster.gets_through() for poster in self._posters))
            written = time.monotonic() - began
            await self._projected()
            projected = time.monotonic() - began
            await self._told()
        self.took.append(Seconds(kind, led, written, projected, time.monotonic() - began))
        if beside is not None:
            await asyncio.sleep(5)  # what it still acknowledges, by its ttl or later, is wrong
            beside.kill()
            beside.wait()
            await asyncio.to_thread(old.join_again)
            self.alone += await asyncio.to_thread(self._nothing_of_it_is_lost, old, name)
        if kind is Kind.KILLED:
            old.start_patroni()

    def _another_leads(self, old: Node) -> None:
        patroni.until(
            lambda: (leader := self._cluster.leader()) is not None and leader is not old,
            "another member leads",
        )

    async def _projected(self) -> None:
        position: int | None = None
        while True:
            try:
                if position is None:
                    position = await asyncio.to_thread(ledger.position, self._database)
                answer = await self._client.http.get(
                    f"{self._client.program.url}/dashboard",
                    params={"wait_for": position, "size": 1},
                )
            except (httpx.HTTPError, psycopg.OperationalError):  # it took too long, or was cut off
                continue
            if answer.status_code == 200:
                return
            assert answer.status_code in (503, 504), answer.text
            await asyncio.sleep(0.1)

    async def _told(self) -> None:
        before = len(self._receiver.keys)

        async def another_key() -> bool:
            return len(self._receiver.keys) > before

        await self._client.until(another_key, "a new alert is told")

    def _write_beside(self, node: Node, name: str) -> "subprocess.Popen[bytes]":
        """Somebody on the same side of the cut."""
        log = node.folder / "sh.log"
        log.unlink(missing_ok=True)
        parts = {"address": node.address, "password": PASSWORD, "name": name}
        return node.run("sh", "-c", ALONE.format(**parts, database="sla"))

    def _nothing_of_it_is_lost(self, node: Node, name: str) -> int:
        lines = (node.folder / "sh.log").read_text(errors="replace").splitlines()
        acknowledged = {int(line.split()[1]) for line in lines if line.startswith("acknowledged")}
        with psycopg.connect(self._database) as conn:
            found = conn.execute("select number from alone where name = %s", [name]).fetchall()
        assert acknowledged <= {number for (number,) in found}
        return len(acknowledged)


def plan() -> list[Kind]:
    """All of them, mixed."""
    left = dict(TIMES)
    planned: list[Kind] = []
    while any(left.values()):
        for kind in [kind for kind, times in left.items() if times > 0]:
            planned.append(kind)
            left[kind] -= 1
    return planned


async def struck(
    cluster: Cluster,
    database: str,
    address: str,
    tmp_path: Path,
    figures: Figures,
    kinds: Sequence[Kind],
) -> None:
    with psycopg.connect(database) as conn:
        conn.execute("create table alone (name text, number bigint)")
    async with receiving() as receiver, AsyncExitStack() as stack:
        programs = [
            service(
                tmp_path / f"{role}{n}",
                kills.CONFIG.replace("    slack: {type: slack, url_env: SLACK_WEBHOOK_URL}\n", ""),
                database=address,
                role=role,
                OPS_URL=receiver.url,
                OPS_SECRET="a secret",
            )
            for n, role in enumerate(("api", "worker", "worker"))
        ]
        with running(*programs):
            client = await stack.enter_async_context(client_of(programs[0]))
            listener = await stack.enter_async_context(listening(programs[0]))
            posters = [Paced(client, life(f"life {n}")) for n in range(POSTERS)]
            striking = Striking(cluster, database, client, posters, receiver)
            try:
                async with busy(*posters):
                    await striking.go_on()
                    for kind in kinds:
                        await striking.strike(kind)
                        await striking.go_on()
            finally:
                show(figures, striking.took)
            await ledger.settled(database, patience=kills.PATIENCE, ahead=kills.LONGEST)
            await listener.has_seen_all(client)
        figures("updates acknowledged a second between the strikes: p50", median(striking.rates))
        figures("updates acknowledged a second between the strikes: worst", min(striking.rates))
        figures("updates acknowledged by an old primary beside it", striking.alone)
        outcome = await kills.nothing_is_amiss(database, posters, receiver)
        figures("updates acknowledged", outcome.acknowledged)
        figures("of these lost", outcome.lost)
        figures("milestones", outcome.milestones)
        figures("milestones raised twice", outcome.raised_twice)
        figures("alerts at the receiver", outcome.delivered)
        figures("alerts at the receiver more than once", outcome.delivered_again)
        figures("longest POST that was answered, in seconds", outcome.longest)
    assert outcome.delivered_again == 0


def show(figures: Figures, took: Sequence[Seconds]) -> None:
    for kind in TIMES:
        these = [one for one in took if one.kind == kind]
        if not these:
            continue
        figures(f"primary {kind}", len(these))
        for what in ("led", "written", "projected", "told"):
            seconds = [float(getattr(one, what)) for one in these]
            figures(f"  seconds until {what}: p50", median(seconds))
            figures(f"  seconds until {what}: worst", max(seconds))


async def test_a_cluster_behind_haproxy_loses_nothing(tmp_path: Path, figures: Figures) -> None:
    with patroni.cluster(tmp_path / "logs") as cluster:
        cluster.create("sla")
        database = cluster.gate("sla")
        await struck(cluster, database, database, tmp_path, figures, plan())


async def test_an_address_of_all_three_finds_the_one_that_takes_writes(
    tmp_path: Path, figures: Figures
) -> None:
    with patroni.cluster(tmp_path / "logs") as cluster:
        cluster.create("sla")
        database, address = cluster.gate("sla"), cluster.hosts("sla")
        await struck(cluster, database, address, tmp_path, figures, [*Kind])
