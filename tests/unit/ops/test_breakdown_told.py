"""`sla breakdown`: what it shows of a service's answer."""

import asyncio
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from typer.testing import CliRunner

from ops.cli import app
from tests.support.web import serving


def divided(counted: float, paused: float = 0) -> dict[str, float]:
    return {
        "counted_seconds": counted,
        "paused_seconds": paused,
        "excused_seconds": 0,
        "out_of_hours_seconds": 0,
    }


def part(counted: float, paused: float = 0, **whose: Any) -> dict[str, Any]:
    nobody = {"team": None, "assigned": False, "assigned_to": None, "status": None, "rule": None}
    return {**nobody, **whose, **divided(counted, paused)}


async def shown(cycles: list[dict[str, Any]], *options: str) -> list[list[str]]:
    """The words of each line."""
    about = {"external_id": "T-1", "at": "2026-01-05T09:00:00Z", "known_at": None}
    answer = {**about, "cycles": cycles}

    async def service(scope: Scope, receive: Receive, send: Send) -> None:
        health = scope["path"] == "/health"
        assert health or scope["path"] == "/tickets/T-1/breakdown"
        await JSONResponse({"service": "x"} if health else answer)(scope, receive, send)

    async with serving(service) as url:
        asked = ["breakdown", "T-1", "--url", url, *options]
        result = await asyncio.to_thread(CliRunner().invoke, app, asked)
    assert result.exit_code == 0, result.output
    return [line.split() for line in result.stdout.splitlines() if line.strip(" ─╷╵╶╴")]


async def test_each_cycle_is_a_table_whose_last_line_is_the_whole() -> None:
    parts = [
        part(60, team="support", assigned=True, assigned_to="jane", status="open", rule="Outage"),
        part(0, 7265.5, assigned=True, status="on-hold"),
        part(1),
    ]
    whole = {"clock": "resolution", "cycle": 2, "parts": parts, **divided(61, 7265.5)}
    lines = await shown([whole])
    assert lines[0] == ["T-1", "at", "Mon", "2026-01-05", "09:00:00", "(UTC)"]
    assert lines[1] == ["resolution", "(cycle", "2),", "in", "h:mm:ss"]
    assert lines[-4:] == [
        ["support", "jane", "open", "Outage", "0:01:00", "-", "-", "-"],
        ["-", "somebody", "on-hold", "-", "-", "2:01:05", "-", "-"],
        ["-", "-", "-", "-", "0:00:01", "-", "-", "-"],
        ["all", "0:01:01", "2:01:05", "-", "-"],
    ]


async def test_a_ticket_without_promises_is_said_to_have_none() -> None:
    told = await shown([])
    assert " ".join(told[-1]) == "Nothing is promised, so no time is counted."


async def test_machines_are_told_in_json() -> None:
    assert (await shown([], "--json"))[0] == ["{"]
