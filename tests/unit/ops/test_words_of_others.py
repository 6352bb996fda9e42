"""What tickets and people say is printed as it stands: no markup, no pictures, one line a thing."""

import asyncio
from collections.abc import Mapping
from io import StringIO
from typing import Any

import pytest
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from typer.testing import CliRunner, Result

from ops.cli import app
from ops.commands import exits, import_asked
from tests.support.web import serving

FORGED = "2026-10-05T09:00:00Z  revoke_token  chief"
BY = f"[EU] :email: jane\n{FORGED}\x1b[2K"


async def answered(body: Mapping[str, Any], *arguments: str) -> Result:
    """What a command makes of such an answer of a service."""

    async def service(scope: Scope, receive: Receive, send: Send) -> None:
        whole = {"service": "x"} if scope["path"] == "/health" else body
        await JSONResponse(whole)(scope, receive, send)

    async with serving(service) as url:
        return await asyncio.to_thread(CliRunner().invoke, app, [*arguments, "--url", url])


def shown(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    assert "\x1b" not in result.stdout
    return result.stdout.splitlines()


async def test_a_name_in_brackets_is_no_style_of_a_table() -> None:
    part = {"team": "[EU] desk", "assigned_to": "[/foo]", "status": ":warning:", "rule": None}
    times = {f"{one}_seconds": 60.0 for one in ("counted", "paused", "excused", "out_of_hours")}
    cycle = {"clock": "response", "cycle": 1, "parts": [part | times], **times}
    body = {"external_id": "[b]A-1", "at": "2026-10-05T09:00:00Z", "known_at": None}
    result = await answered(body | {"cycles": [cycle]}, "breakdown", "A-1")
    lines = shown(result)
    assert lines[0].startswith("[b]A-1 at ")
    (row,) = [line for line in lines if "[EU] desk" in line]
    assert row.split()[:4] == ["[EU]", "desk", "[/foo]", ":warning:"]


async def test_nobody_writes_a_line_into_the_list_of_who_did_what() -> None:
    one = {"recorded_at": "2026-10-05T08:00:00Z", "command": "acknowledge", "by": BY}
    rest = {"through": None, "about": "A-1", "reason": "and\nthen"}
    page: Mapping[str, Any] = {"items": [one | rest], "next_after": 7}

    async def service(scope: Scope, receive: Receive, send: Send) -> None:
        over = b"after=7" in scope["query_string"]
        body = {**page, "service": "x", "items": page["items"][over:]}
        await JSONResponse(body)(scope, receive, send)

    async with serving(service) as url:
        result = await asyncio.to_thread(CliRunner().invoke, app, ["log", "commands", "--url", url])
    (line,) = shown(result)
    assert line == (
        f"2026-10-05T08:00:00Z  acknowledge  [EU] :email: jane {FORGED}\\x1b[2K  A-1: and then"
    )


async def test_a_title_of_two_lines_is_one_line_of_a_timeline() -> None:
    entry = {"occurred_at": "2026-10-05T09:00:00Z", "explanation": f'Reported: title "{BY}".'}
    body = {"external_id": "A-1", "as_of": "2026-10-05T09:00:00Z", "known_at": None}
    result = await answered(body | {"time_zone": "UTC", "entries": [entry]}, "timeline", "A-1")
    assert len(shown(result)) == 2


def test_what_turns_a_line_around_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    written = StringIO()
    monkeypatch.setattr(exits, "out", exits.Plain(file=written, width=80))
    exits.line("paid \u202eton\u202c, said \u2066Ann\u2069\u2028A-2 \x85 A-3 \r A-4")
    assert written.getvalue() == (
        "paid \\u202eton\\u202c, said \\u2066Ann\\u2069 A-2   A-3   A-4\n"
    )


def test_a_question_names_a_status_as_the_file_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    written = StringIO()
    monkeypatch.setattr(import_asked, "err", exits.Plain(file=written, width=200))

    answers = ["what?", "open"]

    def typed(*_: object) -> str:
        return answers.pop(0)

    monkeypatch.setattr("builtins.input", typed)
    assert import_asked.status("[/Closed]", 2, None) == "open"
    assert "'[/Closed]'" in written.getvalue()
    assert "That is none of the choices." in written.getvalue()
    answers += ["maybe", "y"]
    assert import_asked.confirmed()
    assert ": Answer y or n." in written.getvalue()
