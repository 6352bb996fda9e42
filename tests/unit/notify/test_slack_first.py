"""The first message of a thread, whatever has become of its ticket."""

from dataclasses import replace
from itertools import product

from engine.notify.slack_blocks import ENDS, Look, first, payload
from engine.notify.slack_present import SEVERITIES, Present, when_told
from engine.sla.instants import micros
from tests.support.notices import T0, notice
from tests.support.slack_models import check
from tests.support.told import of_a_channel

AT = micros(T0)
LOOK = Look("https://sla.example.com", answers=True, opens=True)


def test_slack_takes_it_in_every_state() -> None:
    told = notice(rule="R" * 300, team="T" * 300, title="x" * 400, status="s" * 300)
    for ended, severity, by, snoozed in product(
        ("", *ENDS), ("", *SEVERITIES), ("", "anna", "slack:U1"), (0, AT)
    ):
        present = Present(
            severity=severity,
            level=3,
            status="s" * 300,
            assigned_to="a" * 300,
            due_at=AT,
            acknowledged_by=by,
            acknowledged_until=AT if by else 0,
            snoozed_until=snoozed,
            ended=ended,
            ended_at=AT,
        )
        check(first(told, present, LOOK))


def test_names_obey_nothing_there() -> None:
    present = Present("breached", 1, "open", "", acknowledged_by="<!here> `*x*`")
    shown = str(first(notice(), present, LOOK))
    assert "`&lt;!here&gt; *x*` has it" in shown
    assert "<!here>" not in shown


def test_it_is_as_its_notice_says_until_something_else_is_known() -> None:
    present = when_told(notice(severity="breached", escalation_level=2))
    assert (present.severity, present.level, present.status) == ("breached", 2, "open")
    withdrawn = when_told(notice("retracted"))
    assert withdrawn.severity == ""


def test_those_who_are_told_are_mentioned_by_their_slack_if_they_have_one() -> None:
    one = notice(severity="breached")
    people = [
        {"key": "anna", "name": "Anna", "email": None, "slack": "U012AB3CD"},
        {"key": "ben", "name": "Ben", "email": "ben@example.com", "slack": None},
        {"key": "eve", "name": "Eve", "email": None, "slack": "!here> <@U1"},
    ]
    told = replace(one, body={**one.body, "people": people})
    blocks = payload([told], Look(mention="<!here>"))["blocks"]
    assert blocks[1]["text"]["text"] == "<!here> <@U012AB3CD>"
    over = replace(told, body={**told.body, "alerts": notice("retracted").body["alerts"]})
    assert "<@" not in str(payload([over], Look())["blocks"])


def test_of_a_channel_that_takes_nothing_there_is_nothing_to_press() -> None:
    blocks = payload([of_a_channel("dead")], LOOK)["blocks"]
    assert "actions" not in [block["type"] for block in blocks]
    assert "<https://sla.example.com/|open the dashboard>" in str(blocks)
