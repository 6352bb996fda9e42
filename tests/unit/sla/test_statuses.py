"""Statuses that are known without being configured, in any spelling."""

from itertools import pairwise

import pytest

from engine.sla.policy import PHASES, Phase
from engine.sla.statuses import BUILT_IN_STATUSES, LISTS, NEWEST, built_in_statuses
from tests.support.timelines import policy

PLAIN = policy({})
SHIPPED: dict[Phase, str] = {
    "waiting": "open new reopened to_do backlog waiting_for_support reported",
    "active": (
        "in_progress active assigned escalated work_in_progress processing under_investigation"
        " planning reviewing"
    ),
    "paused": (
        "pending on_hold waiting_on_customer hold suspended waiting waiting_for_customer"
        " waiting_on_third_party pending_reminder pending_close awaiting_parts"
    ),
    "done": "resolved closed solved done completed fixed",
    "cancelled": (
        "cancelled canceled duplicate spam merged deleted rejected declined wont_fix trashed"
    ),
}
"""What the desks ship."""


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("joint", ["_", "-", " ", ""])
def test_what_the_desks_ship_is_known_in_any_spelling(phase: Phase, joint: str) -> None:
    for word in SHIPPED[phase].split():
        spelled = word.replace("_", joint)
        for status in (spelled, spelled.upper(), spelled.title()):
            assert PLAIN.phase(status) == phase, status


def test_there_is_no_other() -> None:
    words = {word for words in SHIPPED.values() for word in words.split()} - {"awaiting_parts"}
    assert {word for words in LISTS[-1].values() for word in words} == words
    assert len(words) == len(BUILT_IN_STATUSES)


def test_a_list_goes_on_where_the_one_before_it_ends_and_maps_nothing_otherwise() -> None:
    for number, (before, after) in enumerate(pairwise(LISTS), start=1):
        assert all(after[phase][: len(before[phase])] == before[phase] for phase in PHASES)
        assert built_in_statuses(number).items() < built_in_statuses(number + 1).items()
    assert built_in_statuses(NEWEST) == BUILT_IN_STATUSES


def test_the_first_list_is_that_of_the_versions_that_name_none() -> None:
    assert " ".join(sorted(built_in_statuses(1))) == (
        "active assigned canceled cancelled closed duplicate escalated inprogress new onhold open"
        " pending reopened resolved spam waitingoncustomer"
    )
