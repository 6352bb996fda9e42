"""Granting, ending, withdrawing and previewing excused time over HTTP."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from command_side import excuse_api
from ops.http import problems
from tests.support.desk import Process, working
from tests.support.excuses import CONFIG, NEXT_DAY, item, lived, opened
from tests.support.items import text
from tests.support.web import JSON, UNFIT, calling

HOUR: dict[str, Any] = {
    "from": text(60),
    "until": text(120),
    "match": {"priority": "P1"},
    "reason": "network outage",
    "by": "ann",
}


@pytest.fixture
async def process(database_url: str) -> AsyncIterator[Process]:
    async with working(database_url, CONFIG) as process:
        yield process


@pytest.fixture
async def client(process: Process) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(
        excuse_api.build(
            process.pool,
            process.book,
            process.excuses,
            process.now,
            correlation_id=lambda: "excuse",
        )
    )
    problems.install(app, {})
    async with calling(app) as client:
        yield client


async def test_an_hour_is_excused_ended_and_withdrawn(
    process: Process, client: httpx.AsyncClient
) -> None:
    granted = await client.post("/excuses", json={**HOUR, "until": None})
    assert granted.status_code == 201, granted.text
    assert granted.json()["warnings"] == []
    path = f"/excuses/{granted.json()['excuse_id']}"
    process.clock.set(130)
    ended = await client.post(f"{path}/end", json={"by": "bob", "at": text(120)})
    assert ended.json()["position"] > granted.json()["position"]
    again = await client.post(f"{path}/end", json={"by": "bob"})
    assert (again.status_code, again.json()["detail"]) == (409, "it has been ended already")
    asked = {"by": "bob", "reason": "no agreement"}
    assert (await client.delete(path, params=asked)).status_code == 200
    gone = await client.delete(path, params=asked)
    unknown = "There is no such excuse, or it was withdrawn before."
    assert (gone.status_code, gone.json()["detail"]) == (404, unknown)
    assert (await client.post(f"{path}/end", json={"by": "bob"})).status_code == 404


async def test_a_preview_says_what_becomes_of_the_tickets_concerned_and_writes_nothing(
    process: Process, client: httpx.AsyncClient
) -> None:
    await lived(process, "missed")
    await lived(process, "of another priority", priority="P2")
    await opened(process, "open")
    before = len(await process.log())
    process.clock.set(NEXT_DAY)
    found = (await client.post("/excuses/preview", json=HOUR)).json()
    group = {"tier": "gold", "priority": "p1", "clock": "resolution"}
    assert {name: found[name] for name in ("tickets", "cycles_changed", "alerts_withdrawn")} == {
        "tickets": 2,
        "cycles_changed": 1,
        "alerts_withdrawn": 4,
    }
    [turned] = found["cycles"]
    assert (turned["external_id"], turned["before"], turned["after"]) == (
        *("missed", "breached", "met"),
    )
    assert found["attainment"] == {
        "before": [{**group, "met": 0, "breached": 2, "attainment_percent": 0}],
        "after": [{**group, "met": 1, "breached": 1, "attainment_percent": 50}],
    }
    assert len(await process.log()) == before

    await client.post("/excuses", json=HOUR)
    assert await process.excusing.apply() == found["tickets"]
    assert (await client.post("/excuses/preview", json=HOUR)).json()["tickets"] == 0


async def test_a_preview_judges_by_what_stood_when_a_cycle_was_breached(
    process: Process, client: httpx.AsyncClient
) -> None:
    await opened(process)  # it was due at one
    await process.post(item(250, "in_progress", priority="P2"), when=250)
    process.clock.set(NEXT_DAY)
    attained = (await client.post("/excuses/preview", json=HOUR)).json()["attainment"]
    judged = {when: [one["priority"] for one in found] for when, found in attained.items()}
    assert judged == {"before": ["p1"], "after": ["p2"]}


async def test_a_preview_counts_what_was_cancelled_as_no_miss(
    process: Process, client: httpx.AsyncClient
) -> None:
    await opened(process)  # it was due at one
    await process.post(item(250, "spam"), when=250)
    process.clock.set(NEXT_DAY)
    found = (await client.post("/excuses/preview", json=HOUR)).json()
    assert (found["tickets"], found["cycles_changed"]) == (1, 0)
    assert found["attainment"] == {"before": [], "after": []}


async def test_what_happens_while_a_preview_counts_is_not_in_it(
    process: Process, client: httpx.AsyncClient
) -> None:
    """It takes a while where tickets are many: it tells of the instant at which it began."""
    await opened(process)
    await process.run(210)
    found = (await client.post("/excuses/preview", json=HOUR)).json()
    assert found["alerts_withdrawn"] == 2
    await process.run(300)
    await opened(process, "later")
    process.clock.set(210)
    assert (await client.post("/excuses/preview", json=HOUR)).json() == found


async def test_one_that_matches_nothing_is_taken_and_says_so(client: httpx.AsyncClient) -> None:
    said = {**HOUR, "match": {"customer_tier": "golf", "priority": ["P9"]}}
    granted = await client.post("/excuses", json=said)
    assert granted.status_code == 201
    assert granted.json()["warnings"] == [
        "nothing is promised to the customer tier 'golf'; did you mean 'gold'?",
        "nothing is promised to the priority 'P9'",
    ]
    many = {**HOUR, "match": {"priority": [f"P9{number}" for number in range(1000)]}}
    assert len((await client.post("/excuses", json=many)).json()["warnings"]) == 100


async def test_windows_recur(process: Process, client: httpx.AsyncClient) -> None:
    said = {**HOUR, "rrule": "FREQ=WEEKLY;COUNT=4", "time_zone": "Europe/Berlin"}
    granted = (await client.post("/excuses", json=said)).json()
    agreement = process.excuses.book.agreements()[0]
    assert (str(agreement.excuse_id), len(agreement.windows)) == (granted["excuse_id"], 4)


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"until": text(60)}, "until", "after `from`"),
    ({"until": text(30)}, "until", "after `from`"),
    ({"from": "2101-01-01T00:00:00Z"}, "from", "2100"),
    ({"match": {}}, "match", "everything"),
    ({"everything": True}, "everything", "contradiction"),
    ({"match": {"prioriy": "P1"}}, "match", "did you mean 'priority'"),
    ({"match": {"priority": []}}, "match", "names no value"),
    ({"match": {"assigned": "maybe"}}, "match", "assigned is yes or no"),
    ({"match": {"team": "a\0b"}}, "match", "NUL"),
    ({"match": {f"fields.f{n}": "x" for n in range(101)}}, "match", "more than 100 conditions"),
    ({"unless": {"teem": "billing"}}, "unless", "did you mean 'team'"),
    ({"clocks": ["resolutoin"]}, "clocks", "did you mean 'resolution'"),
    ({"clocks": []}, "clocks", "empty"),
    ({"reason": ""}, "reason", "empty"),
    ({"untill": text(90)}, "untill", "did you mean 'until'"),
    ({"rrule": "FREQ=DAILY;COUNT=2"}, "rrule", "time_zone"),
    ({"time_zone": "UTC"}, "time_zone", "rrule"),
    ({"rrule": "DAILY", "time_zone": "UTC"}, "rrule", "is no rule"),
    ({"rrule": "FREQ=DAILY;COUNT=2", "time_zone": "Mars"}, "time_zone", "no time zone"),
    ({"rrule": "FREQ=DAILY;COUNT=20000", "time_zone": "UTC"}, "rrule", "more than 10000"),
]


async def test_bad_input_is_refused_as_a_whole(process: Process, client: httpx.AsyncClient) -> None:
    for change, where, wrong in BAD:
        answer = await client.post("/excuses", json={**HOUR, **change})
        assert answer.status_code == 422, answer.text
        found = {one["loc"][1]: one["msg"] for one in answer.json()["errors"]}
        assert wrong in found[where], found
    assert process.excuses.book.number == 0


async def test_what_no_condition_can_hold_is_refused(
    process: Process, client: httpx.AsyncClient
) -> None:
    for written, wrong in UNFIT:
        said = json.dumps({**HOUR, "match": {}, "unless": "…"}).replace(r'"\u2026"', written)
        for path in ("/excuses", "/excuses/preview"):
            answer = await client.post(path, content=said.encode(), headers=JSON)
            assert answer.status_code == 422, answer.text
            assert wrong in answer.json()["errors"][0]["msg"]
    assert process.excuses.book.number == 0


async def test_everything_may_be_excused(client: httpx.AsyncClient) -> None:
    said: dict[str, Any] = {**HOUR, "match": {}, "everything": True}
    assert (await client.post("/excuses", json=said)).status_code == 201
