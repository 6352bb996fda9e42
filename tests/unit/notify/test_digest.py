"""A message about many tickets counts them by team and rule, and leads to just these."""

from typing import Any

import pytest

from engine.notify.digest import board
from engine.notify.message import Notice
from engine.notify.news import by_ticket
from engine.notify.plain import plain
from engine.notify.slack_blocks import Look, payload
from tests.support.notices import notice

URL = "https://sla.example.com"


def told(number: int, team: str | None = None, rule: str | None = None, **more: Any) -> Notice:
    facts = {name: said for name, said in (("team", team), ("rule", rule)) if said}
    return notice(alert=f"a{number}", external_id=f"T-{number}", **facts, **more)


def where(*notices: Notice) -> str:
    return board(by_ticket(notices), URL)


def counted(*notices: Notice) -> tuple[str, ...]:
    return tuple(line for line in plain(notices, "").lines if line.startswith("By "))


def test_teams_and_rules_are_counted_those_with_most_first() -> None:
    teams = ["Nets", *["Disks"] * 3, *["Mail"] * 2]
    notices = [told(number, team) for number, team in enumerate(teams)]
    assert counted(*notices) == ("By team: Disks 3, Mail 2, Nets 1",)
    ruled = [told(number, "Nets", "VIP" if number else None) for number in range(3)]
    assert counted(*ruled) == ("By team: Nets 3", "By rule: VIP 2, no rule 1")
    assert counted(told(1), told(2)) == ()
    assert counted(told(1, "Nets")) == ()


def test_of_many_teams_those_with_most_are_named() -> None:
    notices = [told(number, f"Team {number:02}") for number in range(12)]
    (line,) = counted(*notices)
    assert line == "By team: Team 00 1, Team 01 1, Team 02 1, Team 03 1, Team 04 1, others 7"


def test_what_is_told_after_a_silence_says_so() -> None:
    quiet = [told(number, severity="breached", muted="silenced") for number in range(3)]
    assert plain(quiet, "").title == "SLA, 3 tickets after a silence: 3 still breached"
    assert plain([*quiet, told(4)], "").title == "SLA, 4 tickets: 3 breached, 1 warning"


@pytest.mark.parametrize(
    ("notices", "asked"),
    [
        ((told(1), told(2)), "?sla_state=breached,critical,warning"),
        ((told(1, severity="breached"), told(2, severity="breached")), "?sla_state=breached"),
        (
            (told(1, severity="critical"), told(2, severity="breached")),
            "?sla_state=breached,critical",
        ),
        (
            (
                told(1, "Disks & Co", "VIP", severity="breached"),
                told(2, "Nets", "VIP", severity="breached"),
            ),
            "?sla_state=breached&team=Disks+%26+Co&team=Nets&rule=VIP",
        ),
        ((told(1, "Nets", severity="breached"), told(2)), "?sla_state=breached,critical,warning"),
        (
            (told(1, "Nets"), notice("retracted", alert="r", external_id="R", team="Nets")),
            "?team=Nets",
        ),
        ((told(1, "x" * 600), told(2)), "?sla_state=breached,critical,warning"),
        (
            tuple(told(number, f"{number}" * 200, severity="breached") for number in range(3)),
            "?sla_state=breached",
        ),
        ((told(1, severity="odd"), told(2)), ""),
    ],
)
def test_the_link_leads_to_tickets_like_these(notices: tuple[Notice, ...], asked: str) -> None:
    assert where(*notices) == f"{URL}/{asked}"


def test_what_others_have_written_is_no_mark_up_of_a_link() -> None:
    hostile = "<!channel>|x> *b*"
    message = payload([told(1, hostile), told(2, hostile)], Look(public_url=URL))
    *_, last = message["blocks"]
    (link,) = last["elements"]
    assert link["text"] == (
        f"<{URL}/?sla_state=breached,critical,warning&team=%3C%21channel%3E%7Cx%3E+%2Ab%2A"
        "|all of them on the dashboard>"
    )
