"""What a Slack message looks like, checked against Slack's own models."""

import json
from collections.abc import Iterator
from typing import Any, cast

import pytest
from slack_sdk.models.blocks import Block
from slack_sdk.models.metadata import Metadata

from engine.notify.message import Kind, Notice
from engine.notify.slack_blocks import payload
from ops.mock_slack import fault
from tests.support.notices import notice

URL = "https://sla.example.com"


def shown(*notices: Notice, mention: str | None = None, public_url: str = URL) -> dict[str, Any]:
    """The payload, once Slack's models and limits have found nothing wrong with it."""
    result = payload(notices, public_url=public_url, mention=mention)
    for block in cast("list[Any]", Block.parse_all(result["blocks"])):  # pyright: ignore[reportUnknownMemberType] - slack_sdk leaves its dicts untyped
        assert block is not None
        block.to_dict()  # raises when a limit is broken
    Metadata(**result["metadata"]).validate_json()
    assert fault(result) is None
    assert 0 < len(result["text"]) <= 3000
    json.dumps(result).encode()
    return result


def fields_of(message: dict[str, Any]) -> dict[str, str]:
    (fields,) = [block["fields"] for block in message["blocks"] if "fields" in block]
    return dict(field["text"].removeprefix("*").split("*\n", 1) for field in fields)


def test_an_alert_says_what_when_and_whose() -> None:
    told = notice(alert="a1")
    assert shown(told) == {
        "text": "⚠️ SLA warning: resolution of TICKET-001 (P0, enterprise, 9 minutes left)",
        "blocks": [
            {
                "type": "header",
                "text": {
                    "type": "plain_text",
                    "text": "⚠️ SLA warning: resolution of TICKET-001",
                    "emoji": True,
                },
            },
            {
                "type": "section",
                "text": {"type": "plain_text", "text": "Critical system outage", "emoji": False},
            },
            {
                "type": "section",
                "fields": [
                    {
                        "type": "mrkdwn",
                        "text": f"*Ticket*\n<{URL}/#ticket/{told.ticket_id}|TICKET-001>",
                    },
                    {"type": "mrkdwn", "text": "*Priority and tier*\nP0 · enterprise"},
                    {"type": "mrkdwn", "text": "*Clock*\nresolution, warning"},
                    {
                        "type": "mrkdwn",
                        "text": "*Due*\n<!date^1767604140^{date_short_pretty} {time_secs}"
                        "|2026-01-05 09:09:00 UTC>",
                    },
                    {"type": "mrkdwn", "text": "*Time when raised*\n9 minutes left"},
                    {"type": "mrkdwn", "text": "*Escalation*\nlevel 1"},
                    {"type": "mrkdwn", "text": "*Assigned to*\njohn.doe"},
                    {"type": "mrkdwn", "text": "*Status*\nopen"},
                ],
            },
            {
                "type": "context",
                "elements": [
                    {
                        "type": "mrkdwn",
                        "text": "Alert a1 · raised <!date^1767603600^{date_short_pretty}"
                        " {time_secs}|2026-01-05 09:00:00 UTC>",
                    }
                ],
            },
        ],
        "metadata": {
            "event_type": "sla_alert",
            "event_payload": {
                "dedup_key": "a1:alert:slack",
                "count": 1,
                "alerts": [{"dedup_key": "a1:alert:slack", "kind": "alert"}],
            },
        },
    }


@pytest.mark.parametrize(
    ("kind", "facts", "headline"),
    [
        ("alert", {"severity": "critical"}, "🔥 SLA critical: resolution of TICKET-001"),
        ("alert", {"severity": "breached"}, "🚨 SLA breached: resolution of TICKET-001"),
        ("alert", {"clock": "next_response"}, "⚠️ SLA warning: next response of TICKET-001"),
        ("escalation", {}, "📣 Escalated to level 2, Manager notified: TICKET-001"),
        ("escalation", {"level": 3, "level_name": "3"}, "📣 Escalated to level 3: TICKET-001"),
        ("retracted", {}, "↩️ Withdrawn: resolution breached of TICKET-001"),
        ("retracted", {"milestone": "level:2"}, "↩️ Withdrawn: resolution level 2 of TICKET-001"),
    ],
)
def test_the_headline_says_what_happened(kind: Kind, facts: dict[str, Any], headline: str) -> None:
    message = shown(notice(kind, **facts))
    assert message["blocks"][0]["text"]["text"] == headline
    assert message["text"].startswith(headline)


def test_an_overrun_is_said_in_words() -> None:
    message = shown(notice(severity="breached", remaining_seconds=-200.0))
    assert fields_of(message)["Time when raised"] == "overdue by 3 minutes 20 seconds"


def test_an_escalation_names_its_level() -> None:
    assert fields_of(shown(notice("escalation")))["Escalation"] == "level 2, Manager notified"


def test_a_retraction_says_why_and_wakes_nobody() -> None:
    message = shown(notice("retracted"), mention="<!here>")
    assert "answered in time" in json.dumps(message)
    assert "<!here>" not in json.dumps(message)


def test_a_mention_goes_with_every_alert_as_it_is() -> None:
    message = shown(notice(), mention="<!here>")
    assert message["blocks"][1] == {
        "type": "section",
        "text": {"type": "mrkdwn", "text": "<!here>"},
    }


def test_without_a_public_address_there_are_no_links() -> None:
    message = shown(notice(), public_url="")
    assert fields_of(message)["Ticket"] == "TICKET-001"


HOSTILE = "</a><!channel> *bold* & <@U123> <https://evil.example|click> \u0007```\n:tada:"


def test_hostile_text_is_shown_and_not_obeyed() -> None:
    message = shown(
        notice(
            title=HOSTILE,
            external_id=HOSTILE,
            assigned_to=HOSTILE,
            status=HOSTILE,
            priority=HOSTILE,
            customer_tier=HOSTILE,
        )
    )
    for text in texts(message["blocks"]):
        rest = text.replace(f"<{URL}/#ticket/", "").replace("<!date^", "")
        assert "<" not in rest
    assert "<" not in message["text"]
    (title,) = [
        block["text"]
        for block in message["blocks"]
        if block["type"] == "section" and "text" in block
    ]
    assert title["type"] == "plain_text"
    assert title["emoji"] is False
    assert title["text"].startswith("&lt;/a&gt;&lt;!channel&gt; *bold* &amp; ")


def texts(blocks: list[dict[str, Any]]) -> Iterator[str]:
    for block in blocks:
        for text in (block.get("text"), *block.get("fields", []), *block.get("elements", [])):
            if text:
                yield text["text"]


@pytest.mark.parametrize("letter", ["x", "&", "🚨", "\n", "<"])
def test_text_of_any_length_fits(letter: str) -> None:
    long = "start " + letter * 10_000
    facts = dict.fromkeys(
        ("title", "external_id", "assigned_to", "status", "priority", "customer_tier", "clock"),
        long,
    )
    shown(notice(**facts), mention="<!here>")
    shown(notice("escalation", level_name=long, **facts))
    shown(notice("retracted", reason=long, milestone=long, **facts))
    shown(*(notice(alert=f"a{n}", **facts) for n in range(500)))


def test_facts_that_were_erased_or_never_known_are_left_out() -> None:
    message = shown(notice(title=None, assigned_to=None, due_at=None, status=None))
    assert fields_of(message)["Assigned to"] == "nobody"
    assert "Due" not in fields_of(message)
    assert [block["type"] for block in message["blocks"]] == ["header", "section", "context"]


def test_text_that_nobody_can_see_is_left_out() -> None:
    unseen = dict.fromkeys(("title", "reason", "assigned_to", "status", "level_name"), "\x01 \x9f")
    told = notice("escalation", alert="a1", **unseen)
    message = shown(told)
    assert [block["type"] for block in message["blocks"]] == ["header", "section", "context"]
    fields = fields_of(message)
    assert (fields["Assigned to"], fields["Escalation"]) == ("nobody", "level 2")
    assert "Status" not in fields
    lines = shown(told, told)["blocks"][1:]
    assert not any(line["text"]["text"].endswith("\n") for line in lines)


def test_a_flood_lists_the_worst_ten_and_counts_the_rest() -> None:
    notices = [
        *(notice(alert=f"w{n}", external_id=f"W-{n}") for n in range(8)),
        *(notice(alert=f"b{n}", external_id=f"B-{n}", severity="breached") for n in range(8)),
        notice("retracted", alert="r", external_id="R"),
        notice("escalation", alert="e", external_id="E", severity="breached"),
    ]
    message = shown(*notices, mention="<!here>")
    header, mention, *lines, more = message["blocks"]
    headline = "🚨 18 SLA alerts: 8 breached, 1 escalated, 8 warning, 1 withdrawn"
    assert header["text"]["text"] == message["text"] == headline
    assert mention["text"]["text"] == "<!here>"
    listed = [line["text"]["text"].split("|")[1].split(">")[0] for line in lines]
    assert listed == [*(f"B-{n}" for n in range(8)), "E", "W-0"]
    assert lines[0]["text"]["text"].endswith(
        "* breached · resolution · P0 · enterprise · 9 minutes left\nCritical system outage"
    )
    assert more["elements"][0]["text"] == f"and 8 more, all of them on <{URL}/|the dashboard>"


def test_a_small_flood_lists_all() -> None:
    message = shown(*(notice(alert=f"a{n}") for n in range(4)))
    assert [block["type"] for block in message["blocks"]] == ["header", *["section"] * 4]


def test_the_keys_of_a_flood_are_in_its_metadata_as_far_as_they_fit() -> None:
    few = shown(*(notice(alert=f"a{n}") for n in range(20)))["metadata"]["event_payload"]
    assert [alert["dedup_key"] for alert in few["alerts"]] == [
        f"a{n}:alert:slack" for n in range(20)
    ]
    many = shown(*(notice(alert=f"a{n}") for n in range(500)))["metadata"]["event_payload"]
    assert many["count"] == 500
    assert 50 < len(many["alerts"]) < 500
