"""What people read, whatever the channel: for every kind of notice, and those of later releases."""

import pytest

from engine.notify.message import Notice
from engine.notify.plain import plain
from engine.notify.slack_blocks import Look, payload
from tests.support.notices import notice
from tests.support.told import EVERY_KIND, told

URL = "https://sla.example.com"
TITLES = {
    "a warning": "⚠️ SLA warning: resolution of TICKET-001",
    "a breach that escalates": "🚨 SLA breached: resolution of TICKET-001,"
    " escalated to level 3, Director notified",
    "an escalation": "📣 Escalated to level 2, Manager notified: TICKET-001",
    "withdrawn": "↩️ Withdrawn: resolution breached of TICKET-001",
    "over by now": "☑️ Over by now: TICKET-001: resolution breached",
    "after a snooze": "🚨 SLA still breached: resolution of TICKET-001",
    "resolved in time": "✅ Resolved in time: TICKET-001",
    "answered late": "☑️ Answered late: response of TICKET-001",
    "cancelled": "🚫 Cancelled: resolution of TICKET-001",
    "acknowledged": "👀 Acknowledged by Anna: TICKET-001",
    "acknowledged until": "👀 Acknowledged until 2026-01-05 10:20:00 UTC: TICKET-001",
    "snoozed": "💤 Snoozed by Anna until 2026-01-05 10:20:00 UTC: TICKET-001",
    "paused": "🔔 Resolution paused (was running): TICKET-001",
    "started": "🔔 Resolution running: TICKET-001",
    "not measured any more": "🔔 Resolution not measured any more (was paused): TICKET-001",
    "over late": "🔔 Resolved late (was running): TICKET-001",
    "answered": "🔔 Response answered in time (was running): TICKET-001",
    "opened again": "🔔 Resolution running again (was resolved late): TICKET-001",
    "a reminder": "🚨 Reminder 2: TICKET-001: resolution still breached",
    "a reminder of a level": "🚨 Reminder 3: TICKET-001:"
    " still escalated to level 3, Director notified",
    "a channel that is dead": "📵 Nothing arrives at a channel: TICKET-001",
    "a channel that is well": "📶 Messages arrive again at a channel: TICKET-001",
    "one that is not known here": "🔔 Resolution moon landing: TICKET-001",
}


@pytest.mark.parametrize("name", EVERY_KIND)
def test_the_title_says_what_happened_to_which_ticket(name: str) -> None:
    said = plain((EVERY_KIND[name],), URL)
    assert f"{said.emoji} {said.title}" == TITLES[name]


@pytest.mark.parametrize("name", EVERY_KIND)
def test_slack_says_it_in_the_same_words(name: str) -> None:
    """Alone and among others."""
    one, other = EVERY_KIND[name], notice(alert="b", external_id="OTHER")
    alone = payload((one,), Look(public_url=URL))
    assert alone["blocks"][0]["text"]["text"] == TITLES[name]
    flood = payload((one, other), Look(public_url=URL))
    assert [block["type"] for block in flood["blocks"]][-3:] == ["section", "section", "context"]
    assert len(flood["blocks"]) in (4, 5)  # teams and rules have a line


def lines(*notices: Notice, url: str = URL) -> tuple[str, ...]:
    return plain(notices, url).lines


def test_the_lines_say_for_whom_since_when_and_where_to_go() -> None:
    one = EVERY_KIND["a breach that escalates"]
    assert lines(one) == (
        "Critical system outage",
        "P0 · enterprise",
        "overdue by 3 minutes 20 seconds, due 2026-01-05 09:09:00 UTC",
        "resolution breached at 2026-01-05 09:20:00 UTC",
        "escalated to level 3, Director notified at 2026-01-05 09:20:00 UTC",
        "open · assigned to john.doe",
        f"{URL}/#ticket/{one.ticket_id}",
    )
    assert lines(EVERY_KIND["a warning"])[1] == (
        "P0 · enterprise · ACME · Payments outage · team Payments"
    )


def test_what_is_told_late_or_is_over_says_when_it_was_due_and_not_what_was_left_then() -> None:
    due = "due 2026-01-05 09:09:00 UTC"
    assert lines(notice())[2] == f"9 minutes left, {due}"
    assert lines(notice(attempts=2))[2] == due
    assert lines(EVERY_KIND["over by now"])[2] == due


def test_a_flood_lists_the_worst_ten_and_counts_the_rest() -> None:
    flood = [notice(alert=f"a{n}", external_id=f"T-{n}") for n in range(13)]
    worst = told("alert", facts={"external_id": "WORST"})
    said = plain((*flood, worst), URL)
    assert said.title == "SLA, 14 tickets: 1 breached, 13 warning"
    assert said.lines[0] == (
        "🚨 WORST: resolution breached · P0 · enterprise · overdue by 3 minutes 20 seconds"
        " · Critical system outage"
    )
    assert said.lines[-2:] == ("and 4 more", f"{URL}/?sla_state=breached,critical,warning")
    assert len(said.lines) == 22
    assert not any(URL in line for line in lines(*flood, url=""))


def test_foreign_text_stays_on_its_line_and_turns_nothing_round() -> None:
    odd = "a\r\nBcc: x\u2028b\u202ec"
    facts = dict.fromkeys(("title", "external_id", "assigned_to", "status", "priority"), odd)
    for said in (plain((notice(**facts),), URL), plain((notice(**facts), notice(alert="b")), URL)):
        everything = said.title + "".join(said.lines)
        assert not any(letter in everything for letter in "\r\n\u2028\u202e")


def test_of_one_ticket_the_newest_answer_counts_and_what_led_there_is_listed() -> None:
    said = plain((told("alert"), told("acknowledged", by="Anna"), told("snoozed", by="Bo")), "")
    assert said.title == (
        "SLA breached: resolution of TICKET-001, acknowledged by Anna, snoozed by Bo"
    )
    at = "at 2026-01-05 09:20:00 UTC"
    assert said.lines[3:6] == (
        f"resolution breached {at}",
        f"acknowledged by Anna {at}",
        f"snoozed by Bo {at}",
    )
