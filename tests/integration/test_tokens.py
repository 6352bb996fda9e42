"""Tokens are made, listed, used, revoked and expire while processes run, and all come to know."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import Depends, FastAPI
from pydantic import SecretStr
from starlette.requests import Request
from typer.testing import CliRunner
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from command_side.deciding.tokens import id_of
from config.settings import Settings
from ops.admitting import Admitting
from ops.cli import app as cli
from ops.http import problems
from ops.http.bodies import BoundedBody
from ops.http.held import Held
from query_side import streams
from query_side.live import Tailer
from tests.support.desk import Process
from tests.support.house import eventually
from tests.support.service import database_url_of
from tests.support.serving import serving
from tests.support.web import calling

SHAPE = re.compile("sla_[a-z0-9]{8}_[A-Za-z0-9]{43}")
NEW: dict[str, Any] = {"name": "grafana", "scopes": ["read"], "by": "ann"}


class Place:
    """One process's door, with a route for readers and one for writers behind it."""

    def __init__(self, process: Process, configured: str = "", **settings: Any) -> None:
        self.process = process
        told: dict[str, Any] = {"api_tokens": SecretStr(configured), "api_tokens_file": None}
        self.admitting = Admitting(process.pool, Settings(**told, **settings), process.now)
        self.tailer = Tailer(process.pool, process.now)
        self.app = app = FastAPI()
        app.add_middleware(Held, streams=self.admitting.streams)
        app.add_middleware(BoundedBody, limit=10_000, door=self.admitting.door)
        door = self.admitting.door
        app.include_router(self.admitting.routes(), dependencies=[Depends(door.requires("admin"))])
        app.include_router(
            streams.build(self.tailer), dependencies=[Depends(door.requires("read"))]
        )

        @app.get("/read", dependencies=[Depends(door.requires("read"))])
        async def read() -> str:
            return "welcome"

        @app.post("/write", dependencies=[Depends(door.requires("write"))])
        async def write(request: Request) -> int:
            return len(await request.body())

        assert read
        assert write
        problems.install(app, {})

    def client(self, token: str = "") -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return calling(self.app, headers=headers)

    async def status(self, token: str, path: str = "/read") -> int:
        async with self.client(token) as client:
            return (await client.get(path)).status_code

    async def follow(self) -> None:
        """As is done every second."""
        for one in self.admitting.followers().values():
            await one()

    async def made(self, with_: str = "", **changes: Any) -> dict[str, Any]:
        """A new token, made with another one."""
        async with self.client(with_) as client:
            answer = await client.post("/tokens", json={**NEW, **changes})
        assert answer.status_code == 201, answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.json()

    @asynccontextmanager
    async def answering(self) -> AsyncGenerator[str]:
        stop = asyncio.Event()
        running = asyncio.create_task(self.tailer.run(stop))
        async with serving(self.app) as address:
            yield address
            stop.set()
        await running


@pytest.fixture
async def place(process: Process) -> Place:
    return Place(process)


async def test_the_first_token_shuts_the_door_and_revoking_the_last_opens_it_for_nobody(
    place: Place,
) -> None:
    assert await place.status("") == 200
    made = await place.made(scopes=["admin"])
    assert SHAPE.fullmatch(made["token"])
    assert id_of(made["token"]) == made["token_id"]
    assert (await place.status(""), await place.status(made["token"])) == (401, 200)
    async with place.client(made["token"]) as chief:
        gone = await chief.delete(f"/tokens/{made['token_id']}", params={"reason": "leaves"})
        assert gone.status_code == 200, gone.text
        answer = await chief.get("/read")
    assert (answer.status_code, answer.json()["detail"]) == (401, "The token was revoked.")
    assert await place.status("") == 401


async def test_other_processes_know_of_a_token_and_of_its_end_as_soon_as_they_look(
    process: Process,
) -> None:
    one, other = Place(process), Place(process)
    chief = await one.made(scopes=["admin"])
    reader = await one.made(chief["token"], name="reader")
    assert await other.status("") == 200  # for a second or so
    await other.follow()
    assert (await other.status(""), await other.status(reader["token"])) == (401, 200)
    async with other.client(chief["token"]) as client:
        await client.delete(f"/tokens/{reader['token_id']}", params={"reason": "a test"})
    assert (await one.status(reader["token"]), await other.status(reader["token"])) == (200, 401)
    await one.follow()
    assert await one.status(reader["token"]) == 401


async def test_a_token_opens_its_scopes_until_it_expires(place: Place) -> None:
    at = place.process.clock.now + timedelta(days=1)
    made = await place.made(scopes=["read", "audit"], expires_at=at.isoformat())
    assert (await place.status(made["token"]), await place.status(made["token"], "/tokens")) == (
        *(200, 403),
    )
    place.process.clock.set(at - timedelta(microseconds=1))
    assert await place.status(made["token"]) == 200
    place.process.clock.set(at)
    async with place.client(made["token"]) as client:
        answer = await client.get("/read")
    assert (answer.status_code, answer.json()["detail"]) == (401, "The token has expired.")
    assert made["token"] not in answer.text


async def test_what_is_not_quite_a_token_opens_nothing_and_is_never_repeated(place: Place) -> None:
    made = (await place.made())["token"]
    wrong = [made[:-1], made + "x", made.swapcase(), made.replace("sla_", ""), made[:13]]
    wrong += [f"sla_{'0' * 8}_{made[13:]}", made[:12] + "-" + made[13:]]
    async with place.client() as client:
        for token in wrong:
            answer = await client.get("/read", headers={"Authorization": f"Bearer {token}"})
            assert (answer.status_code, answer.json()["detail"]) == (401, "The token is not known.")
            assert token not in answer.text


async def test_the_log_holds_no_secret(place: Place) -> None:
    made = (await place.made())["token"]
    async with place.process.pool.connection() as conn:
        rows = await (
            await conn.execute("select state, personal, correlation_id from events")
        ).fetchall()
        [(state,)] = await (
            await conn.execute("select state from events where topic = 'token.made.v1'")
        ).fetchall()
    assert made[13:].encode() not in b"".join(
        bytes(part or b"") for row in rows for part in row[:2]
    )
    assert b'"grafana"' in state


async def test_tokens_are_listed_with_who_made_them_and_when_they_were_last_used(
    place: Place,
) -> None:
    chief = await place.made(name="chief", scopes=["admin", "read"])
    await place.made(chief["token"], name="reader", by="bob", requests_a_minute=9)
    async with place.client(chief["token"]) as client:
        await place.follow()
        first, second = (await client.get("/tokens")).json()["items"]
        revoked = await client.delete(
            f"/tokens/{second['token_id']}", params={"reason": "lost", "by": "eve"}
        )
        again = await client.delete(
            f"/tokens/{second['token_id']}", params={"reason": "lost", "by": "eve"}
        )
        third = (await client.get("/tokens")).json()["items"][1]
    assert (first["name"], first["scopes"], first["state"]) == ("chief", ["read", "admin"], "good")
    assert first["last_used_at"] == first["made_at"]  # the clock stands
    assert (second["made_by"], second["requests_a_minute"], second["last_used_at"]) == (
        *("bob", 9, None),
    )
    unknown = "There is no such token, or it was revoked before."
    assert (revoked.status_code, again.status_code) == (200, 404)
    assert again.json()["detail"] == unknown
    assert (third["state"], third["revoked_by"], third["revoked_because"]) == (
        *("revoked", "eve", "lost"),
    )


async def test_the_last_use_is_written_once_a_minute_and_never_goes_back(process: Process) -> None:
    one, other = Place(process), Place(process)
    made = await one.made()
    await other.follow()
    for place, minutes, written in ((one, 0, 0), (one, 0.5, 0), (other, 10, 10), (one, 5, 10)):
        process.clock.set(minutes)
        await place.status(made["token"])
        await place.follow()
        used = await place.admitting.tokens.last_used()
        assert used[made["token_id"]] == process.clock.set(written), minutes
    await one.status(made["token"])
    process.clock.set(20)
    await one.status(made["token"])
    await one.admitting.close()
    used = await one.admitting.tokens.last_used()
    assert used[made["token_id"]] == process.clock.now


async def test_two_good_tokens_never_share_a_name(place: Place) -> None:
    chief = (await place.made(name="chief", scopes=["admin"]))["token"]
    first = await place.made(chief)
    async with place.client(chief) as client:
        taken = await client.post("/tokens", json=NEW)
        assert (taken.status_code, taken.json()["detail"]) == (
            *(409, "a token named 'grafana' is in use"),
        )
        await client.delete(f"/tokens/{first['token_id']}", params={"reason": "a new one comes"})
        assert (await client.post("/tokens", json=NEW)).status_code == 201


@pytest.mark.parametrize(
    ("change", "member", "wrong"),
    [
        ({"name": ""}, "name", "pattern"),
        ({"name": "configured 1"}, "name", "pattern"),
        ({"scopes": []}, "scopes", "empty"),
        ({"scopes": ["root"]}, 0, "must be"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at", "must lie ahead"),
        ({"requests_a_minute": 0}, "requests_a_minute", "greater"),
        ({"scope": ["read"]}, "scope", "did you mean 'scopes'"),
    ],
)
async def test_what_makes_no_token_is_told_where(
    place: Place, change: dict[str, Any], member: str, wrong: str
) -> None:
    async with place.client() as client:
        answer = await client.post("/tokens", json={**NEW, **change})
    assert answer.status_code == 422, answer.text
    found = {one["loc"][-1]: one["msg"] for one in answer.json()["errors"]}
    assert wrong in found[member], found


async def test_too_many_requests_of_one_token_wait_and_others_do_not(process: Process) -> None:
    place = Place(process, "chief:admin", token_requests_a_minute=3)
    slow = (await place.made("chief", requests_a_minute=2))["token"]
    assert [await place.status(slow) for _ in range(3)] == [200, 200, 429]
    async with place.client(slow) as client:
        refused = await client.get("/read")
    assert 0 < int(refused.headers["Retry-After"]) <= 30
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["detail"].startswith("More than 2 requests a minute")
    assert [await place.status("chief") for _ in range(3)] == [200, 200, 429]  # one was the making


async def test_whoever_has_no_token_sends_nothing_before_it_is_refused(place: Place) -> None:
    token = (await place.made(scopes=["write"]))["token"]

    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("it was read")
        yield b""

    async with place.client() as client:
        answer = await client.post("/write", content=never())
        assert answer.status_code == 401
        shown = {"Authorization": f"Bearer {token}"}
        assert (await client.post("/write", content=b"four", headers=shown)).json() == 4


@pytest.mark.parametrize("how", ["revoked", "expired"])
async def test_streams_of_a_token_that_is_good_no_more_are_closed(place: Place, how: str) -> None:
    at = place.process.clock.now + timedelta(hours=1)
    made = await place.made(expires_at=at.isoformat())
    shown = {"Authorization": f"Bearer {made['token']}"}
    async with (
        place.answering() as address,
        connect(f"ws://{address}/ws/alerts", additional_headers=shown) as socket,
        httpx.AsyncClient(base_url=f"http://{address}", headers=shown) as client,
        client.stream("GET", "/alerts/stream") as events,
    ):
        await eventually(lambda: place.tailer.open_streams == 2)
        await place.follow()
        assert place.tailer.open_streams == 2
        if how == "expired":
            place.process.clock.set(at)
        else:
            await place.admitting.tokens.revoke(
                "grafana", reason="lost", by=None, now=place.process.now(), correlation_id=None
            )
        await place.follow()
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (
            *(1008, "the token is good no more"),
        )
        assert await events.aread() == b""
        await eventually(lambda: place.tailer.open_streams == 0)


async def test_streams_that_nobody_needed_a_token_for_are_closed_by_the_first(
    place: Place,
) -> None:
    async with place.answering() as address, connect(f"ws://{address}/ws/alerts") as socket:
        await place.made()
        await place.follow()
        with pytest.raises(ConnectionClosed):
            await socket.recv()


def test_a_terminal_makes_lists_and_revokes_them_without_a_service(database_url: str) -> None:
    def sla(*words: str) -> Any:
        where = {"DATABASE_URL": database_url_of(database_url)}
        return CliRunner().invoke(cli, ["tokens", *words], env=where)

    made = sla("create", "ci", "--scope", "read,audit", "--expires", "90d", "--by", "ann")
    assert made.exit_code == 0, made.output
    token = made.stdout.strip()
    assert SHAPE.fullmatch(token)
    assert "Keep it now" in made.stderr
    assert token not in made.stderr
    listed = sla("list")
    assert [word in listed.stdout for word in ("ci", "read, audit", "ann")] == [True] * 3
    assert token not in listed.stdout
    assert sla("create", "ci", "--scope", "read").exit_code == 1
    assert sla("revoke", "ci", "--reason", "over").stdout == f"Revoked: ci ({id_of(token)})\n"
    assert sla("revoke", "ci", "--reason", "over").exit_code == 1
    assert "--all shows" in sla("list").stdout
    assert '"revoked"' in sla("list", "--all", "--json").stdout
    for words in (["a b", "--scope", "read"], ["x", "--scope", "root"]):
        assert sla("create", *words).exit_code == 2
    for expires in ("soon", "0d", "99999d", "2020-01-01"):
        assert sla("create", "x", "--scope", "read", "--expires", expires).exit_code == 2
