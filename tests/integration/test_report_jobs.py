"""A report that would take too long while somebody waits is asked for as a job."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from engine.sla.instants import micros
from ops.jobs import report
from ops.jobs.work import Refused, Work
from query_side import time_zones
from query_side.audit.reported import filling
from query_side.reports.then import UNKNOWN_THERE
from tests.support.desk import Process, working
from tests.support.items import opening, text, update
from tests.support.jobs import asking, over
from tests.support.reported import Reports, reporting

CONFIG = "sla_targets: {GOLD: {P1: {response: 30m, resolution: 60m}}}"
ASKED = {"from": text(-60), "as_of": text(90), "group_by": "clock,team"}


@pytest.fixture
async def reports(furnished_database_url: str) -> AsyncIterator[Reports]:
    """Of a process that also does the jobs; two tickets have changed since 10:30."""
    async with working(furnished_database_url, CONFIG) as process, reporting(process) as reports:
        await process.post(opening(0, "T-1", team="=1+1"), opening(10, "T-2"), when=10)
        await process.post(update(120, "T-1", status="resolved"), when=120)
        await process.post(update(130, "T-2", status="closed"), when=130)
        await reports.ask("reports/attainment")
        yield reports


async def done(process: Process, url: str, path: str, **asked: Any) -> tuple[Any, str]:
    """The result of a job, and its table."""
    async with asking(process, url) as client:
        job = await over(client, await client.post(path, params=asked))
        assert (job["error"], job["state"]) == (None, "done")
        assert (job["kind"], job["done"], job["total"]) == ("report", 2, 2)
        table = (await client.get(job["href"], params={"format": "csv"})).text
    return job["result"], table


async def test_a_job_answers_what_is_refused_while_somebody_waits(
    reports: Reports, furnished_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = (await reports.client.get("/reports/attainment", params=ASKED)).json()
    monkeypatch.setattr(filling, "MOST", 1)
    refused = await reports.client.get("/reports/attainment", params=ASKED)
    assert (refused.status_code, "/jobs" in refused.text) == (422, True)

    found, table = await done(
        reports.process, furnished_database_url, "/reports/attainment/jobs", **ASKED
    )

    assert found == expected
    assert table.splitlines()[0].startswith("clock,team,met,breached,cancelled")
    assert "'=1+1" in table


async def test_a_job_takes_a_name_with_a_comma_for_no_list(
    reports: Reports, furnished_database_url: str
) -> None:
    for name, team in (("T-3", "Day, Night"), ("T-4", "Day"), ("T-5", "Night")):
        await reports.process.post(opening(20, name, team=team), when=140)
    await reports.ask("reports/attainment")
    asked = {**ASKED, "team": r"day\, night", "group_by": "team"}
    expected = (await reports.client.get("/reports/attainment", params=asked)).json()
    assert [group["team"] for group in expected["groups"]] == ["Day, Night"]
    async with asking(reports.process, furnished_database_url) as client:
        answer = await client.post("/reports/attainment/jobs", params=asked)
        assert (await over(client, answer))["result"] == expected


async def test_a_time_zone_that_the_database_does_not_know_is_named(
    reports: Reports, furnished_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def newer(name: str) -> SimpleNamespace:
        return SimpleNamespace(key=name)

    monkeypatch.setattr(time_zones, "ZoneInfo", newer)  # as where PostgreSQL's are older
    question = {**ASKED, "group_by": ["hour"], "time_zone": "Mars/Olympus"}
    asked = {"report": "attainment", "question": question}
    at = micros(reports.process.now())
    work = Work("report", asked, furnished_database_url, at, warning=0.75, critical=0.9)
    with pytest.raises(Refused, match=f"^time_zone: Mars/Olympus {UNKNOWN_THERE}$"):
        await asyncio.to_thread(report.run, work, lambda done, total: None)
