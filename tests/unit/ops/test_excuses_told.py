"""What `sla excuses` says of what a service answers."""

import asyncio
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from typer.testing import CliRunner

from ops.cli import app
from ops.commands.excuses import conditions
from tests.support.web import serving

GRANTED: dict[str, Any] = {
    "excuse_id": "E",
    "state": "ended",
    "from": "2026-01-05T09:00:00Z",
    "until": None,
    "windows": 1,
    "reason": "outage",
    "rrule": None,
    "time_zone": None,
    "granted_by": "ann",
    "ended_at": None,
    "applied": {"done": 1, "total": 1},
}


def text(clock: str) -> str:
    return f"2026-01-05T{clock}Z"


def said(answer: dict[str, Any], *arguments: str) -> list[str]:
    """The lines of a command, where a service answers this to whatever it is asked."""

    async def service(scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse({"service": "SLA Tracker API", **answer})(scope, receive, send)

    async def scene() -> str:
        async with serving(service) as url:
            command = ["excuses", *arguments, "--url", url]
            return (await asyncio.to_thread(CliRunner().invoke, app, command)).output

    return asyncio.run(scene()).splitlines()


def listed(**said_of_it: Any) -> str:
    [line] = said({"items": [{**GRANTED, **said_of_it}], "total": 1}, "list")
    return line


def test_of_one_that_was_ended_its_end_is_told() -> None:
    ended = {"ended_at": "2026-01-05T10:30:00.250000Z"}
    assert " to going on  outage (ann; 1 ticket moved)" in listed()
    assert " to 2026-01-05T10:30:00.250000Z  outage" in listed(**ended)
    assert " to 2026-01-05T10:30:00.250000Z  outage" in listed(**ended, until=text("12:00:00"))
    assert f" to {text('10:30:00')}  outage" in listed(**ended, until=text("10:30:00"))


def test_one_that_recurs_is_told_from_one_that_goes_on_all_the_time() -> None:
    weekly = {"rrule": "FREQ=WEEKLY;COUNT=3", "time_zone": "UTC", "windows": 3}
    told = listed(**weekly, until="2026-01-19T10:00:00Z")
    assert " to 2026-01-19T10:00:00Z, 3 times (FREQ=WEEKLY;COUNT=3, UTC)  outage" in told


def test_a_preview_shows_also_where_nothing_would_be_decided_any_more() -> None:
    def attained(priority: str, percent: float) -> dict[str, Any]:
        group = {"tier": "gold", "priority": priority, "clock": "resolution"}
        return {**group, "met": 0, "breached": 1, "attainment_percent": percent}

    found: dict[str, Any] = {
        "tickets": 2,
        "cycles_changed": 1,
        "alerts_withdrawn": 1,
        "attainment": {
            "before": [attained("p1", 0.0), attained("p2", 50.0)],
            "after": [attained("p2", 100.0), attained("p3", 0.0)],
        },
        "warnings": [],
    }
    asked = ["--everything", "--from", text("09:00:00"), "--until", text("10:00:00")]
    assert said(found, "preview", *asked)[1:] == [
        "gold p1 resolution: 0.0 % -> nothing decided",
        "gold p2 resolution: 50.0 % -> 100.0 %",
        "gold p3 resolution: nothing decided -> 0.0 %",
    ]


def test_a_name_may_have_a_comma_by_a_backslash_before_it() -> None:
    given = [r"team=Payments\, EU,Network", "priority=P0, P1", "priority=P2"]
    assert conditions("--match", given) == {
        "team": ["Payments, EU", "Network"],
        "priority": ["P0", "P1", "P2"],
    }
