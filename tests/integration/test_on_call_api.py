"""Who is on call, was, and should have been: over HTTP and by command."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from fastapi import FastAPI

from config.settings import Settings
from engine.sla.instants import micros
from ops import calendars
from ops.commands import on_call as command
from ops.commands.calendars import calendars_now
from query_side.audit import on_call
from query_side.errors import NotFound
from tests.support.desk import Process
from tests.support.feeds import Feed, calendar, feeding, read_here
from tests.support.items import at, text
from tests.support.web import serving


@pytest.fixture
async def feed(
    process: Process, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Feed]:
    monkeypatch.setattr(calendars, "read_apart", read_here)
    async with feeding(process, tmp_path) as feed:
        feed.text = calendar((0, 8, "anna"), (0, 20, "[L2] Ben"), (10, 20, "Zoe"))
        yield feed


def app(feed: Feed) -> FastAPI:
    found = FastAPI(openapi_url=None)
    found.include_router(on_call.build(feed.process.pool, feed.book, feed.process.now))
    found.add_api_route("/health", lambda: {"service": "SLA Tracker API"})
    return found


async def asked(feed: Feed, path: str, **question: str) -> Any:
    transport = httpx.ASGITransport(app=app(feed))
    async with httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
        return (await client.get(path, params=question)).json()


async def test_who_is_on_call_who_is_next_and_what_is_missing(feed: Feed) -> None:
    feed.overrides(calendar((4, 6, "ben")))
    await feed.look()
    (found,) = (await asked(feed, "/on-call"))["items"]
    assert found["now"] == [
        {"person": "anna", "level": 0, "until": text(240)},
        {"person": "ben", "level": 2, "until": text(1200)},
    ]
    assert found["next"] == [{"person": "ben", "level": 0, "from": text(240), "until": text(360)}]
    assert found["gaps"] == [{"from": text(480), "until": text(14 * 24 * 60)}]
    assert found["unknown"] == [{"said": "Zoe", "from": text(600)}]
    assert (found["stale"], found["error"], found["version"]) == (False, None, 1)
    assert (found["name"], found["fallback"], found["read_at"]) == ("payments", ["ben"], text(0))


async def test_last_night_is_answered_as_it_was_known_last_night(feed: Feed) -> None:
    await feed.look()
    feed.text = calendar((0, 8, "Ben"))
    await feed.look(60)

    async def people(**question: str) -> list[str]:
        found = await asked(feed, "/on-call/payments", **question)
        return [one["person"] for one in found["now"]]

    assert await people() == ["ben"]
    assert await people(at=text(30)) == ["anna", "ben"]
    assert await people(at=text(90), known_at=text(30)) == ["anna", "ben"]
    assert await people(known_at=text(30)) == ["anna", "ben"]
    assert await people(at=text(470)) == ["ben"]
    assert await people(at=text(500)) == []


async def test_calendars_that_were_not_read_for_a_day_are_stale(feed: Feed) -> None:
    before = await asked(feed, "/on-call/payments")
    assert (before["stale"], before["version"], before["read_at"]) == (True, None, None)
    await feed.look()
    feed.status = 500
    await feed.look(24 * 60)
    found = await asked(feed, "/on-call/payments")
    assert (found["stale"], found["error"][:30]) == (False, "PAYMENTS_ICAL_URL answers 500 ")
    await feed.look(1)
    assert (await asked(feed, "/on-call/payments"))["stale"] is True


async def test_messages_call_them_stale_by_when_they_could_be_read_last(feed: Feed) -> None:
    rotation = feed.book.current.rotations["payments"]
    rotas = feed.process.on_call

    async def stale() -> bool:
        await rotas.follow()
        return rotas.book.people(rotation, micros(feed.process.now()), 0).stale

    assert not await stale()
    feed.status = 500
    await feed.look()
    assert await stale()  # they could never be read
    feed.status = 200
    await feed.look(6)
    assert not await stale()
    feed.status = 500
    await feed.look(24 * 60)
    assert not await stale()
    await feed.look(1)
    assert await stale()


async def test_a_rotation_that_there_is_not_is_not_found(feed: Feed) -> None:
    with pytest.raises(NotFound, match="there is no rotation 'ops'"):
        await asked(feed, "/on-call/ops")
    for written in ("EMEA/ops", "EMEA%2Fops"):  # as one may be called
        with pytest.raises(NotFound, match="there is no rotation 'EMEA/ops'"):
            await asked(feed, f"/on-call/{written}")


async def test_the_command_says_it_in_lines(feed: Feed, capsys: pytest.CaptureFixture[str]) -> None:
    await feed.look()
    feed.status = 500
    await feed.look(2000)

    async def said(name: str | None = None, at: str | None = None, *, as_json: bool = False) -> str:
        asking: dict[str, Any] = {"known_at": None, "token": None, "as_json": as_json}
        async with serving(app(feed)) as url:
            await asyncio.to_thread(command.show, name, at=at, url=url, **asking)
        return capsys.readouterr().out

    assert await said() == (
        "payments: nobody, so ben is told\n"
        f"  nobody: from {text(2000)} until {text(2000 + 14 * 24 * 60)}\n"
        "  unknown: 'Zoe' from 2026-01-05T19:00:00Z\n"
        "  The calendars could not be read for more than a day, not since 2026-01-05T09:00:00Z.\n"
        "  PAYMENTS_ICAL_URL answers 500 Internal Server Error\n"
    )
    assert (await said("payments", at=text(0))).splitlines()[:2] == [
        "payments: anna until 2026-01-05T17:00:00Z; ben (from level 2) until 2026-01-06T05:00:00Z",
        "  nobody: from 2026-01-05T17:00:00Z until 2026-01-19T09:00:00Z",
    ]
    assert json.loads(await said("payments", as_json=True))["name"] == "payments"
    with pytest.raises(typer.Exit):
        command.show(None, at=text(0), known_at=None, url="", token=None, as_json=False)


async def test_a_check_online_says_what_the_calendars_say(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = feed.book.newest
    assert loaded is not None
    monkeypatch.setenv("PAYMENTS_ICAL_URL", feed.environment["PAYMENTS_ICAL_URL"])
    settings = Settings(private_calendars=True)
    assert await calendars_now(loaded, feed.folder, settings, at(0)) == [
        f"on_call.payments: nobody is on call from {text(480)} until {text(14 * 24 * 60)}",
        f"on_call.payments: nobody is called 'Zoe', who is on call from {text(600)}",
    ]
    assert await calendars_now(loaded, feed.folder, Settings(), at(0)) == [
        "on_call.payments: PAYMENTS_ICAL_URL is in a private network; PRIVATE_CALENDARS=true allows"
        " such addresses"
    ]
