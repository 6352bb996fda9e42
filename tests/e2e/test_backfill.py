"""What was before a desk was connected comes by one command."""

import asyncio
from pathlib import Path

import httpx
from typer.testing import CliRunner, Result

from ops.cli import app
from tests.support.desk_apis import Zendesk
from tests.support.service import running, service

CONFIG = """
sla_targets:
  GOLD:
    P1: {{response: 30m, resolution: 2h}}
    P2: {{response: 30m, resolution: 4h}}
sources:
  helpdesk:
    desk: zendesk
    secret_env: HELPDESK_SECRET
    tiers: {{default: gold}}
    priorities: {{map: {{urgent: P1, high: P2}}}}
    api_url: {url}
    api_user_env: HELPDESK_USER
    api_token_env: HELPDESK_TOKEN
    api_private: true
    reconcile: 1h
"""


async def sla(*arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, arguments)


async def test_what_was_before_is_read_by_one_command(database_url: str, tmp_path: Path) -> None:
    async with Zendesk(count=3, per_page=2).running() as there:
        program = service(
            tmp_path,
            CONFIG.format(url=there.url),
            database=database_url,
            HELPDESK_SECRET="a-secret",
            HELPDESK_USER="ann@example.com",
            HELPDESK_TOKEN="s3cret",
        )
        with running(program):
            asked = ("backfill", "helpdesk", "--since", "2026-01-01", "--url", program.url)
            done = await sla(*asked)
            assert (done.exit_code, done.stderr) == (0, "")
            words = " ".join(done.stdout.split())
            assert "tickets read 3" in words
            assert "updates added 27" in words
            again = await sla(*asked)
            assert "updates added 0" in " ".join(again.stdout.split())
            listed = await sla("sources", "list", "--url", program.url)
            assert "backfill, last at" in listed.stdout
            async with httpx.AsyncClient(base_url=program.url) as client:
                told = await client.get("/tickets/5158/sla?as_of=2026-01-05T12:00:00Z")
            clocks = told.json()["clocks"]
            assert [(one["name"], one["elapsed_seconds"]) for one in clocks] == [
                ("response", 600),
                ("resolution", 4200),
            ]
            there.lets_in = "another"
            refused = await sla(*asked)
            assert refused.exit_code == 1
            assert "It does not go on: the API answers 401 Unauthorized" in refused.stdout
            unknown = await sla("backfill", "shop", "--since", "2026-01-01", "--url", program.url)
            assert (unknown.exit_code, "The API of 'shop' cannot be asked" in unknown.stderr) == (
                1,
                True,
            )
    wrong = await sla("backfill", "helpdesk", "--since", "yesterday")
    assert (wrong.exit_code, "no date: 'yesterday'" in wrong.stderr) == (2, True)
