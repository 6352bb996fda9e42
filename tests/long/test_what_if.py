"""Real updates are folded again under another policy: how long that takes, and what it costs."""

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from ops.bench.figures import percentile
from ops.wiring import now
from tests.long.test_real_import import PATIENCE, config
from tests.support import ledger
from tests.support.clients import item
from tests.support.figures import Figures
from tests.support.service import running, service
from tests.support.shop import AS_SAID, Shop

pytestmark = pytest.mark.long

HALVED = {"sla_targets": {"ENTERPRISE": {"P2": {"resolution": "12h"}, "P1": {"resolution": "4h"}}}}
EVERY, BATCH = 0.05, 50
"""Seconds between batches, and items of each: 1,000 updates a second."""
ALONE = 10.0
"""Seconds of updates with nothing beside them."""
MOST_AT_ONCE = 20
"""Batches that wait for their answers: on a machine that is too slow for that pace, they come as
fast as they are answered."""
POLL = 0.05
DECIDED = """
select clock, count(*) filter (where state <> 'cancelled' and overdue_from <= %s),
    count(*) filter (where state = 'met')
from ticket_clocks group by clock order by clock
"""


class Done:
    """One run: its answer, seconds from the request on, and what each of its processes had."""

    def __init__(
        self, result: dict[str, Any], seconds: float, had: Sequence[tuple[float, float]]
    ) -> None:
        self.result, self.seconds = result, seconds
        self.memory = [round(memory) for memory, _ in had]
        """The most that it held, in MB."""
        self.processor = sum(spent for _, spent in had)
        """Seconds of a processor, of all of them."""


async def supposed(http: httpx.AsyncClient, pid: int, asked: dict[str, Any]) -> Done:
    began = time.monotonic()
    job = (await http.post("/what-if", json=asked)).json()
    had: dict[int, tuple[float, float]] = {}
    while job["state"] in ("waiting", "running"):
        await asyncio.sleep(POLL)
        for process in below(pid):
            memory, spent = had.get(process, (0.0, 0.0))
            had[process] = max(memory, megabytes(process)), max(spent, processor(process))
        job = (await http.get(job["href"])).json()
    seconds = time.monotonic() - began
    assert job["state"] == "done", job["error"]
    return Done(job["result"], seconds, list(had.values()))


def below(pid: int) -> list[int]:
    """The processes of jobs that a process has begun, and those that these have."""
    try:
        files = [*Path(f"/proc/{pid}/task").glob("*/children")]
        children = [int(child) for file in files for child in file.read_text().split()]
    except OSError:  # it has ended meanwhile
        return []
    ours = [child for child in children if b"ops.jobs.apart" in command(child)]
    return [*ours, *(each for child in ours for each in below(child))]


def command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def megabytes(pid: int) -> float:
    """The most that it has held so far of its own: what copies share is not counted again."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def processor(pid: int) -> float:
    """Seconds that it has had, without those of its children."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


class Stream:
    """Updates that come in at a fixed pace, of tickets that are new."""

    def __init__(self, url: str) -> None:
        self.url, self.stop = url, asyncio.Event()
        self.latencies: list[float] = []
        self.number = self.refused = 0
        self.room = asyncio.Semaphore(MOST_AT_ONCE)

    async def run(self) -> float:
        """Until it is stopped; the updates a second that were answered."""
        began = time.monotonic()
        async with httpx.AsyncClient(base_url=self.url, timeout=60) as http:
            turns: set[asyncio.Task[None]] = set()
            while not self.stop.is_set():
                await self.room.acquire()
                turns.add(asyncio.create_task(self._send(http)))
                self.number += 1
                await asyncio.sleep(began + self.number * EVERY - time.monotonic())
            await asyncio.gather(*turns)
        return len(self.latencies) * BATCH / (time.monotonic() - began)

    async def _send(self, http: httpx.AsyncClient) -> None:
        names = [f"{id(self)}-{self.number}-{one}" for one in range(BATCH)]
        sent, at = time.monotonic(), now()
        body = {"tickets": [item(name, updated_at=at) for name in names]}
        while (answer := await http.post("/tickets", json=body)).status_code == 503:
            self.refused += 1
        assert answer.status_code == 200, answer.text
        self.room.release()
        self.latencies.append((time.monotonic() - sent) * 1000)

    def tell(self, figures: Figures, rate: float, beside: str) -> None:
        figures(f"updates a second {beside}", rate)
        for share in (50, 99):
            took = percentile(self.latencies, share)
            figures(f"  p{share} of a batch of {BATCH}, ms", took)
        figures("  batches to be sent again", self.refused)


def test_the_past_is_folded_again_in_seconds_and_the_policy_in_force_changes_nothing(
    updates: Path, database_url: str, tmp_path: Path, figures: Figures
) -> None:
    program = service(tmp_path / "service", config(), database=database_url)
    shop = Shop(program, database_url)
    with running(program):
        shop.send(updates, "servicenow", *AS_SAID)
        asyncio.run(ledger.settled(database_url, patience=PATIENCE))
        asyncio.run(runs(program.url, program.pid, shop, figures))
    assert program.complaints() == []


async def runs(url: str, pid: int, shop: Shop, figures: Figures) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        for name, changes in (("in force", {}), ("halved", HALVED)):
            done = await supposed(http, pid, {"changes": changes, "group_by": ["clock"]})
            found = done.result
            if name == "in force":
                figures("tickets", found["tickets"])
                figures("updates", found["updates"])
                figures("cycles whose recorded verdict is compared", found["proof"]["cycles"])
                assert (found["cycles_changed"], found["turned"]) == (0, [])
                table = shop.ask(DECIDED, found["at"])
                groups = {
                    one["clock"]: (one["before"]["breached"], one["before"]["met"])
                    for one in found["groups"]
                }
                assert groups == {clock: (breached, met) for clock, breached, met in table}
            else:
                assert found["cycles_changed"] > 0
            assert found["proof"]["holds"], found["proof"]["says"]
            figures(f"seconds, policy {name}", done.seconds)
            figures("  seconds of a processor", done.processor)
            figures("  memory of its processes, MB", done.memory)
            figures("  verdicts that turn", found["cycles_changed"])

        alone, beside = Stream(url), Stream(url)
        coming = asyncio.create_task(alone.run())
        await asyncio.sleep(ALONE)
        alone.stop.set()
        alone.tell(figures, await coming, "alone")
        coming = asyncio.create_task(beside.run())
        both = await asyncio.gather(
            *(supposed(http, pid, {"changes": HALVED, "group_by": ["clock"]}) for _ in range(2))
        )
        beside.stop.set()
        beside.tell(figures, await coming, "with two what-ifs beside them")
        for done in both:
            figures("seconds of a what-if beside them", done.seconds)
            assert done.result["proof"]["holds"], done.result["proof"]["says"]
