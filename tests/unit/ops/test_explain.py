"""`sla explain` shows what a service answers about the rules of a ticket."""

import asyncio
import json
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from typer.testing import CliRunner, Result

from ops.cli import app
from tests.support.web import serving

ANSWER = {
    "external_id": "T-1",
    "at": "2026-01-05T09:00:00Z",
    "known_at": None,
    "policy_version": 3,
    "rule": "gold",
    "why": [
        {"rule": "Outage", "matched": False, "because": "team is billing, not payments"},
        {"rule": "gold", "matched": True, "because": "customer tier is gold"},
    ],
    "promise": "Customer tier gold is promised at priority P1: resolution within 4h.",
    "clocks": [],
}


async def explained(answer: dict[str, Any], status: int, *options: str) -> Result:
    async def service(scope: Scope, receive: Receive, send: Send) -> None:
        healthy = scope["path"] == "/health"
        body = {"service": "x"} if healthy else answer
        await JSONResponse(body, 200 if healthy else status)(scope, receive, send)

    async with serving(service) as url:
        asked = ["explain", "T-1", "--url", url, *options]
        return await asyncio.to_thread(CliRunner().invoke, app, asked)


async def test_the_rules_are_shown_with_what_fails_and_the_one_that_decides() -> None:
    result = await explained(ANSWER, 200)
    assert (result.exit_code, result.stdout.splitlines()) == (
        0,
        [
            "T-1 at Mon 2026-01-05 09:00:00 (UTC)",
            "Customer tier gold is promised at priority P1: resolution within 4h.",
            "Why? The first that matches decides, in this order (configuration version 3):",
            "  no   Outage: team is billing, not payments",
            "  yes  gold: customer tier is gold",
        ],
    )


async def test_for_machines_it_is_json() -> None:
    shown = json.loads((await explained(ANSWER, 200, "--json")).stdout)
    assert shown == {name: given for name, given in ANSWER.items() if name != "clocks"}


async def test_before_its_creation_a_ticket_has_no_rules_to_tell_of() -> None:
    early = {**ANSWER, "rule": None, "why": [], "promise": "The ticket did not exist yet."}
    assert (await explained(early, 200)).stdout.splitlines()[1:] == [early["promise"]]


async def test_a_ticket_that_is_unknown_is_said() -> None:
    result = await explained({"status": 404, "detail": "There is no ticket T-1."}, 404)
    assert (result.exit_code, result.stderr) == (1, "There is no ticket T-1.\n")
