"""`sla status`: what /health knows, for a person."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send
from typer.testing import CliRunner, Result

from ops.cli import app
from ops.commands import exits, status
from ops.http.in_time import TOO_LONG
from query_side.desk_health import DeskHealth
from query_side.health import (
    ClockHealth,
    ConfigHealth,
    DatabaseHealth,
    EngineHealth,
    Health,
    LogHealth,
    OutboxHealth,
    ReplicaHealth,
    UnreachableChannel,
    Verdict,
)
from query_side.on_call_health import OnCallHealth
from query_side.stored_health import DeadChannel, ProjectionLag
from query_side.troubles import Kind, Trouble
from tests.support.web import serving

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)


def answer(verdict: Verdict = "healthy", *kinds: Kind, **parts: Any) -> dict[str, Any]:
    """What /health answers: of a service in which all is well, but for these parts."""
    lag = ProjectionLag(
        name="tickets", position=1234, behind_events=0, behind_seconds=0, parked=0, fed=True
    )
    well: dict[str, Any] = {
        "database": DatabaseHealth(reachable=True),
        "projections": [lag],
        "outbox": OutboxHealth(dead=0, skipped=0, unreachable=[], dead_channels=[]),
        "engine": EngineHealth(last_tick_at=AT, error=None, waiting_seconds=0),
        "config": ConfigHealth(version=3, error=None),
        "clock": ClockHealth(ahead_seconds=0.001),
        "log": LogHealth(lost_lines=0, losing=False),
        "on_call": [],
        "desks": [],
        "ended_parts": [],
        "troubles": [Trouble(kind=one, what=f"{one}!", remedy="Mend [it].") for one in kinds],
    }
    return Health(status=verdict, **(well | parts)).model_dump(mode="json")


def followed(**about: Any) -> DatabaseHealth:
    return DatabaseHealth(reachable=True, replica=ReplicaHealth(**about))


def asked(said: Response, *more: str) -> Result:
    async def service(scope: Scope, receive: Receive, send: Send) -> None:
        await said(scope, receive, send)

    async def scene() -> Result:
        async with serving(service) as url:
            arguments = ["status", "--url", url, *more]
            return await asyncio.to_thread(CliRunner().invoke, app, arguments)

    return asyncio.run(scene())


def test_a_service_in_which_all_is_well_is_one_short_list() -> None:
    result = asked(JSONResponse(answer()))
    assert result.exit_code == 0
    first, _, *parts = result.stdout.splitlines()
    assert first.endswith(": healthy")
    assert [line.split(maxsplit=2) for line in parts] == [
        ["ok", "database", "answers"],
        ["ok", "parts", "all run"],
        ["ok", "alerts", "nothing is late; looked last at 2026-01-05T09:00:00Z"],
        ["ok", "board", "up to date, position 1,234"],
        ["ok", "messages", "none given up"],
        ["ok", "promises", "version 3 is in force"],
        ["ok", "clock", "0.001 seconds ahead of the database's"],
        ["ok", "log", "is written"],
    ]


@pytest.mark.parametrize(
    ("part", "kinds", "parts", "words"),
    [
        ("database", ["database"], {"database": DatabaseHealth(reachable=False)}, "does not"),
        (
            "replica",
            ["replica"],
            {"database": followed(used=False, behind_seconds=7.4, position=1200)},
            "7 seconds behind, position 1,200: the primary answers",
        ),
        (
            "replica",
            ["replica"],
            {"database": followed(used=False, behind_seconds=None, position=None)},
            "does not answer: the primary does",
        ),
        ("parts", ["ended"], {"ended_parts": ["writer"]}, "ended: writer"),
        (
            "alerts",
            ["late"],
            {"engine": EngineHealth(last_tick_at=None, error=None, waiting_seconds=4711)},
            "waiting for 4,711 seconds",
        ),
        (
            "board",
            ["behind", "parked"],
            {
                "projections": [
                    ProjectionLag(
                        name="tickets",
                        position=1,
                        behind_events=2000,
                        behind_seconds=90,
                        parked=1,
                        fed=True,
                    )
                ]
            },
            "tickets is 2,000 events behind, the oldest of 90 seconds ago; 1 event parked",
        ),
        ("board", ["worker"], {"projections": []}, "no read tables yet"),
        (
            "messages",
            ["channel"],
            {
                "outbox": OutboxHealth(
                    dead=2,
                    held=1,
                    skipped=3,
                    unreachable=[
                        UnreachableChannel(name="mail", reason="", wanted=True),
                        UnreachableChannel(name="slack", reason="", wanted=False),
                    ],
                    dead_channels=[DeadChannel(name="ops", since=AT, reason=None, told=[])],
                )
            },
            "2 given up; 1 held; 3 skipped; without address: mail; take nothing: ops",
        ),
        (
            "promises",
            ["config"],
            {"config": ConfigHealth(version=None, error="line 3")},
            "none is in force; a newer file is refused",
        ),
        (
            "clock",
            ["clock"],
            {"clock": ClockHealth(ahead_seconds=-61, used=False)},
            "61.000 seconds behind the database's, which is used instead",
        ),
        ("clock", ["clock"], {"clock": ClockHealth()}, "is not compared with the database's"),
        (
            "on call",
            ["on_call"],
            {
                "on_call": [
                    OnCallHealth(
                        name="core", read_at=None, error="404", stale=True, gaps=0, unknown=0
                    )
                ]
            },
            "1 rotation; out of date: core",
        ),
        (
            "desks",
            ["desk"],
            {
                "desks": [
                    DeskHealth(
                        name="jira",
                        parked=2,
                        oldest=AT,
                        dropped_soon=0,
                        by_reconciliation=0,
                        api_error="401",
                    )
                ]
            },
            "jira: 2 not understood; jira: its API is not read",
        ),
        ("log", ["log"], {"log": LogHealth(lost_lines=7, losing=True)}, "7 lines could not be"),
    ],
)
def test_what_is_wrong_is_marked_where_it_is(
    part: str, kinds: list[Kind], parts: dict[str, Any], words: str
) -> None:
    found = list(status.lines(answer("degraded", *kinds, **parts)))
    marked = {one.part: one for one in found if one.mark != "ok"}
    assert list(marked) == [part]
    assert words in marked[part].words
    assert marked[part].mark == ("fault" if kinds[0] in ("database", "ended") else "look")


@pytest.mark.parametrize(("verdict", "code"), [("degraded", 1), ("unhealthy", 2)])
def test_each_trouble_is_told_with_what_to_do(verdict: Verdict, code: int) -> None:
    said = answer(verdict, "late", "desk")
    result = asked(JSONResponse(said, 503 if code == 2 else 200))
    assert result.exit_code == code
    assert "\nlate!\n  Mend [it].\n\ndesk!\n  Mend [it].\n" in result.stdout
    assert "desks" in result.stdout
    told = asked(JSONResponse(said), "--json")
    assert (told.exit_code, json.loads(told.stdout)) == (code, said)


@pytest.mark.parametrize("kind", ["undelivered", "uncovered", "replica"])
def test_what_is_nothing_to_a_probe_and_asks_for_a_person_is_no_success(kind: Kind) -> None:
    said = answer("healthy", kind)
    result = asked(JSONResponse(said))
    assert result.exit_code == 1
    assert ": healthy, and somebody should look\n" in result.stdout
    assert f"{kind}!\n  Mend [it]." in result.stdout
    told = asked(JSONResponse(said), "--json")
    assert (told.exit_code, json.loads(told.stdout)) == (1, said)


def test_without_an_answer_it_says_what_to_do() -> None:
    result = CliRunner().invoke(app, ["status", "--url", "http://127.0.0.1:1"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "No service answers at http://127.0.0.1:1." in result.stderr
    assert "`sla doctor` says what keeps it from it." in result.stderr
    told = CliRunner().invoke(app, ["status", "--url", "http://127.0.0.1:1", "--json"])
    assert told.exit_code == 2
    assert json.loads(told.stdout)["status"] == "unreachable"


@pytest.mark.parametrize("said", [PlainTextResponse("hello"), JSONResponse([]), JSONResponse({})])
def test_somebody_else_is_not_taken_for_the_service(said: Response) -> None:
    result = asked(said)
    assert result.exit_code == 2
    assert "it is not SLA Tracker" in result.stderr


BUSY: dict[str, Any] = {"status": 503, "detail": TOO_LONG, "correlation_id": "x"}
"""As a service answers that could not say in time how it is."""


def test_a_service_that_is_too_busy_to_say_how_it_is_is_not_taken_for_somebody_else() -> None:
    result = asked(JSONResponse(BUSY, 503))
    assert result.exit_code == 2
    assert "is too busy to say how it is. Ask again." in result.stderr


def test_a_service_that_is_too_busy_to_say_how_it_is_is_asked_all_the_same() -> None:
    async def service(scope: Scope, receive: Receive, send: Send) -> None:
        busy = scope["path"] == "/health"
        said = JSONResponse(BUSY, 503) if busy else JSONResponse({"items": [], "next_after": 0})
        await said(scope, receive, send)

    async def scene() -> Result:
        async with serving(service) as url:
            asked = ["log", "commands", "--url", url]
            return await asyncio.to_thread(CliRunner().invoke, app, asked)

    result = asyncio.run(scene())
    assert (result.exit_code, result.output) == (0, "")


def test_words_are_wrapped_for_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "one two three four five six"
    exits.paragraph(words, indent=2)
    assert capsys.readouterr().out == f"  {words}\n"
    monkeypatch.setattr(exits.out, "_force_terminal", True)
    monkeypatch.setattr(exits.out, "width", 20)
    exits.paragraph(words, indent=2)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("  ") for line in lines)
