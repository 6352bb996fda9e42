"""Every stored event can be told in a plain sentence, also once the names in it are erased."""

from functools import partial
from typing import Any

import pytest

from command_side.deciding.events import Personal, Ticket, written
from command_side.event_store import Recorded
from engine.sla.instants import micros
from query_side.audit.explaining import explain
from query_side.audit.updates import opening, said, update
from query_side.audit.wording import Words
from tests.support.bodies import bytes_of
from tests.support.items import at, identity, text


def milestone(**changes: Any) -> dict[str, Any]:
    raised = {"clock": "resolution", "raised_at": text(51), "due_at": text(60)}
    return {**raised, "suppressed": None, **changes}


def event(topic: str, personal: dict[str, Any] | None = None, **body: Any) -> Recorded:
    said = None if personal is None else written(Personal(**personal))
    return Recorded(1, identity(), 1, topic, bytes_of(topic, body), said, at(0), at(0), None)


BEFORE = said(
    {"status": "open", "priority": "P1", "customer_tier": "gold", "tags": [], "extra": {"cost": 5}},
    {"last_agent_reply_at": micros(at(3))},
    {"title": "Outage", "assigned_to": None, "description": "Long"},
)

ALERTS = {
    "a": ("the critical alert", "resolution clock"),
    "b": ("escalation level 2", "resolution clock"),
    "c": ("escalation level 3", "resolution clock"),
}

EVENTS: list[tuple[Recorded, str, str]] = [
    (
        event(
            Ticket.Opened.TOPIC,
            {"given": {"title": "Outage", "assigned_to": None}},
            given={"status": "open", "priority": "P0", "extra": {"cost": 5}},
            late=False,
        ),
        "opened",
        "Reported: status open, priority P0, assignee nobody, title Outage and its cost.",
    ),
    (
        event(Ticket.Observed.TOPIC, given={"customer_tier": "gold"}, late=True),
        "observed",
        "The source set the customer tier to gold.",
    ),
    (
        event(Ticket.Observed.TOPIC, given={}, late=False),
        "observed",
        "An update that changes nothing.",
    ),
    (
        event(Ticket.Conflicted.TOPIC, given={"status": "closed"}),
        "conflict",
        "Other content came under the same key and was kept apart: status closed.",
    ),
    (
        event(
            Ticket.Unmuted.TOPIC,
            alerts=[
                {"clock": "resolution", "milestone": "breached"},
                {"clock": "resolution", "milestone": "level:4"},
            ],
        ),
        "unmuted",
        "The quiet was over, and what had been muted was still so: resolution breached,"
        " resolution level 4. Now it was told.",
    ),
    (
        event(
            Ticket.Informed.TOPIC,
            notices=[
                {
                    "to": ["slack", "email"],
                    "alerts": [{"type": "ended", "clock": "resolution", "state": "met"}],
                }
            ],
        ),
        "informed",
        "To be told, slack and email: resolved in time.",
    ),
    (
        event(
            Ticket.NotReminded.TOPIC,
            reminders=[
                {"alert_id": "a", "route": "Pager", "because": "silenced"},
                {"alert_id": "b", "route": "Pager", "because": "changed"},
                {"alert_id": "c", "route": "Chat", "because": "changed"},
                {"alert_id": "d", "route": "Chat", "because": "later"},
            ],
        ),
        "not_reminded",
        "Nobody was reminded of the critical alert of the resolution clock (Pager), as it was"
        " silenced. Nobody was reminded of escalation level 2 of the resolution clock (Pager) and"
        " escalation level 3 of the resolution clock (Chat) any more, as it was so no longer."
        " Nobody was reminded of an alert (Chat): later.",
    ),
    (
        event(Ticket.AlertRaised.TOPIC, severity="critical", **milestone(remaining_seconds=540)),
        "alert",
        "Resolution clock became critical: due Mon 2026-01-05 10:00 UTC; noticed at Mon 2026-01-05"
        " 09:51 UTC.",
    ),
    (
        event(
            Ticket.AlertRaised.TOPIC,
            severity="warning",
            **milestone(raised_at=text(0), remaining_seconds=540),
        ),
        "alert",
        "Resolution clock reached its warning: 9 min left, due Mon 2026-01-05 10:00 UTC.",
    ),
    (
        event(
            Ticket.AlertRaised.TOPIC,
            severity="breached",
            **milestone(due_at=None, suppressed="silenced"),
        ),
        "alert",
        "Resolution clock was breached; noticed at Mon 2026-01-05 09:51 UTC; not sent, as it was"
        " silenced.",
    ),
    (
        event(Ticket.AlertRaised.TOPIC, severity="breached", **milestone(raised_at=text(0))),
        "alert",
        "Resolution clock was breached: it was due Mon 2026-01-05 10:00 UTC.",
    ),
    (
        event(
            Ticket.Escalated.TOPIC,
            level=2,
            level_name="Manager",
            **milestone(suppressed="acknowledged"),
        ),
        "escalation",
        "Escalation level 2 (Manager) was reached on the resolution clock;"
        " noticed at Mon 2026-01-05 09:51 UTC; not sent, as somebody had acknowledged the ticket.",
    ),
    (
        event(Ticket.Retracted.TOPIC, milestone="level:2", clock="update", reason="it was not"),
        "retracted",
        "Escalation level 2 of the update clock was withdrawn: it was not.",
    ),
    (
        event(Ticket.Retracted.TOPIC, milestone="warning", clock="update", reason="it was not"),
        "retracted",
        "The warning of the update clock was withdrawn: it was not.",
    ),
    (
        event(Ticket.Snoozed.TOPIC, {"by": "jane", "reason": "a release"}, until=text(60)),
        "snoozed",
        'jane snoozed it until Mon 2026-01-05 10:00 UTC ("a release").',
    ),
    (
        event(Ticket.Acknowledged.TOPIC, {"by": "jane", "note": None}, until=text(60)),
        "acknowledged",
        "jane acknowledged it; escalation holds until Mon 2026-01-05 10:00 UTC.",
    ),
    (
        event(Ticket.Acknowledged.TOPIC, {"by": "link:Bo Berg", "note": None}, until=text(60)),
        "acknowledged",
        "Bo Berg (through a link) acknowledged it; escalation holds until"
        " Mon 2026-01-05 10:00 UTC.",
    ),
    (
        event(Ticket.Snoozed.TOPIC, {"by": "slack:U1", "reason": None}, until=text(60)),
        "snoozed",
        "Slack member U1 snoozed it until Mon 2026-01-05 10:00 UTC.",
    ),
    (
        event(Ticket.Acknowledged.TOPIC, None, until=text(60)),
        "acknowledged",
        "Somebody acknowledged it; escalation holds until Mon 2026-01-05 10:00 UTC.",
    ),
    (
        event(Ticket.Snoozed.TOPIC, None, until=text(60)),
        "snoozed",
        "Somebody snoozed it until Mon 2026-01-05 10:00 UTC.",
    ),
    (
        event(Ticket.Retargeted.TOPIC, policy=3, previous_policy=1),
        "retargeted",
        "Policy version 3 (by ada) came into force in place of 1; no deadline moved.",
    ),
    (
        event(Ticket.Excused.TOPIC, previous_excuses=1),
        "excused",
        "What is agreed not to count has changed for this ticket.",
    ),
    (
        event(Ticket.Moved.TOPIC, policy=1, current={"status": "open"}),
        "moved",
        "What had been reported ahead of time took effect.",
    ),
    (
        event(Ticket.Moved.TOPIC, policy=1, facts={"rule": "Gold 2027"}),
        "moved",
        'By its dates, the rule "Gold 2027" decides from then on; no deadline moved.',
    ),
    (
        event(Ticket.Moved.TOPIC, policy=1),
        "moved",
        "By its dates, the customer tier decides from then on; no deadline moved.",
    ),
    (
        event(
            Ticket.Delivered.TOPIC,
            channel="slack",
            attempts=1,
            alerts=[
                {"type": "alert", "alert_id": "a"},
                {"type": "escalation", "alert_id": "c"},
                {"type": "retracted", "alert_id": "b"},
                {"type": "alert", "alert_id": "?"},
            ],
        ),
        "delivered",
        "slack was told of the critical alert and escalation level 3 of the resolution clock, the"
        " withdrawal of escalation level 2 of the resolution clock and an alert.",
    ),
    (
        event(
            Ticket.Delivered.TOPIC,
            channel="slack",
            attempts=3,
            alerts=[{"type": "escalation", "alert_id": "b"}],
        ),
        "delivered",
        "slack was told of escalation level 2 of the resolution clock. It took 3 attempts.",
    ),
    (event("ticket.praised.v1"), "ticket.praised.v1", "ticket.praised.v1"),
]


@pytest.mark.parametrize(
    ("stored", "kind", "sentence"), EVENTS, ids=[f"{e.topic} {s[:30]}" for e, _, s in EVENTS]
)
def test_an_event_is_told_in_a_sentence(stored: Recorded, kind: str, sentence: str) -> None:
    words = Words(authors={3: "ada"})

    if kind in ("opened", "observed"):
        tell = opening if kind == "opened" else partial(update, before={})
        assert tell(stored, words=words, who=None) == sentence
    else:
        assert explain(stored, words, alerts=ALERTS) == (kind, sentence)


def test_no_event_of_a_ticket_is_left_out() -> None:
    topics = {
        vars(member)["TOPIC"]
        for member in vars(Ticket).values()
        if isinstance(member, type) and "TOPIC" in vars(member)
    }

    assert topics == {stored.topic for stored, *_ in EVENTS} - {"ticket.praised.v1"}


@pytest.mark.parametrize(
    ("given", "personal", "who", "sentence"),
    [
        (
            {"status": "pending", "priority": "P1", "customer_tier": "gold"},
            {"title": "Outage", "assigned_to": "jo"},
            "jane",
            "jane changed the status from open to pending and the assignee from nobody to jo.",
        ),
        (
            {"last_agent_reply_at": text(20), "tags": ["a"], "extra": {"cost": 6, "site": "Bonn"}},
            {"description": "Longer"},
            None,
            "The source changed its cost, description and tags and added its site; an agent replied"
            " at Mon 2026-01-05 09:20 UTC.",
        ),
        (
            {"last_customer_reply_at": text(10), "first_responded_at": text(5)},
            {"title": "The whole shop is down"},
            "somebody",
            'Somebody changed the title from Outage to "The whole shop is down"; the first response'
            " was at Mon 2026-01-05 09:05 UTC; the customer wrote at Mon 2026-01-05 09:10 UTC.",
        ),
        (
            {"status": "open", "last_agent_reply_at": text(3)},
            {},
            "jane",
            "jane sent an update that changes nothing.",
        ),
        (
            {"last_customer_reply_at": text(10)},
            {},
            "jane",
            "The customer wrote at Mon 2026-01-05 09:10 UTC.",
        ),
        ({"extra": {"urgency": 3}}, {}, None, "The source added its urgency."),
        ({}, {"title": ""}, "jane", 'jane changed the title from Outage to "".'),
        (
            {"team": None, "organization": None, "resolution_due_at": None},
            {},
            None,
            "An update that changes nothing.",
        ),
    ],
)
def test_an_update_lists_what_changed_from_what_to_what(
    given: dict[str, Any], personal: dict[str, Any], who: str | None, sentence: str
) -> None:
    stored = event(Ticket.Observed.TOPIC, {"given": personal}, given=given, late=False)

    assert update(stored, BEFORE, Words(), who) == sentence


def test_of_what_a_ticket_never_had_nothing_is_told_as_withdrawn() -> None:
    given = {"status": "open", "priority": "P1", "team": None, "tags": None}
    given |= {"response_due_at": None, "resolution_due_at": None}
    stored = event(Ticket.Opened.TOPIC, {"given": {}}, given=given)

    assert opening(stored, Words(), None) == "Reported: status open and priority P1."


def test_what_other_sentences_tell_of_an_update_is_left_out() -> None:
    given = {"status": "pending", "priority": "P2", "last_agent_reply_at": text(20)}
    stored = event(Ticket.Observed.TOPIC, given=given, late=False)

    def rest(*elsewhere: str) -> str:
        return update(stored, BEFORE, Words(), "jane", elsewhere)

    assert rest("status", "last_agent_reply_at") == "jane changed the priority from P1 to P2."
    assert rest(*given) == ""
