"""What another configuration would have made of the past: asked for over HTTP, done apart."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from command_side import policies
from command_side.policies import Accepted
from engine.sla.instants import micros
from ops.jobs.apart import work_apart
from ops.jobs.table import MOST_WAITING
from ops.jobs.work import Refused, Work
from tests.support.desk import Process, working
from tests.support.excuses import excuse
from tests.support.house import open_house
from tests.support.items import at, opening, text, update
from tests.support.jobs import asking, over
from tests.support.repairs import repair
from tests.support.web import JSON, UNFIT

CONFIG = """
sla_targets:
  GOLD:
    P1: {response: 30m, resolution: 60m, goals: {resolution: 90}, escalation: {LEVEL_1: 45}}
    P2: {resolution: 60m}
escalation_levels: {1: "Team lead"}
"""
SHORTER = {"sla_targets": {"GOLD": {"P1": {"resolution": "40m", "escalation": {"LEVEL_1": 20}}}}}


@pytest.fixture
async def process(furnished_database_url: str) -> AsyncIterator[Process]:
    async with working(furnished_database_url, CONFIG) as process:
        yield process


@pytest.fixture
async def client(process: Process, furnished_database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Of a process that also does the jobs."""
    async with asking(process, furnished_database_url) as client:
        yield client


async def lived(process: Process, url: str) -> None:
    """Three tickets: kept until it is shortened, missed anyway, and of another priority."""
    await process.post(opening(0, "kept", team="a"), when=0)
    await process.post(opening(0, "missed", team="b"), when=0)
    await process.post(opening(0, "other", team="b", priority="P2"), when=0)
    await process.post(update(10, "kept", status="in_progress"), when=10)
    await process.run(20)
    await process.acknowledge("missed")
    for name, minute in (("other", 30), ("kept", 50), ("missed", 90)):
        await process.run(minute)
        await process.post(update(minute, name, status="resolved"), when=minute)
    await process.post(opening(100, "running", priority="P2"), when=100)
    await process.run(24 * 60)
    async with open_house(url) as house:
        await house.runner.catch_up()


async def done(client: httpx.AsyncClient, **asked: Any) -> dict[str, Any]:
    """The job, once it is over."""
    return await over(client, await client.post("/what-if", json=asked))


async def test_what_would_have_been_is_told_beside_what_was(
    process: Process, client: httpx.AsyncClient, furnished_database_url: str
) -> None:
    await lived(process, furnished_database_url)
    before = len(await process.log())
    job = await done(client, changes=SHORTER, group_by=["priority", "clock"])
    assert (job["state"], job["done"], job["total"], job["error"]) == ("done", 4, 4, None)
    assert job["input"]["changes"] == SHORTER
    assert "resolution: 40m" in job["input"]["config"]
    found = job["result"]
    assert found["proof"]["holds"], found["proof"]
    assert (found["proof"]["cycles"], found["proof"]["differing"]) == (6, 0)
    assert (found["tickets"], found["tickets_changed"], found["cycles_changed"]) == (4, 1, 1)
    [cycle] = found["cycles"]
    assert {name: cycle[name] for name in ("external_id", "clock", "before", "after")} == {
        "external_id": "kept",
        "clock": "resolution",
        "before": "met",
        "after": "breached",
    }
    assert cycle["href"] == f"/tickets/{cycle['ticket_id']}/timeline"
    assert found["turned"] == [{"before": "met", "after": "breached", "cycles": 1}]
    groups = {(one["priority"], one["clock"]): one for one in found["groups"]}
    assert groups.keys() == {("P1", "response"), ("P1", "resolution"), ("P2", "resolution")}
    one = groups["P1", "resolution"]
    assert [one[when]["attainment_percent"] for when in ("before", "after")] == [50, 0]
    assert [one[when]["budget_left"] for when in ("before", "after")] == [-1, -2]
    assert one["before"]["goal_percent"] == 90
    assert groups["P2", "resolution"]["before"] == groups["P2", "resolution"]["after"]
    # A level each, that of "missed" held by its acknowledgement until the breach; without a ladder
    # of its own, as P2, each alert is one.
    assert found["teams"] == [
        team("a", breached=(0, 1), escalations=(1, 1)),
        team("b", breached=(2, 2), escalations=(1, 1)),
        team(None, breached=(1, 1), escalations=(3, 3)),
    ]
    [day] = found["days"]
    assert day["day"] == "2026-01-05"
    assert (day["alerts_before"], day["alerts_after"]) == (9, 12)
    assert len(await process.log()) == before

    table = await client.get(f"{job['href']}?format=csv")
    assert table.headers["content-type"].startswith("text/csv")
    lines = table.text.splitlines()
    assert lines[0].startswith("priority,clock,met_before,met_after,breached_before,breached_after")
    assert "P1,resolution,1,0,1,2,0,0,0,0,50.0,0.0,90.0,90.0,-1,-2" in lines

    [listed] = (await client.get("/jobs")).json()["items"]
    assert listed == {name: job[name] for name in listed}
    assert "result" not in listed


async def test_the_past_is_proven_across_versions_excuses_and_what_is_not_applied_yet(
    process: Process, client: httpx.AsyncClient, furnished_database_url: str
) -> None:
    await lived(process, furnished_database_url)
    await excuse(process, (0, 45), team="b")
    await process.excusing.apply()
    await process.change(CONFIG.replace("resolution: 60m}", "resolution: 90m}"), when=24 * 60 + 1)
    found = (await done(client, changes={}, group_by=["clock"]))["result"]
    assert found["proof"]["holds"], found["proof"]
    assert found["policy_version"] == 2
    assert found["turned"] == []  # what is excused is so under any policy

    await repair(process, CONFIG.replace("resolution: 60m,", "resolution: 5m,"), since=-1)
    found = (await done(client, changes={}, group_by=["clock"]))["result"]
    assert (found["proof"]["holds"], found["proof"]["differing"]) == (False, 2)
    assert {
        (one["external_id"], one["clock"], one["before"], one["after"])
        for one in found["proof"]["differences"]
    } == {(name, "resolution", "met", "breached") for name in ("kept", "missed")}
    assert "is still being applied" in found["proof"]["says"]


async def test_what_comes_in_before_the_work_begins_counts_to_when_it_came(
    process: Process, furnished_database_url: str
) -> None:
    await lived(process, furnished_database_url)
    asked = {"config": CONFIG, "group_by": ["clock"]}
    given = Work("what_if", asked, furnished_database_url, micros(at(-5)), 0.15, 0.05, False)
    found = json.loads(await work_apart(given, lambda done, total: None))
    assert found["proof"]["holds"], found["proof"]
    recorded = max(event.recorded_at for event in await process.log())
    assert found["at"] == recorded.isoformat().replace("+00:00", "Z")
    assert (found["tickets"], found["cycles_changed"]) == (4, 0)


async def test_a_planned_change_tells_what_becomes_of_open_tickets(
    process: Process, client: httpx.AsyncClient, furnished_database_url: str
) -> None:
    await lived(process, furnished_database_url)
    process.clock.set(110)
    before = len(await process.log())
    job = await done(
        client,
        about="open_tickets",
        changes={"sla_targets": {"GOLD": {"P2": {"resolution": "5m"}}}},
    )
    assert (job["kind"], job["state"], job["done"], job["total"]) == (
        "planned_change",
        "done",
        4,
        4,
    )
    found = job["result"]
    assert (found["open_tickets"], found["moved"], found["breached_at_once"]) == (1, 1, 1)
    [moved] = found["deadlines"]
    assert {name: moved[name] for name in ("external_id", "clock", "before", "after")} == {
        "external_id": "running",
        "clock": "resolution",
        "before": text(160),
        "after": text(110),
    }
    [turned] = found["cycles"]
    assert (turned["before"], turned["after"]) == ("running", "breached")
    assert len(await process.log()) == before
    table = (await client.get(f"{job['href']}?format=csv")).text.splitlines()
    assert table[1] == f"{moved['ticket_id']},running,resolution,{text(160)},{text(110)},True"


WRONG: list[tuple[dict[str, Any], list[str], str]] = [
    ({}, ["body", "config"], "give `changes`"),
    ({"config": CONFIG, "changes": {}}, ["body", "changes"], "no `config`"),
    (
        {"config": CONFIG.replace("60m}", "soon}")},
        ["body", "config"],
        "config:5: sla_targets.GOLD.P2.resolution: 'soon'",
    ),
    (
        {"changes": {"alert_treshholds": {"warning": 3}}},
        ["body", "changes", "alert_treshholds"],
        "did you mean 'alert_thresholds'?",
    ),
    ({"changes": {"people": {"x": "x" * 100_000}}}, ["body", "changes"], "100,000 bytes"),
    ({"changes": {}, "group_by": ["teem"]}, ["body", "group_by", "0"], "'team'"),
    ({"changes": {}, "time_zone": "Berlin"}, ["body", "time_zone"], "Europe/Berlin"),
    (
        {"changes": {}, "about": "open_tickets", "since": "2026-01-02T00:00:00Z"},
        ["body", "since"],
        "of the past",
    ),
    (
        {"changes": {}, "since": "2026-01-02T00:00:00Z", "until": "2026-01-02T00:00:00Z"},
        ["body", "until"],
        "after `since`",
    ),
]


async def test_what_cannot_be_supposed_is_refused_at_its_place(client: httpx.AsyncClient) -> None:
    for asked, where, why in WRONG:
        answer = await client.post("/what-if", json=asked)
        assert answer.status_code == 422, answer.text
        [wrong] = answer.json()["errors"]
        assert [str(part) for part in wrong["loc"]] == where
        assert why in wrong["msg"]
    for written, why in UNFIT:
        answer = await client.post(
            "/what-if", content=f'{{"changes": {written}}}'.encode(), headers=JSON
        )
        assert answer.status_code == 422, answer.text
        assert why in answer.json()["errors"][0]["msg"]
    assert (await client.get("/jobs")).json()["items"] == []


async def test_a_version_in_the_log_that_cannot_be_read_is_no_mistake_of_who_asks(
    process: Process, client: httpx.AsyncClient
) -> None:
    """Another release has accepted it."""
    content, at_nine = CONFIG.replace("resolution: 60m", "resolution: 1 aeon"), at(0)
    newer = Accepted(2, content, "hash", "jane", micros(at_nine), "open_tickets", 0.15, 0.05, 1)
    async with process.pool.connection() as conn:
        await policies.accept(conn, newer, now=at_nine)
    for asked in ({"config": CONFIG}, {"changes": SHORTER}):
        answer = await client.post("/what-if", json=asked)
        assert answer.status_code == 503, answer.text
        assert "newest configuration cannot be read here" in answer.json()["detail"]


async def test_a_job_that_is_not_there_is_said_so_and_one_that_waits_has_no_table(
    process: Process, furnished_database_url: str
) -> None:
    async with asking(process, furnished_database_url, idle=True) as client:
        job: dict[str, Any] = {}
        for _ in range(MOST_WAITING):
            job = (await client.post("/what-if", json={"config": CONFIG})).json()
        full = await client.post("/what-if", json={"config": CONFIG})
        assert (full.status_code, full.headers["Retry-After"]) == (429, "10")
        assert (await client.get(f"{job['href']}?format=csv")).status_code == 409
        for _ in range(2):
            assert (await client.delete(job["href"])).json()["state"] == "cancelled"
        unknown = f"/jobs/{uuid4()}"
        assert (await client.get(unknown)).status_code == 404
        assert (await client.delete(unknown)).status_code == 404


async def test_where_no_configuration_ever_was_there_is_nothing_to_compare(
    furnished_database_url: str,
) -> None:
    asked = Work("what_if", {"config": CONFIG}, furnished_database_url, micros(at(0)), 0.1, 0.1)
    with pytest.raises(Refused, match="nothing to compare"):
        await work_apart(asked, lambda done, total: None)


def team(
    name: str | None, *, breached: tuple[int, int], escalations: tuple[int, int]
) -> dict[str, Any]:
    return {
        "team": name,
        "breached_before": breached[0],
        "breached_after": breached[1],
        "escalations_before": escalations[0],
        "escalations_after": escalations[1],
    }
