"""Whoever is on call is named, and that nobody is, is never silent."""

import json
from dataclasses import replace
from typing import Any

import pytest

from engine.notify.mail import mail
from engine.notify.message import Notice
from engine.notify.people import Person, named
from engine.notify.plain import plain
from engine.notify.slack_blocks import Look, payload
from engine.notify.teams_card import message as card
from tests.support.notices import T0, notice

PEOPLE = {
    "anna": Person(key="anna", name="Anna", email=None, slack=None),
    "ben": Person(key="ben", name="Ben", email=None, slack="U012AB3CD"),
}


def asked(fallback: bool, rotation: str = "payments") -> dict[str, Any]:
    return {"rotation": rotation, "version": 3, "fallback": fallback}


@pytest.mark.parametrize(
    ("people", "on_call", "said"),
    [
        (["anna", "ben"], [asked(False)], "On call for payments: Anna and Ben."),
        (["ben"], [asked(True)], "Nobody is on call for payments. Told instead: Ben."),
        (["gone"], [asked(False)], "On call for payments: gone."),
        ([], [asked(True)], "Nobody is on call for payments, and nobody stands in."),
        (
            ["anna"],
            [{**asked(False), "stale": True}],
            "The calendars of payments could not be read for a day.",
        ),
        (
            ["ben"],
            [{**asked(True), "version": 0, "stale": True}],
            "The calendars of payments could not be read yet.",
        ),
    ],
)
def test_a_message_says_who_is_meant(
    people: list[str], on_call: list[dict[str, Any]], said: str
) -> None:
    one = notice()
    body = {**one.body, "people": people, "on_call": on_call}
    assert said in plain([named(replace(one, body=body), PEOPLE)], "").lines
    assert "on call" not in plain([one], "").text


def test_a_message_about_many_tickets_says_once_where_nobody_is_on_call() -> None:
    flood: list[Notice] = []
    for number, on_call in enumerate(
        (asked(True), asked(True), {**asked(True, "network"), "stale": True}, asked(False, "ops"))
    ):
        one = notice(alert=f"a{number}", external_id=f"T-{number}")
        body = {**one.body, "people": ["ben"], "on_call": [on_call]}
        flood.append(named(replace(one, body=body), PEOPLE))
    said = [
        "Nobody is on call for payments. Told instead: Ben.",
        "The calendars of network could not be read for a day.",
        "Nobody is on call for network. Told instead: Ben.",
    ]
    lines = [one for one in plain(flood, "").lines if "on call" in one or "calendars" in one]
    assert lines == said
    for shown in (
        json.dumps(payload(flood, Look())),
        card(flood, "").decode(),
        mail(flood, sender="sla@example.com", to=[], at=T0, public_url="").as_string(),
    ):
        assert said[0] in " ".join(shown.split())


@pytest.mark.parametrize(
    ("people", "on_call", "said"),
    [
        (
            ["anna", "ben"],
            [asked(False), asked(False, "network")],
            ["On call for payments and network: Anna and Ben."],
        ),
        (
            ["anna", "ben"],
            [asked(True), asked(False, "network")],
            [
                "Nobody is on call for payments.",
                "On call for network, or told instead: Anna and Ben.",
            ],
        ),
        (
            ["anna", "ben"],
            [asked(True), asked(True, "network")],
            ["Nobody is on call for payments and network. Told instead: Anna and Ben."],
        ),
        (
            [],
            [asked(True), asked(True, "network")],
            ["Nobody is on call for payments and network, and nobody stands in."],
        ),
    ],
)
def test_of_two_rotations_nobody_is_said_to_be_on_call_for_the_other_one(
    people: list[str], on_call: list[dict[str, Any]], said: list[str]
) -> None:
    """A notice names its people together."""
    one = notice()
    body = {**one.body, "people": people, "on_call": on_call}
    lines = plain([named(replace(one, body=body), PEOPLE)], "").lines
    assert [line for line in lines if "on call" in line.casefold()] == said
