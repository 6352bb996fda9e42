"""Notices of every kind for the tests of channels: what people are told besides alerts, too."""

from dataclasses import replace
from typing import Any, Literal

from engine.notify.failing import Turned, letters
from engine.notify.message import Meanwhile, Notice
from engine.sla.instants import parsed
from tests.support.notices import T0, notice

AT = parsed("2026-01-05T09:20:00Z")
ENDED = Meanwhile(state="breached", at=parsed("2026-01-05T09:40:00Z"))


def told(
    kind: str, *, by: str | None = None, facts: dict[str, Any] | None = None, **said: Any
) -> Notice:
    """The notice of one thing of this kind that was `said`, about a ticket with these facts."""
    one = notice(
        **{"alert": "a1", "severity": "breached", "remaining_seconds": -200.0}, **facts or {}
    )
    (alert,) = one.body["alerts"]
    about = {**alert, "type": kind, "occurred_at": AT, **said}
    return replace(one, body={**one.body, "by": by, "alerts": [about]})


def together(*notices: Notice) -> Notice:
    """What these tell as one notice."""
    alerts = [alert for each in notices for alert in each.body["alerts"]]
    return replace(notices[0], body={**notices[0].body, "alerts": alerts})


def of_a_channel(now: Literal["dead", "well"]) -> Notice:
    """The notice that another channel takes nothing, or takes messages again."""
    turned = Turned("TICKET-001", now, T0, "503 later" if now == "dead" else "", ("slack",))
    (row,) = letters(turned, T0, 1)
    wanted = ("dedup_key", "ticket_id", "channel", "body")
    return Notice(attempts=1, **{name: row[name] for name in wanted})


def link_of(one: Notice, public_url: str) -> str:
    """Where a message about it leads."""
    place = "" if one.body["source"] == "sla-tracker" else f"#ticket/{one.ticket_id}"
    return f"{public_url}/{place}"


EVERY_KIND: dict[str, Notice] = {
    "a warning": notice(alert="a1", team="Payments", organization="ACME", rule="Payments outage"),
    "a breach that escalates": together(
        told("alert"), told("escalation", escalation_level=3, level_name="Director notified")
    ),
    "an escalation": told("escalation", escalation_level=2, level_name="Manager notified"),
    "withdrawn": notice("retracted", alert="a1"),
    "over by now": replace(told("alert"), meanwhile={"a1": ENDED}),
    "after a snooze": told("alert", muted="snoozed"),
    "resolved in time": told("ended", state="met", severity=None),
    "answered late": told("ended", clock="response", state="breached", severity=None),
    "cancelled": told("ended", state="cancelled", severity=None),
    "acknowledged": told("acknowledged", by="Anna", until=None),
    "acknowledged until": told("acknowledged", until=AT + 3_600_000_000),
    "snoozed": told("snoozed", by="Anna", until=AT + 3_600_000_000),
    "paused": told("transition", before="running", after="paused"),
    "started": told("transition", before="none", after="running"),
    "not measured any more": told("transition", before="paused", after="none"),
    "over late": told("transition", before="running", after="breached"),
    "answered": told("transition", clock="response", before="running", after="met"),
    "opened again": told("transition", before="breached", after="running"),
    "a reminder": told("reminder", count=2),
    "a reminder of a level": told(
        "reminder", count=3, milestone="level:3", escalation_level=3, level_name="Director notified"
    ),
    "a channel that is dead": of_a_channel("dead"),
    "a channel that is well": of_a_channel("well"),
    "one that is not known here": told("moon_landing"),
}
"""By what it tells."""
