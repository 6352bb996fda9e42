"""What a ticket says about itself beside tier and priority, in the source's time."""

from typing import Any

import pytest

from engine.sla import stored_fold
from engine.sla.conditions import Attributes
from engine.sla.policy import Policy
from engine.sla.timeline import Fold, Observation, fold
from tests.support import ruling
from tests.support.folds import again
from tests.support.policy_book import Book
from tests.support.timelines import at, in_order, policy, saw

PLAIN = policy({"resolution": "4h"})


def asking(*fields: str, version: int = 1, **given: Any) -> Policy:
    return ruling.asking(policy({"resolution": "4h"}, version=version, **given), fields)


def attributes(*timeline: Observation, under: Policy = PLAIN, when: str = "18:00") -> Attributes:
    return fold(in_order(timeline), [under], at(when), source="zendesk").attributes


def test_team_organization_and_that_somebody_is_assigned_are_always_known() -> None:
    found = attributes(
        saw("09:00", "waiting", said={"team": "Support", "organization": "ACME"}),
        saw("10:00", assigned=True, said={"team": "Billing"}),
    )
    assert found[2:5] == ("Billing", "ACME", True)
    assert found.others == {}


def test_null_clears_team_and_organization() -> None:
    found = attributes(
        saw("09:00", assigned=True, said={"team": "Support", "organization": "ACME"}),
        saw("10:00", assigned=False, said={"team": None, "organization": None}),
    )
    assert found[2:5] == (None, None, False)


def test_all_else_is_known_where_a_policy_asks_for_it() -> None:
    found = attributes(
        saw("09:00", said={"type": "incident", "tags": ["a"], "extra": {"x": 1, "y": "No"}}),
        saw("10:00", said={"tags": None, "extra": {"x": True, "z": 1e22}}),
        saw("11:00", said={"extra": {"w": ["a"]}}),
        under=asking("source", "type", "tags", "fields.x", "fields.y", "fields.z", "fields.w"),
    )
    assert found.others == {
        "source": "zendesk",
        "type": "incident",
        "tags": None,
        "fields.x": "true",
        "fields.y": "No",
        "fields.z": "1e+22",
        "fields.w": None,
    }


def test_what_is_kept_of_a_long_text_tells_it_from_every_word() -> None:
    found = attributes(saw("09:00", said={"extra": {"x": "x" * 999}}), under=asking("fields.x"))
    assert found.others == {"fields.x": "x" * 256}


def test_an_attribute_says_nothing_until_it_is_first_named() -> None:
    timeline = [
        saw("09:00", "waiting"),
        saw("10:00", assigned=True, priority="P0", said={"team": "Billing", "type": "incident"}),
    ]
    before = attributes(*timeline, under=asking("type"), when="09:30")
    assert before == Attributes("gold", "P0", others={"type": None})
    after = attributes(*timeline, under=asking("type"))
    assert after == Attributes("gold", "P0", "Billing", None, True, {"type": "incident"})


def test_before_the_first_observation_it_is_that_one_that_counts_but_nobody_is_assigned() -> None:
    said = {"team": "Billing", "organization": "ACME", "type": "incident"}
    first = saw("10:00", "active", assigned=True, created="09:00", said=said)
    before = attributes(first, under=asking("type"), when="09:30")
    assert before == Attributes("gold", "P1", "Billing", "ACME", False, {"type": "incident"})
    assert attributes(first, under=asking("type")).assigned


def test_observations_up_to_the_creation_set_the_state_there() -> None:
    timeline = [
        saw("08:00", assigned=True, said={"team": "Support", "organization": "ACME"}),
        saw("09:00", said={"team": "Billing"}),
        saw("10:00", created="09:00", said={"team": "Sales"}),
    ]
    found = attributes(*timeline, when="09:00")
    assert found == Attributes("gold", "P1", "Billing", "ACME", True)


def test_a_ticket_that_is_yet_to_be_created_says_what_has_been_observed() -> None:
    timeline = [saw("08:00", created="12:00", said={"team": "Support"}), saw("09:00", said={})]
    assert attributes(*timeline, when="08:30").team == "Support"


def kept(folded: Fold, *policies: Policy) -> Fold:
    return stored_fold.load(again(stored_fold.dump(folded)), Book(policies))


def test_a_stored_fold_goes_on_with_what_the_ticket_said() -> None:
    under = asking("type", "tags", "fields.x")
    first = saw("09:00", "waiting", priority="P1", tier="gold", said={"tags": ["a", "b"]})
    more = saw("10:00", assigned=True, said={"team": "Billing", "extra": {"x": 3}})
    continued = kept(fold([first], [under], at("09:30")), under)
    assert continued.follows(more, at("10:00"), [under])
    continued.follow(more, at("10:00"), [under])
    whole = fold([first, more], [under], at("10:00"))
    assert stored_fold.dump(continued) == stored_fold.dump(whole)
    assert continued.attributes.others == {"type": None, "tags": ("a", "b"), "fields.x": "3"}


def test_what_nobody_asks_for_takes_no_room() -> None:
    said = {"tags": ["a"] * 100, "type": "incident", "extra": {"x": "y" * 1000}}
    assert (
        stored_fold.dump(fold(in_order([saw("09:00", said=said)]), [PLAIN], at("10:00"))).others
        is None
    )


@pytest.mark.parametrize("apply_to", ["open_tickets", "new_tickets"])
def test_a_version_that_asks_for_more_takes_the_whole_timeline(apply_to: str) -> None:
    first = saw("09:00", "waiting", priority="P1", tier="gold", said={"type": "incident"})
    later = asking("type", version=2, accepted_at="09:30", apply_to=apply_to)
    folded = kept(fold([first], [PLAIN], at("09:10")), PLAIN, later)
    applies = apply_to == "open_tickets"
    assert folded.follows(saw("10:00", "active"), at("10:00"), [PLAIN, later]) is not applies
    assert folded.catch_up(at("10:00"), [PLAIN, later]) is not applies
    whole = fold([first], [PLAIN, later], at("10:00")).attributes
    assert whole.others == ({"type": "incident"} if applies else {})


def test_a_version_that_asks_for_less_goes_on_with_what_is_known() -> None:
    first = saw("09:00", "waiting", priority="P1", tier="gold", said={"type": "incident"})
    began, later = asking("type"), policy({"resolution": "2h"}, version=2, accepted_at="09:30")
    folded = kept(fold([first], [began], at("09:10")), began, later)
    more = saw("10:00", "active", said={"type": "question"})
    assert folded.follows(more, at("10:00"), [began, later])
    folded.follow(more, at("10:00"), [began, later])
    whole = fold([first, more], [began, later], at("10:00"))
    assert stored_fold.dump(folded) == stored_fold.dump(whole)
    assert whole.attributes.others == {"type": "question"}
