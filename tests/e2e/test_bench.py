"""The bench measures what it says: every part, at a size that proves nothing but that it works."""

import asyncio
import json
import os
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pydantic_core import to_json

from ops.bench import appends, chart, harness
from ops.bench.parts import PARTS
from ops.bench.run import run
from ops.bench.scale import Scale
from ops.bench.services import Served
from ops.wiring import Role, now
from tests.support.service import Program, database_url_of

TINY = Scale(
    rounds=1,
    batches=1,
    stock_items=3,
    updates=100,
    warming=50,
    client_seconds=0.2,
    clients=5,
    backlog=200,
    idle_few=10,
    idle_many=100,
    ticks=3,
    due=20,
    alert_seconds=0.5,
    stream=10,
    tickets=100,
    subscribers=3,
    subscriber_seconds=0.2,
)


@asynccontextmanager
async def forked(
    folder: Path, conninfo: str, *, module: str, role: Role, **environment: str
) -> AsyncGenerator[Served]:
    """With its modules loaded: no figure matters."""
    url = database_url_of(conninfo) if conninfo else ""
    program = Program(
        folder, "serve", "--role", role, environment={"DATABASE_URL": url, **environment}
    )
    program.module = module
    try:
        await asyncio.to_thread(program.start)
        host, _, port = program.url.removeprefix("http://").rpartition(":")
        yield Served(host, int(port), program.pid)
    finally:
        await asyncio.to_thread(program.stop)


@pytest.fixture(autouse=True)
def begun_soon() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(harness, "serve", forked)
        patched.setattr(appends, "BATCH", 100)
        yield


def quietly(part: str, doing: str) -> None:
    """Nobody watches."""


async def test_every_part_measures_something(server: str, tmp_path: Path) -> None:
    report = await run(tmp_path, database_url_of(server), TINY, only=(), now=now, say=quietly)
    assert report.failures == {}
    assert list(report.figures) == list(PARTS)
    assert [
        name for name, one in report.all().items() if not all(x >= 0 for x in one.samples)
    ] == []
    figures = report.all()
    assert figures["subscribers.complete"].median == 100
    assert figures["subscribers.messages"].median == 3 * 10
    document = json.loads(to_json(report.document()))
    verdicts = {target["label"]: target["verdict"] for target in document["targets"]}
    assert verdicts["memory after 300,000 tickets"] is None, "so few tickets say nothing about it"
    assert verdicts["all projections on a backlog, of COPY"] is not None
    parts = ("api", "worker", "postgres")
    in_all = figures["http.real.cpu"].median
    assert in_all == pytest.approx(sum(figures[f"http.real.cpu.{one}"].median for one in parts))
    plain = {name for name in figures if name.startswith("plain.")}
    assert {"plain.new", "plain.existing", "plain.cpu", "plain.raised"} <= plain
    assert figures["plain.existing"].base == "http.existing"
    assert ElementTree.fromstring(chart.draw(report)).tag.endswith("svg")
    assert os.listdir(tmp_path) == [], "its scratch folder is gone"


async def test_a_part_that_fails_is_reported_and_the_rest_goes_on(
    server: str, tmp_path: Path
) -> None:
    report = await run(
        tmp_path,
        database_url_of(server),
        replace(TINY, stream=0),
        only=("replay", "idle"),
        now=now,
        say=quietly,
    )
    assert list(report.failures) == ["replay"]
    assert list(report.figures) == ["idle"]
