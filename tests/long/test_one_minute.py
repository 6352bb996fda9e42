"""A promise of one minute: how late those who are told hear of each of its milestones."""

from datetime import timedelta
from pathlib import Path

import pytest

from ops.wiring import now
from tests.support.clients import Slack, client_of, instant, item, listening, seconds_late
from tests.support.figures import Figures
from tests.support.service import mock_slack, running, service

pytestmark = pytest.mark.long

CONFIG = """
sla_targets:
  ENTERPRISE:
    P0: {resolution_minutes: 1, escalation: {LEVEL_1: 25%, LEVEL_2: 75%, LEVEL_3: due+0}}
"""
MINUTE = timedelta(minutes=1)
SHARES = {
    "level:1": 0.25,
    "level:2": 0.75,
    "warning": 0.85,
    "critical": 0.95,
    "breached": 1.0,
    "level:3": 1.0,
}
TOGETHER = {"level:3"}
"""What Slack hears with the breach, as one message tells of all that happens at an instant."""


async def test_all_who_are_told_hear_of_every_milestone_once(
    database_url: str, tmp_path: Path, figures: Figures
) -> None:
    slack = mock_slack(tmp_path / "slack")
    with running(slack):
        program = service(
            tmp_path / "service",
            CONFIG,
            database=database_url,
            slack=f"{slack.url}/services/slack",
        )
        with running(program):
            async with client_of(program) as client, listening(program) as listener:
                opened = now()
                await client.post(item("a minute", updated_at=opened))
                async with listening(program) as leaver:
                    await leaver.until(lambda: len(leaver.messages) == 2, "the first two")
                await listener.until(lambda: len(listener.messages) == len(SHARES), "all of them")
                async with listening(program, after=leaver.after) as back:
                    rest = len(SHARES) - len(leaver.messages)
                    await back.until(lambda: len(back.messages) == rest, "the rest")

                async def at_slack() -> bool:
                    return len(await Slack(slack).notices("slack")) >= len(SHARES) - len(TOGETHER)

                await client.until(at_slack, "all of them at Slack")
                notices = await Slack(slack).notices("slack")
                messages = await Slack(slack).messages("slack")
    heard = {one["milestone"]: one["received_at"] for one in listener.messages}
    named = {one["alert_id"]: one["milestone"] for one in listener.messages}
    told = {named[one["dedup_key"].split(":")[0]]: one["received_at"] for one in notices}
    assert heard.keys() == SHARES.keys()
    assert told.keys() == SHARES.keys() - TOGETHER
    assert (len(listener.messages), len(notices)) == (len(heard), len(told))
    assert "escalated to level 3" in messages[-1]["payload"]["text"]
    for milestone, share in SHARES.items():
        due = opened + share * MINUTE
        arrived = heard[milestone], told.get(milestone, told["breached"])
        figures(
            f"{milestone}: milliseconds late at a WebSocket, at Slack",
            ", ".join(f"{seconds_late(at, due) * 1000:.0f}" for at in arrived),
        )
    both = [one["position"] for one in (*leaver.messages, *back.messages)]
    assert both == [one["position"] for one in listener.messages]
    raised = [instant(one["raised_at"]) for one in listener.messages]
    assert raised == sorted(raised)
