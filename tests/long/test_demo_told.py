"""What the demo tells people of five days of a help desk: all that matters, and how briefly."""

import io
from collections import Counter
from datetime import datetime
from typing import Any

import httpx
import pytest
from psycopg.rows import dict_row
from rich.console import Console

from ops.demo.extract import incidents
from ops.demo.run import AFTER, BEFORE, Stage, play, stage
from ops.demo.virtual_clock import VirtualClock
from tests.support.desk import until
from tests.support.figures import Figures, scaled

pytestmark = pytest.mark.long

SECONDS = scaled(60, least=10)
CONVERSATIONS = {"alerts": "C0ALERTS", "directors": "C0DIRECTORS"}


async def test_each_alert_of_the_demo_is_in_a_message(figures: Figures) -> None:
    updates = incidents()
    first, last = (datetime.fromisoformat(updates[place]["updated_at"]) for place in (0, -1))
    clock = VirtualClock(first - BEFORE)
    async with stage(clock) as there:
        taken = await play(
            Console(file=io.StringIO()), clock, there, updates, last + AFTER, seconds=SECONDS
        )
        assert taken == len(updates)
        clock.run(3600.0)  # floods wait for half an hour
        await until(lambda: is_quiet(there))
        alerts = await rows(there, "SELECT * FROM alerts WHERE suppressed IS NULL")
        outbox = await rows(there, "SELECT * FROM outbox")
        async with httpx.AsyncClient() as http:
            messages = (await http.get(f"{there.slack}/received")).json()["messages"]
    nothing_is_missing(alerts, outbox, messages)
    show(figures, {one["external_id"] for one in updates}, alerts, outbox, messages)


async def is_quiet(there: Stage) -> bool:
    """All that was raised is sent."""
    (found,) = await rows(
        there,
        "SELECT (SELECT max(notification_id) FROM events) = ALL (SELECT position FROM projections)"
        " AND NOT EXISTS (SELECT FROM outbox WHERE state IN ('pending', 'sending')) AS quiet",
    )
    return found["quiet"]


async def rows(there: Stage, query: Any) -> list[dict[str, Any]]:
    async with (
        there.service.reading.connection() as conn,
        conn.cursor(row_factory=dict_row) as cursor,
    ):
        await cursor.execute(query)
        return await cursor.fetchall()


def nothing_is_missing(
    alerts: list[dict[str, Any]], outbox: list[dict[str, Any]], messages: list[dict[str, Any]]
) -> None:
    told = {
        (one["type"], one["alert_id"], row["channel"])
        for row in outbox
        for one in row["body"]["alerts"]
    }
    assert {row["state"] for row in outbox} == {"sent"}
    assert alerts
    for alert in alerts:
        for channel in alert["channels"]:
            assert (alert["type"], alert["alert_id"], channel) in told, alert
    for channel, conversation in CONVERSATIONS.items():
        there = [one for one in messages if one["channel"] == conversation]
        due = [row["dedup_key"] for row in outbox if row["channel"] == channel]
        about = [one["payload"]["metadata"]["event_payload"] for one in there]
        assert sum(one["count"] for one in about) == len(due)
        assert {key for one in there for key in one["dedup_keys"]} <= set(due)


def show(
    figures: Figures,
    tickets: set[str],
    alerts: list[dict[str, Any]],
    outbox: list[dict[str, Any]],
    messages: list[dict[str, Any]],
) -> None:
    figures("tickets", len(tickets))
    figures("in the log of alerts", dict(Counter(one["type"] for one in alerts)))
    figures("notices", len(outbox))
    figures("by their first alert", dict(Counter(row["kind"] for row in outbox)))
    figures("messages a ticket", len(messages) / len(tickets))
    for channel, conversation in CONVERSATIONS.items():
        there = [one for one in messages if one["channel"] == conversation]
        floods = [one for one in there if len(one["dedup_keys"]) > 1]
        replies = [one for one in there if "thread_ts" in one]
        figures(
            f"at {channel}: notices, messages, of these floods, replies in threads, changed",
            f"{sum(row['channel'] == channel for row in outbox)}, {len(there)}, {len(floods)},"
            f" {len(replies)}, {sum('updated' in one for one in there)}",
        )
        for one in there:
            place = "in its thread" if "thread_ts" in one else "in the conversation"
            figures(place, one["payload"]["text"][:100])
