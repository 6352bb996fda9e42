"""Slack is down for minutes, the service is killed twice meanwhile, and most of what happened is
over when Slack is back: whoever reads what arrives then is not misled."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ops.wiring import now
from tests.support import ledger
from tests.support.clients import Client, Slack, client_of, item
from tests.support.figures import Figures, scaled
from tests.support.outage import lines, notices, said
from tests.support.service import Program, mock_slack, running, service

pytestmark = pytest.mark.long

DOWN = scaled(300, least=30)
"""Seconds."""
EARLY = [f"EARLY-{number:03}" for number in range(8)]
"""Slack is told of their warnings before it is down, each in a thread of its own. They are breached
while it is down, and every other one is resolved."""
RESOLVED = [f"DONE-{number:03}" for number in range(200)]
"""Opened, breached and resolved while it is down."""
OPEN = [f"OPEN-{number:03}" for number in range(30)]
"""The same, but not resolved; the first five are acknowledged."""
APART, LATER, SOON = 2, 40, 5
"""Seconds between the early ones, and until they are breached; until the others are."""
CHANNELS = ("bot", "hook")
CONFIG = f"""
sla_targets:
  ENTERPRISE:
    P0: {{resolution: {SOON}s, escalation: {{LEVEL_1: 80%, LEVEL_2: 100%}}}}
    P1: {{resolution: {LATER}s, escalation: {{LEVEL_1: 100%}}}}
alert_thresholds: {{warning: 50, critical: 10}}
notifications:
  channels:
    bot:
      type: slack
      token_env: BOT_TOKEN
      channel: C0ALERTS
      base_url: SLACK/api
      mention: <!here>
    hook: {{type: slack, url_env: HOOK, mention: <!here>}}
"""


async def test_what_arrives_after_an_outage_says_what_is_so_by_then(
    database_url: str, tmp_path: Path, figures: Figures
) -> None:
    mock = mock_slack(tmp_path / "slack")
    with running(mock):
        slack = Slack(mock)
        program = service(
            tmp_path / "service",
            CONFIG.replace("SLACK", mock.url),
            database=database_url,
            BOT_TOKEN="xoxb-1",
            HOOK=f"{mock.url}/services/hook",
            SLACK_SIGNING_SECRET="shh",
            PUBLIC_URL="http://sla.example.com",
        )
        with running(program):
            async with client_of(program) as client:
                for ticket in EARLY:
                    await client.post(item(ticket, priority="P1", updated_at=now()))
                    await asyncio.sleep(APART)
                await client.until(warned(slack), "each has a thread")
                await is_down(client, slack, program)
                before = await slack.received()  # also what came as it began
                back = now()
                await slack.behave()
                await ledger.settled(database_url, patience=600)
                figures("seconds until all was told", (now() - back).total_seconds())
                await client.until(up_to_date(database_url), "first messages are as it is")
        after = (await slack.received())[len(before) :]
        first = [one for one in await slack.received() if is_first(one)]
    nothing_is_lost_or_doubled(database_url, [*before, *after])
    nobody_is_misled(after)
    what_it_began_with_shows_what_is_so(first)
    show(figures, before, after)


async def is_down(client: Client, slack: Slack, program: Program) -> None:
    """First it refuses everything, then it answers nothing in time."""
    began = now()

    async def at(part: float) -> None:
        left = began + timedelta(seconds=DOWN * part) - now()
        await asyncio.sleep(max(0.0, left.total_seconds()))

    async def strike() -> None:
        await asyncio.to_thread(program.kill)
        await asyncio.to_thread(program.start)

    await slack.behave(fail=10**6, status=503)
    await client.post(*(item(ticket, updated_at=now()) for ticket in RESOLVED + OPEN))
    await at(1 / 3)
    await strike()
    await at(1 / 2)
    over = [*RESOLVED, *EARLY[::2]]
    await client.post(*(item(ticket, "resolved", updated_at=now()) for ticket in over))
    for ticket in OPEN[:5]:
        answer = await client.http.post(
            f"{program.url}/tickets/{ticket}/acknowledge", json={"by": "anna"}
        )
        assert answer.status_code == 200, answer.text
    await slack.behave(fail=10**6, delay_seconds=20)
    await at(2 / 3)
    await strike()
    await at(1)


def is_first(message: dict[str, Any]) -> bool:
    return message.get("channel") == "C0ALERTS" and "thread_ts" not in message


def warned(slack: Slack) -> Any:
    async def ask() -> bool:
        told = [one for one in await slack.received() if is_first(one)]
        return len(told) == len(EARLY)

    return ask


def up_to_date(database_url: str) -> Any:
    """The first messages are compared with their tickets as they are by now."""

    async def ask() -> bool:
        with psycopg.connect(database_url) as conn:
            found = conn.execute(
                "SELECT FROM outbox_threads t JOIN tickets k USING (ticket_id)"
                " WHERE t.message_id <> '' AND k.position > t.position"
            )
            return found.rowcount == 0

    return ask


def nothing_is_lost_or_doubled(database_url: str, messages: Sequence[dict[str, Any]]) -> None:
    with psycopg.connect(database_url) as conn:
        rows = conn.execute("SELECT channel, state, count(*) FROM outbox GROUP BY channel, state")
        told = {(channel, state): count for channel, state, count in rows.fetchall()}
    assert told.keys() == {(channel, "sent") for channel in CHANNELS}
    of_bot = [one for one in messages if "channel" in one]
    of_hook = [one for one in messages if "path" in one]
    assert notices(of_bot) == told["bot", "sent"]
    assert notices(of_hook) == told["hook", "sent"]


def nobody_is_misled(after: Sequence[dict[str, Any]]) -> None:
    over = {*RESOLVED, *EARLY[::2]}
    for message in after:
        about = said(message)
        for one in about:
            assert one.says_it_is_over == (one.ticket in over), one
            assert one.says_it_is_over or "breached" in one.text, one
            if one.ticket in OPEN[:5]:
                assert "acknowledged by anna" in one.text.lower(), one
        mentions = any("<!here>" in line for line in lines(message))
        assert mentions == (not {one.ticket for one in about} <= over)


def what_it_began_with_shows_what_is_so(first: Sequence[dict[str, Any]]) -> None:
    heads = {one["number"]: lines(one)[0] for one in first[: len(EARLY)]}
    for ticket, head in zip(EARLY, heads.values(), strict=True):
        so = "☑️ Resolved late" if ticket in EARLY[::2] else "🚨 SLA breached"
        assert head.startswith(f"{so}: {ticket}"), head


def show(
    figures: Figures, before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]]
) -> None:
    figures("seconds that Slack was down", DOWN)
    figures("tickets", len(EARLY) + len(RESOLVED) + len(OPEN))
    figures("messages before, and afterwards", f"{len(before)}, {len(after)}")
    figures("notices in these", f"{notices(before)}, {notices(after)}")
    for one in after:
        where = "in a thread" if "thread_ts" in one else "in the conversation"
        by = where if "channel" in one else "by webhook"
        figures(f"{one['received_at'][11:19]}, {by}, {notices([one])} notices", lines(one)[:4])
