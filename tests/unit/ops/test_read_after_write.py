"""Whoever gives a command and then asks sees what it did, though read tables follow the log."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from typer.testing import CliRunner, Result

from ops.cli import app
from tests.support.web import serving

ONE = "00000000-0000-0000-0000-000000000001"
POSITION = 7
MATCH = ("--match", "team=a")
WHY = ("--by", "ann", "--reason", "move")
HOUR = ("2026-01-05T09:00:00Z", "2026-01-05T10:00:00Z")


class Behind:
    """A service whose read tables have come as far as somebody has waited for."""

    def __init__(self, status: int = 200) -> None:
        self.reached = 0
        self.waited_at: list[str] = []
        self.status = status
        """Of the answer to who waits."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        asked = request.query_params.get("wait_for")
        if request.url.path == "/health":
            found: dict[str, Any] = {"service": "SLA Tracker API"}
        elif request.url.path == "/tickets":
            sent = json.loads(await request.body())["tickets"]
            results = [{"index": index, "outcome": "accepted"} for index in range(len(sent))]
            found = {"results": results, "position": POSITION}
        elif request.method != "GET":
            id_ = {"silence_id": ONE, "excuse_id": ONE}
            found = {**id_, "position": POSITION, "warnings": []}
        elif asked is not None and self.status != 200:
            await JSONResponse({"detail": "no"}, self.status)(scope, receive, send)
            return
        else:
            self.reached = max(self.reached, int(asked or 0))
            self.waited_at += [request.url.path] if asked is not None else []
            found = {"items": [], "total": 0}
        await JSONResponse(found)(scope, receive, send)


def given(service: Behind, *arguments: str) -> Result:
    async def scene() -> Result:
        async with serving(service) as url:
            return await asyncio.to_thread(CliRunner().invoke, app, [*arguments, "--url", url])

    return asyncio.run(scene())


@pytest.mark.parametrize(
    "command",
    [
        ("silences", "create", *MATCH, "--until", HOUR[1], *WHY),
        ("silences", "end", ONE),
        ("excuses", "grant", *MATCH, "--from", HOUR[0], "--until", HOUR[1], *WHY),
        ("excuses", "end", ONE, "--by", "ann"),
        ("excuses", "withdraw", ONE, *WHY),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_a_command_ends_once_lists_show_what_it_did(command: tuple[str, ...]) -> None:
    service = Behind()
    result = given(service, *command)
    assert (result.exit_code, result.stderr) == (0, "")
    assert service.reached == POSITION


def test_where_the_tables_are_far_behind_that_is_said_and_it_is_done_all_the_same() -> None:
    result = given(Behind(504), "silences", "end", ONE)
    assert (result.exit_code, result.stdout) == (0, f"Ended: {ONE}\n")
    assert "Lists show it later: the read tables are behind." in result.stderr


def test_whoever_may_not_read_needs_not_be_told_of_it() -> None:
    result = given(Behind(403), "silences", "end", ONE)
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (
            '{"external_id": "T-1", "updated_at": "2026-10-05T09:04:00Z"}\n',
            ("--format", "jsonl"),
        ),
        (
            "Ticket,Opened,Status,Priority\nT-1,2026-10-05 09:04,Open,Urgent\n",
            ("--yes", "--tier", "gold", "--timezone", "UTC", "--updated-at", "2026-10-06T09:00Z"),
        ),
    ],
    ids=["as it is", "a table"],
)
def test_an_import_ends_once_the_board_and_the_figures_have_it(
    tmp_path: Path, text: str, options: tuple[str, ...]
) -> None:
    (file := tmp_path / "tickets").write_text(text)
    service = Behind()
    result = given(service, "import", str(file), *options)
    assert result.exit_code == 0, result.output
    assert (service.reached, service.waited_at) == (POSITION, ["/dashboard", "/alerts"])
    late = given(Behind(504), "import", str(file), *options)
    assert late.exit_code == 0, late.output
    assert late.stderr.count("Lists show it later: the read tables are behind.") == 1
