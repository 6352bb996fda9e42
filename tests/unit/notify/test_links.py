"""Links by which people answer: nobody can make one, or make another one of it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine.notify.links import LASTS, PATH, Asked, Links, NoLink, once
from engine.notify.message import Notice
from engine.notify.news import by_ticket
from tests.support.notices import T0, notice
from tests.support.told import EVERY_KIND, together, told

URL = "https://sla.example.com"
OLD, NEW = "o" * 32, "n" * 32
ASKED = Asked("acknowledge", notice().ticket_id, "resolution", 2, "anna", T0 + LASTS)
URGENT = {
    "a warning",
    "a breach that escalates",
    "an escalation",
    "after a snooze",
    "a reminder",
    "a reminder of a level",
}


def links(*keys: str) -> Links:
    return Links(keys or (NEW,), f"{URL}/", lambda: T0)


def offered(one: Notice, person: str = "") -> list[tuple[str, Asked]]:
    (news,) = by_ticket([one])
    found = links().to(person)(news)
    assert all(link.url.startswith(URL + PATH) for link in found)
    return [(link.label, links().read(link.url.removeprefix(URL + PATH))) for link in found]


@pytest.mark.parametrize(
    "asked",
    [
        ASKED,
        replace(ASKED, action="snooze", person=""),
        replace(ASKED, clock="überprüfung · 1", person="anna.berg@example.com", cycle=70_000),
        replace(ASKED, clock="", person="漢" * 100),
    ],
)
def test_what_a_link_stands_for_comes_back(asked: Asked) -> None:
    assert links().read(links().token(asked)) == asked


def test_it_is_short_enough_for_a_line_of_a_mail() -> None:
    assert len(URL + PATH + links().token(ASKED)) < 120


def test_each_thing_that_differs_makes_another_link() -> None:
    others: list[dict[str, Any]] = [
        {"action": "snooze"},
        {"ticket_id": notice(external_id="OTHER").ticket_id},
        {"clock": "response"},
        {"cycle": 3},
        {"person": "ben"},
        {"person": ""},
        {"expires_at": T0},
    ]
    tokens = [links().token(ASKED), *(links().token(replace(ASKED, **one)) for one in others)]
    assert len({*tokens}) == len({once(token) for token in tokens}) == len(others) + 1


def test_no_bit_of_it_can_be_changed() -> None:
    token = links().token(ASKED)
    raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    for place in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(NoLink):
            links().read(urlsafe_b64encode(changed).decode().rstrip("="))
    for place, letter in enumerate(token):
        other = "A" if letter != "A" else "B"
        with pytest.raises(NoLink):
            links().read(token[:place] + other + token[place + 1 :])


def test_nothing_of_one_link_fits_another() -> None:
    """A signature moved to what somebody else, another ticket or another action was given."""
    mine, other = (
        urlsafe_b64decode(links().token(one) + "==")
        for one in (ASKED, replace(ASKED, action="snooze", person="benn"))
    )
    forged = urlsafe_b64encode(other[:-16] + mine[-16:]).decode().rstrip("=")
    with pytest.raises(NoLink):
        links().read(forged)


def test_bits_that_nothing_reads_are_no_other_spelling_of_it() -> None:
    token = links().token(replace(ASKED, person="annab"))
    spare = {
        letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    }
    taken: list[str] = []
    for letter in spare:
        try:
            links().read(token[:-1] + letter)
        except NoLink:
            continue
        taken.append(letter)
    assert taken == [token[-1]]


@pytest.mark.parametrize("token", ["", "a", "=" * 40, "A" * 40, "A" * 5_000, "é" * 60, "A" * 61])
def test_garbage_is_no_link(token: str) -> None:
    with pytest.raises(NoLink):
        links().read(token)


def test_while_a_key_is_replaced_the_old_links_work_and_new_ones_are_made_with_the_first() -> None:
    before, after = links(OLD).token(ASKED), links(NEW, OLD).token(ASKED)
    assert links(NEW, OLD).read(before) == links(NEW, OLD).read(after) == ASKED
    assert links(NEW).read(after) == ASKED
    for keys, token in (((NEW,), before), ((OLD,), after)):
        with pytest.raises(NoLink):
            links(*keys).read(token)


@pytest.mark.parametrize("name", EVERY_KIND)
def test_what_is_urgent_may_be_answered_and_nothing_else(name: str) -> None:
    labels = [label for label, _ in offered(EVERY_KIND[name])]
    assert labels == (["Acknowledge", "Snooze 1 h"] if name in URGENT else [])


def test_they_name_their_ticket_its_cycle_and_whom_they_are_for() -> None:
    one = notice(cycle=2)
    ((_, acknowledge), (_, snooze)) = offered(one, "anna")
    assert acknowledge == Asked(
        "acknowledge", one.ticket_id, "resolution", 2, "anna", T0 + timedelta(days=7)
    )
    assert snooze == replace(acknowledge, action="snooze")
    assert {asked.person for _, asked in offered(one)} == {""}


def test_of_several_clocks_it_is_about_the_one_that_lasts() -> None:
    both = together(told("alert", clock="response"), told("alert", alert_id="a2"))
    assert {asked.clock for _, asked in offered(both)} == {"resolution"}
    over = replace(both, meanwhile={"a2": {"state": "met", "at": 1}})
    assert {asked.clock for _, asked in offered(over)} == {"response"}
    assert {asked.clock for _, asked in offered(told("alert", clock="response"))} == {"response"}
    assert offered(told("alert", clock=None)) == []
