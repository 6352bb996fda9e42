"""Who did what is told from the log: every command with whoever gave it, and what showed that."""

import csv
import io
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import Depends, FastAPI
from psycopg.rows import tuple_row
from pydantic import SecretStr

from command_side import api, excuse_api, operations
from command_side.acting import Actor, acting
from command_side.deciding.events import OPERATIONS, OperatorActed
from command_side.event_store import Append, append, encode
from command_side.event_store.reading import COMMANDS
from config.settings import Settings
from ops.admitting import Admitting
from ops.applying import Applying
from ops.http import applying, problems
from query_side.audit import commands
from query_side.audit.commands import NAMES
from tests.support.desk import CONFIG, Process
from tests.support.excuses import opened
from tests.support.items import identity, text
from tests.support.web import calling


@pytest.fixture
async def client(process: Process) -> AsyncIterator[httpx.AsyncClient]:
    """Whoever is the chief, by a token of the environment."""
    settings = Settings(api_tokens=SecretStr("chief:admin"), api_tokens_file=None)
    admitting = Admitting(process.pool, settings, process.now)
    app = FastAPI()
    pool, book, now = process.pool, process.book, process.now

    def once() -> str:
        return "once"

    silences: Any = process.silences
    writer: Any = None
    routers = [
        api.build(
            *(pool, process.desk, writer, silences, now),
            max_items=1,
            max_bytes=1,
            correlation_id=once,
        ),
        excuse_api.build(pool, book, process.excuses, now, correlation_id=once),
        applying.build(Applying(pool, book, process.policies, now)),
        admitting.routes(),
        commands.build(pool),
    ]
    for router in routers:
        app.include_router(router, dependencies=[Depends(admitting.door.requires("admin"))])
    problems.install(app, {})
    async with calling(app, headers={"Authorization": "Bearer chief"}) as client:
        yield client


async def given(client: httpx.AsyncClient, **asked: Any) -> list[dict[str, Any]]:
    answer = await client.get("/audit/commands", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_every_command_is_told_with_who_gave_it_and_through_what(
    process: Process, client: httpx.AsyncClient
) -> None:
    await opened(process, "T-1")
    silence = {"matchers": {"priority": ["P1"]}, "until": text(90), "reason": "move"}
    excuse = {"from": text(60), "until": text(120), "everything": True, "reason": "outage"}
    made = await client.post("/silences", json={**silence, "by": "ann"})
    granted = await client.post("/excuses", json={**excuse, "by": "bob"})
    silenced, excused = made.json()["silence_id"], granted.json()["excuse_id"]
    for method, path, body, query in (
        ("POST", "/tickets/T-1/acknowledge", {"by": "ann", "note": "on it"}, {}),
        ("POST", "/tickets/T-1/snooze", {"by": "ann", "until": text(200)}, {}),
        ("DELETE", f"/silences/{silenced}", None, {"by": "eve"}),
        ("POST", f"/excuses/{excused}/end", {"by": "bob", "at": text(70)}, {}),
        ("DELETE", f"/excuses/{excused}", None, {"by": "bob", "reason": "no agreement"}),
        ("POST", "/config/apply", {"yaml": CONFIG + "# new\n", "by": "eve", "reason": "why"}, {}),
        ("POST", "/tokens", {"name": "ci", "scopes": ["read"], "by": "eve"}, {}),
    ):
        answer = await client.request(method, path, json=body, params=query)
        assert answer.is_success, (path, answer.text)
    told = await given(client, since=text(-1))
    assert [(one["command"], one["by"], one["about"], one["reason"]) for one in told[1:]] == [
        ("create_silence", "ann", silenced, "move"),
        ("grant_excuse", "bob", excused, "outage"),
        ("acknowledge", "ann", "T-1", "on it"),
        ("snooze", "ann", "T-1", None),
        ("end_silence", "eve", silenced, None),
        ("end_excuse", "bob", excused, None),
        ("withdraw_excuse", "bob", excused, "no agreement"),
        ("apply_config", "eve", "version 2", "why"),
        ("make_token", "eve", told[9]["about"], None),
    ]
    assert {one["through"] for one in told[1:]} == {"token:configured 1"}
    assert (told[0]["command"], told[0]["through"]) == ("apply_config", None)  # a file

    assert [one["command"] for one in await given(client, who="EVE")] == [
        *("end_silence", "apply_config", "make_token"),
    ]
    assert len(await given(client, who="configured 1")) == 9
    assert len(await given(client, command=["snooze", "end_excuse"])) == 2
    assert await given(client, until=text(-1)) == []
    assert await given(client, after=told[-2]["position"]) == told[-1:]
    table = await client.get("/audit/commands", params={"format": "csv", "limit": 3})
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [(row["command"], row["by"]) for row in rows[1:]] == [
        *(("create_silence", "ann"), ("grant_excuse", "bob")),
    ]


async def test_a_file_holds_all_or_says_that_they_are_too_many(
    process: Process, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, names = process.now(), [f"c{number}" for number in range(1001)]
    bodies = [OperatorActed(what="send_again", about=name, count=0) for name in names]
    events = [encode(body, occurred_at=now) for body in bodies]
    write = Append(OPERATIONS, "", "operations", None, events, None, None)
    async with process.pool.connection() as conn:
        await append(conn, [write], now=now)
    asked: dict[str, Any] = {"format": "csv", "command": "operate"}

    table = await client.get("/audit/commands", params=asked)
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["about"] for row in rows] == [f"send_again {name}" for name in names]
    some = await client.get("/audit/commands", params={**asked, "limit": 3})
    assert len(some.text.splitlines()) == 1 + 3

    monkeypatch.setattr(commands, "MOST", 1000)
    refused = await client.get("/audit/commands", params=asked)
    assert refused.status_code == 422
    assert "more than 1,000 commands" in refused.json()["errors"][0]["msg"]


async def test_whom_a_proxy_has_sworn_to_be_there_nobody_can_speak_for(
    process: Process, client: httpx.AsyncClient
) -> None:
    await opened(process, "T-1")
    with acting(Actor("proxy", "ann@example.com")):
        await process.desk.acknowledge(
            identity("T-1"), by="somebody else", note=None, now=process.now(), correlation_id=None
        )
    [one] = await given(client, command="acknowledge")
    assert (one["by"], one["through"]) == ("ann@example.com", "proxy")


async def test_what_an_operator_had_done_again_is_told(
    process: Process, client: httpx.AsyncClient
) -> None:
    async with process.pool.connection() as conn:
        with acting(Actor("cli")):
            await operations.record(conn, "send_again", "slack", 7, now=process.now(), by="root")
    [one] = await given(client, command="operate")
    assert (one["by"], one["through"], one["about"]) == ("root", "cli", "send_again slack: 7")


async def test_the_index_holds_every_command_and_the_question_finds_it_there(
    process: Process,
) -> None:
    topics = set(re.findall(r"'([^']+)'", COMMANDS))
    assert topics == set(NAMES)
    async with process.pool.connection() as conn, conn.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute("select indexdef from pg_indexes where indexname = 'events_commands'")
        [(made,)] = await cursor.fetchall()
        assert set(re.findall(r"'([^']+)'", made)) == topics
        await cursor.execute("set local enable_seqscan = off")
        plan = await cursor.execute(
            "explain select 1 from events where topic in (" + COMMANDS + ") and notification_id > 0"
        )
        assert "events_commands" in str(await plan.fetchall())
