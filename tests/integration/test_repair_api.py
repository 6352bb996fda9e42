"""A configuration previewed and put into force by command: over HTTP, and on the command line."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from ops.applying import Applying
from ops.http import applying, problems
from ops.wiring import now
from tests.support.desk import Process, working
from tests.support.excuses import figures, item
from tests.support.repairs import BERLIN, HOLIDAY, moved
from tests.support.service import database_url_of, ran
from tests.support.web import calling

FRIDAY, MONDAY, MONTH_END = 5_700, 10_080, 36_000
"""Friday 09:00 and Monday 10:00 in Berlin, in minutes after nine (UTC) that Monday."""
ASKED: dict[str, Any] = {
    "yaml": HOLIDAY,
    "since": "2026-01-09",
    "by": "ann",
    "reason": "a holiday entered late",
}


@pytest.fixture
async def process(database_url: str) -> AsyncIterator[Process]:
    async with working(database_url, BERLIN) as process:
        yield process


@pytest.fixture
async def client(process: Process) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    made = Applying(process.pool, process.book, process.policies, process.now)
    app.include_router(applying.build(made))
    problems.install(app, {})
    async with calling(app) as client:
        yield client


async def lived(process: Process, name: str, **said: Any) -> None:
    await process.post(item(FRIDAY, "open", name, **said), when=FRIDAY)
    await process.run(MONDAY)
    await process.post(item(MONDAY, "resolved", name, **said), when=MONDAY)
    process.clock.set(MONTH_END)


async def test_what_is_previewed_is_what_then_happens(
    process: Process, client: httpx.AsyncClient
) -> None:
    await lived(process, "missed")
    await lived(process, "of another priority", priority="P9")
    before = len(await process.log())
    found = (await client.post("/config/preview", json=ASKED)).json()
    names = ("tickets", "cycles_changed", "alerts_withdrawn", "alerts_raised", "since")
    assert [found[name] for name in names] == [1, 1, 2, 0, "2026-01-08T23:00:00Z"]
    [turned] = found["cycles"]
    assert [turned[name] for name in ("external_id", "before", "after")] == [
        *("missed", "breached", "met")
    ]
    [group] = found["attainment"]["after"]
    assert (group["met"], group["breached"]) == (1, 0)
    assert len(await process.log()) == before

    applied = (await client.post("/config/apply", json=ASKED)).json()
    assert (applied["version"], applied["in_force_already"]) == (2, False)
    assert (await process.log())[-1].position == applied["position"]
    assert await process.retargeting.apply() == found["tickets"]
    assert await figures(process, "missed") == ("met", 28_800)
    assert await moved(process, "of another priority") == []

    again = (await client.post("/config/apply", json=ASKED)).json()
    assert again == {**applied, "in_force_already": True}
    assert (await client.post("/config/preview", json=ASKED)).json()["tickets"] == 0
    plain = (await client.post("/config/apply", json={**ASKED, "since": None})).json()
    assert (plain["version"], plain["in_force_already"]) == (2, True)


async def test_what_happens_while_a_preview_counts_is_not_in_it(
    process: Process, client: httpx.AsyncClient
) -> None:
    """It takes a while where tickets are many: it tells of the instant at which it began."""
    await process.post(item(FRIDAY, "open"), when=FRIDAY)
    process.clock.set(FRIDAY + 1)
    found = (await client.post("/config/preview", json=ASKED)).json()
    assert (found["tickets"], found["alerts_withdrawn"]) == (1, 0)
    await process.run(MONDAY)
    await process.post(item(FRIDAY, "open", "later"), when=MONDAY)
    process.clock.set(FRIDAY + 1)
    assert (await client.post("/config/preview", json=ASKED)).json() == found


async def test_without_since_it_is_a_version_like_any_other(
    process: Process, client: httpx.AsyncClient
) -> None:
    await lived(process, "T-1")
    await process.post(item(MONTH_END, "open", "T-2"))
    asked = {**ASKED, "yaml": BERLIN.replace("8h", "2h"), "since": None}
    found = (await client.post("/config/preview", json=asked)).json()
    assert (found["tickets"], found["cycles_changed"], found["since"]) == (1, 0, None)
    assert (await client.post("/config/apply", json=asked)).json()["version"] == 2
    assert await process.retargeting.apply() == 1
    assert await figures(process) == ("breached", 9 * 3_600)


async def test_cycles_that_come_and_go_are_told(
    process: Process, client: httpx.AsyncClient
) -> None:
    await lived(process, "T-1")
    asked = {**ASKED, "yaml": HOLIDAY.replace("resolution: 8h", "response: 8h")}
    found = (await client.post("/config/preview", json=asked)).json()
    turned = {(one["clock"], one["before"], one["after"]) for one in found["cycles"]}
    assert turned == {("resolution", "breached", "none"), ("response", "none", "met")}
    assert [one["clock"] for one in found["attainment"]["before"]] == ["resolution"]


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"since": "yesterday"}, "since", "neither a date"),
    ({"since": "2026-02-30"}, "since", "neither a date"),
    ({"since": "2026-01-09T00:00:00"}, "since", "needs its offset"),
    ({"since": "1969-12-31"}, "since", "from 1970"),
    ({"since": "2027-01-01"}, "since", "still to come"),
    ({"yaml": "sla_targets: {GOLD: {P1: {resolution: 2d}}}"}, "yaml", "sla_targets.GOLD.P1"),
    ({"reason": ""}, "reason", "empty"),
    ({"sinse": "2026-01-09"}, "sinse", "did you mean 'since'"),
]


async def test_bad_input_is_refused_as_a_whole(process: Process, client: httpx.AsyncClient) -> None:
    process.clock.set(MONTH_END)
    for change, where, wrong in BAD:
        answer = await client.post("/config/apply", json={**ASKED, **change})
        assert answer.status_code == 422, answer.text
        found = {one["loc"][1]: one["msg"] for one in answer.json()["errors"]}
        assert wrong in found[where], found
    assert process.book.current.version == 1


async def test_on_the_command_line_it_is_previewed_and_applied(
    process: Process, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url_of(database_url))
    monkeypatch.setenv("SLA_CONFIG", str(tmp_path / "sla_config.yaml"))
    new = str(tmp_path / "new.yaml")
    (tmp_path / "sla_config.yaml").write_text(BERLIN)
    (tmp_path / "new.yaml").write_text(HOLIDAY)
    await lived(process, "T-1")

    async def sla(*more: str, expect: int = 0) -> str:
        asked = ["config", "apply", new, "--by", "ann", "--reason", "entered late", *more]
        said = tmp_path / "said"
        code = await asyncio.to_thread(ran, asked, os.environ, said)
        assert code == expect, said.read_text()
        return said.read_text()

    told = json.loads(await sla("--since", "2026-01-09", "--preview", "--json"))
    assert (told["tickets"], told["version"]) == (1, None)
    assert "--since soon: is neither a date" in await sla("--since", "soon", expect=2)
    await process.policies.follow()
    assert process.book.current.version == 1

    said = await sla("--since", "2026-01-09")
    assert "It concerns 1 ticket; verdicts that change: 1 breached -> met;" in said
    assert "T-1 resolution: breached -> met" in said
    assert "Version 2 is in force as if since 2026-01-08T23:00:00Z." in said
    assert "sla_config.yaml says something else. Its text is not taken again" in said
    assert "Version 2 says the same already" in await sla("--since", "2026-01-09")

    process.clock.set(now())
    await process.policies.follow()
    assert await process.retargeting.apply() == 1
    assert await figures(process) == ("met", 28_800)
    await process.offer(BERLIN)  # as at a start
    assert "is not taken again" in str(process.reloader.status.error)
    await process.offer(HOLIDAY)
    assert (process.reloader.status.error, process.book.current.version) == (None, 2)

    (tmp_path / "new.yaml").write_text("sla_targets: 1\n")
    assert "new.yaml is refused" in await sla(expect=1)
