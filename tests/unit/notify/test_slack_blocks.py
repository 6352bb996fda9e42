"""What a Slack message looks like, checked against Slack's own models."""

import json
import re
from collections.abc import Iterator
from typing import Any, cast

import pytest

from command_side.deciding.events import shown as shown_of
from engine.notify.message import Kind, Meanwhile, Notice
from engine.notify.slack_blocks import Look, payload
from engine.sla.instants import parsed
from tests.support.notices import event, notice
from tests.support.slack_models import check

URL = "https://sla.example.com"


def shown(*notices: Notice, mention: str | None = None, public_url: str = URL) -> dict[str, Any]:
    """The payload, once Slack's models and limits have found nothing wrong with it."""
    result = payload(notices, Look(public_url=public_url, mention=mention))
    check(result)
    return result


def fields_of(message: dict[str, Any]) -> dict[str, str]:
    (fields,) = [block["fields"] for block in message["blocks"] if "fields" in block]
    return dict(field["text"].split("\n", 1) for field in fields)


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": plain(text)}


def test_an_alert_says_what_when_and_whose() -> None:
    told = notice(alert="a1")
    assert shown(told) == {
        "text": "⚠️ SLA warning: resolution of TICKET-001 (P0, enterprise, 9 minutes left)"
        ": Critical system outage",
        "mrkdwn": False,
        "unfurl_links": False,
        "blocks": [
            {"type": "header", "text": plain("⚠️ SLA warning: resolution of TICKET-001")},
            section("Critical system outage"),
            {
                "type": "section",
                "fields": [
                    plain("Ticket\nTICKET-001"),
                    plain("Priority and tier\nP0 · enterprise"),
                    plain("Clock\nresolution, warning"),
                    {
                        "type": "mrkdwn",
                        "text": "Due\n<!date^1767604140^{date_short_pretty} {time_secs}"
                        "|2026-01-05 09:09:00 UTC>",
                    },
                    plain("Time when raised\n9 minutes left"),
                    plain("Escalation\nlevel 1"),
                    plain("Assigned to\njohn.doe"),
                    plain("Status\nopen"),
                ],
            },
            {
                "type": "context",
                "elements": [
                    {
                        "type": "mrkdwn",
                        "text": "Alert a1 · raised <!date^1767603600^{date_short_pretty}"
                        " {time_secs}|2026-01-05 09:00:00 UTC>"
                        f" · <{URL}/#ticket/{told.ticket_id}|open the ticket>",
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


def test_what_is_left_by_the_hours_of_a_calendar_is_working_time() -> None:
    told = notice("reminder", remaining_seconds=16_200.0, calendar="office", count=1)
    assert fields_of(shown(told))["Time when raised"] == "4 hours 30 minutes of working time left"
    round_the_clock = notice("reminder", remaining_seconds=16_200.0, count=1)
    assert fields_of(shown(round_the_clock))["Time when raised"] == "4 hours 30 minutes left"


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
    assert URL not in json.dumps(message)


def together(*told: tuple[Kind, dict[str, Any]], **facts: Any) -> Notice:
    """The notice of several things that one tick found."""
    events = [event(kind, **facts, **more) for kind, more in told]
    alerts = [shown_of(one.body)["notices"][0]["alerts"][0] for one in events]
    return notice(told[0][0], notices=[{"to": ["slack"], "alerts": alerts}], **facts)


def test_what_happened_at_once_is_one_message_that_says_everything() -> None:
    told = together(
        ("alert", {"alert": "a1", "severity": "breached"}),
        ("escalation", {"alert": "a2", "level": 3, "level_name": "Director notified"}),
    )
    message = shown(told)
    assert message["blocks"][0]["text"]["text"] == (
        "🚨 SLA breached: resolution of TICKET-001, escalated to level 3, Director notified"
    )
    assert fields_of(message)["Escalation"] == "level 3, Director notified"
    assert fields_of(message)["Clock"] == "resolution, breached"


def test_a_late_correction_is_told_in_one_line() -> None:
    milestones = ("warning", "critical", "breached", "level:1", "level:2", "level:3")
    taken_back = [
        ("retracted", {"alert": f"a{place}", "milestone": milestone})
        for place, milestone in enumerate(milestones)
    ]
    told = together(*cast("list[tuple[Kind, dict[str, Any]]]", taken_back))
    line = "resolution warning, critical, breached, level 1, level 2, level 3"
    message = shown(told)
    assert message["blocks"][0]["text"]["text"] == f"↩️ Withdrawn: {line} of TICKET-001"
    assert json.dumps(message).count("answered in time") == 1
    flood = shown(told, notice(alert="other", external_id="OTHER"))
    lines = [block["text"]["text"] for block in flood["blocks"][1:-1]]
    assert [line.split(" · ")[0] for line in lines] == [
        "⚠️ OTHER: resolution warning",
        f"↩️ TICKET-001: withdrawn: {line}",
    ]


def test_what_has_been_superseded_before_it_could_be_told_is_only_how_it_came_about() -> None:
    message = shown(
        notice(alert="a1"),
        notice(alert="a2", severity="critical"),
        notice("escalation", alert="a3"),
        notice(alert="a4", severity="breached", remaining_seconds=-60.0),
    )
    assert message["text"] == (
        "🚨 SLA breached: resolution of TICKET-001, escalated to level 2, Manager notified"
        " (P0, enterprise, overdue by 1 minute): Critical system outage"
    )
    when = "at 2026-01-05 09:00:00 UTC"
    assert message["blocks"][2] == section(
        f"resolution warning {when}\nresolution critical {when}\nresolution breached {when}\n"
        f"escalated to level 2, Manager notified {when}"
    )
    assert message["metadata"]["event_payload"]["count"] == 4


def test_what_is_over_by_now_is_said_to_be_and_wakes_nobody() -> None:
    over = notice(
        alert="a1",
        severity="breached",
        meanwhile={"a1": {"state": "breached", "at": parsed("2026-01-05T09:40:00Z")}},
    )
    said = (
        "resolution breached at 2026-01-05 09:00:00 UTC,"
        " resolved at 2026-01-05 09:40:00 UTC meanwhile"
    )
    alone = shown(over, mention="<!here>")
    assert alone["blocks"][0]["text"]["text"] == "☑️ Over by now: TICKET-001: resolution breached"
    assert alone["blocks"][2] == section(said)
    assert "<!here>" not in json.dumps(alone)
    flood = shown(over, notice(alert="a2", external_id="OTHER"))
    assert flood["text"] == "⚠️ SLA, 2 tickets: 1 warning, 1 over by now"
    assert said in flood["blocks"][2]["text"]["text"]


@pytest.mark.parametrize(
    ("clock", "state", "word"),
    [
        ("response", "met", "answered"),
        ("next_response", "breached", "answered"),
        ("resolution", "cancelled", "cancelled"),
    ],
)
def test_how_a_clock_has_ended_is_said_in_its_words(clock: str, state: str, word: str) -> None:
    ended = {"a1": Meanwhile(state=state, at=parsed("2026-01-05T09:40:00Z"))}
    message = shown(notice(alert="a1", clock=clock, meanwhile=ended))
    assert f", {word} at 2026-01-05 09:40:00 UTC meanwhile" in json.dumps(message)


def test_what_is_told_after_a_snooze_says_that_it_is_still_so() -> None:
    message = shown(notice(severity="breached", muted="snoozed"))
    assert message["text"].startswith("🚨 SLA still breached: resolution of TICKET-001")
    why = section("It was snoozed when this happened. That is over, and this is not.")
    assert why in message["blocks"]
    assert "Time now" in fields_of(message)


HOSTILE = "</a><!channel> *bold* _i_ ~s~ & <@U123> <https://evil.example|click> :fire: `x`\u0007"
FOREIGN = ("title", "external_id", "assigned_to", "status", "priority", "customer_tier", "clock")


def hostile(kind: Kind, alert: str, field: str, **facts: Any) -> Notice:
    """A notice with a hostile text in this field; each is of a ticket of its own."""
    facts.setdefault("external_id", f"T-{alert}")
    facts[field] = HOSTILE
    return notice(kind, alert=alert, **facts)


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        *((kind, field) for kind in ("alert", "escalation", "retracted") for field in FOREIGN),
        ("escalation", "level_name"),
        ("retracted", "reason"),
    ],
)
def test_hostile_text_is_shown_and_not_obeyed(kind: Kind, field: str) -> None:
    """Alone, of a ticket that is over, with others of its ticket, and in a flood."""
    ended = {"a1": Meanwhile(state="met", at=parsed("2026-01-05T09:40:00Z"))}
    one = hostile(kind, "a1", field)
    for message in (
        shown(one),
        shown(hostile(kind, "a1", field, meanwhile=ended)),
        shown(one, hostile("alert", "a2", field, external_id=one.body["external_id"])),
        shown(one, *(hostile("alert", f"b{n}", field) for n in range(4))),
        shown(one, *(hostile("alert", f"b{n}", field) for n in range(40))),
    ):
        for text in texts(message["blocks"]):
            if text["type"] == "mrkdwn":
                ours = re.sub(rf"<{URL}/[^<>]*\|[a-z ]+>|<!date\^[^<>]*>", "", text["text"])
                assert not re.search(r"[<>*_~`]|evil|fire|bold", ours)
            else:
                assert text["emoji"] is False
                assert not re.search(r"[<>]", text["text"])
        assert not re.search(r"[<>]|:fire:", message["text"])
        assert message["mrkdwn"] is False


def texts(blocks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for block in blocks:
        for text in (block.get("text"), *block.get("fields", []), *block.get("elements", [])):
            if text:
                yield text


@pytest.mark.parametrize("letter", ["x", "&", "🚨", "\n", "<"])
def test_text_of_any_length_fits(letter: str) -> None:
    long = "start " + letter * 4_000  # no text of Slack's may have more than 3,000
    facts: dict[str, Any] = dict.fromkeys(
        ("title", "external_id", "assigned_to", "status", "priority", "customer_tier", "clock"),
        long,
    )
    shown(notice(**facts), mention="<!here>")
    shown(notice("escalation", level_name=long, **facts))
    shown(notice("retracted", reason=long, milestone=long, **facts))
    shown(*(notice(alert=f"a{n}", **facts) for n in range(300)))
    each: list[dict[str, Any]] = [{**facts, "external_id": f"{n} {long}"} for n in range(300)]
    shown(*(notice(alert=f"a{n}", **one) for n, one in enumerate(each)))


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
    lines = shown(told, notice(alert="a2", external_id="OTHER", **unseen))["blocks"][1:-1]
    assert not any(line["text"]["text"].endswith("\n") for line in lines)


def test_a_flood_lists_the_worst_ten_tickets_and_counts_the_rest() -> None:
    notices = [
        *(notice(alert=f"w{n}", external_id=f"W-{n}") for n in range(8)),
        *(notice(alert=f"b{n}", external_id=f"B-{n}", severity="breached") for n in range(8)),
        *(notice("escalation", alert=f"x{n}", external_id=f"B-{n}") for n in range(8)),
        notice("retracted", alert="r", external_id="R"),
        notice("escalation", alert="e", external_id="E", severity="breached"),
    ]
    message = shown(*notices, mention="<!here>")
    header, mention, *lines, more = message["blocks"]
    headline = "🚨 SLA, 18 tickets: 8 breached, 1 escalated, 8 warning, 1 withdrawn"
    assert header["text"]["text"] == message["text"] == headline
    assert mention["text"]["text"] == "<!here>"
    listed = [line["text"]["text"].split(" ")[1] for line in lines]
    assert listed == [*(f"B-{n}:" for n in range(8)), "E:", "W-0:"]
    assert lines[0] == {
        **section(
            "🚨 B-0: resolution breached, escalated to level 2, Manager notified"
            " · P0 · enterprise · 9 minutes left\nCritical system outage"
        ),
        "fields": [
            {
                "type": "mrkdwn",
                "text": f"<{URL}/#ticket/{notices[8].ticket_id}|open the ticket>",
            }
        ],
    }
    assert more["elements"][0]["text"] == f"and 8 more, <{URL}/|all of them on the dashboard>"


def test_a_small_flood_lists_all() -> None:
    message = shown(*(notice(alert=f"a{n}", external_id=f"T-{n}") for n in range(4)))
    assert [block["type"] for block in message["blocks"]] == ["header", *["section"] * 4, "context"]


def test_the_keys_of_a_flood_are_in_its_metadata_as_far_as_they_fit() -> None:
    few = shown(*(notice(alert=f"a{n}") for n in range(20)))["metadata"]["event_payload"]
    assert [alert["dedup_key"] for alert in few["alerts"]] == [
        f"a{n}:alert:slack" for n in range(20)
    ]
    many = shown(*(notice(alert=f"a{n}") for n in range(500)))["metadata"]["event_payload"]
    assert many["count"] == 500
    assert 50 < len(many["alerts"]) < 500


def test_under_a_rule_it_is_named_with_the_team() -> None:
    told = shown(notice(alert="a1", rule="Payments outage", team="Payments"))
    assert "(P0, enterprise, Payments outage, 9 minutes left)" in told["text"]
    fields = fields_of(told)
    assert (fields["Rule"], fields["Team"]) == ("Payments outage", "Payments")
    assert len(fields) <= 10  # of a section Slack takes no more
