"""What an item says and what it is compared by: its content, as parsed, without what is null."""

from typing import Any

import pytest
from msgspec.structs import replace

from command_side.deciding.observed import ObservedItem, assigns, observation
from engine.sla.instants import micros
from tests.support.items import NINE, identity, opening, received, text, update


def content(item: dict[str, Any]) -> bytes:
    read = received(item)
    assert read.named_at is not None
    return read.content_hash(read.named_at, b"salt")


FULL = opening(
    0,
    created_at=-30,
    first_responded_at=5,
    last_agent_reply_at=6,
    last_customer_reply_at=7,
    response_due_at=30,
    resolution_due_at=60,
    description="It is down",
    assigned_to="jo",
    updated_by="jane",
    tags=["emea"],
    cost=12.5,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (opening(0), opening(0, description=None, tags=None, assigned_to=None)),
        (opening(0), opening(0, team=None, organization=None, type=None)),
        (opening(0), {**opening(0), "created_at": None, "revision": 0, "source": "default"}),
        (opening(0), opening(0, site=None)),
        (opening(0, cost=1), opening(0, site=None, cost=1)),
        (opening(0, title=" Outage "), opening(0, title="Outage")),
        (opening(0), {**opening(0), "updated_at": "2026-01-05T10:00:00+01:00"}),
        (
            opening(0, created_at=0),
            {**opening(0), "created_at": "2026-01-05T09:00:00.000000+00:00"},
        ),
        (opening(0, a=1, b=2), opening(0, b=2, a=1)),
    ],
    ids=[
        "null clears nothing that was not said",
        "no team",
        "defaults",
        "an unknown attribute that is null",
        "an unknown attribute that is null beside another",
        "spaces",
        "updated_at in another zone",
        "created_at in another spelling",
        "order",
    ],
)
def test_contents_are_compared_as_parsed(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert content(one) == content(other)


@pytest.mark.parametrize("name", [name for name in FULL if name not in ("external_id",)])
def test_every_attribute_counts(name: str) -> None:
    without = {key: value for key, value in FULL.items() if key != name}
    if name == "updated_at":
        without["updated_at"] = text(1)

    assert content(FULL) != content(without)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (opening(0, status="open"), opening(0, status="Open")),
        (opening(0, cost=1), opening(0, cost="1")),
        (opening(0, tags=["a", "b"]), opening(0, tags=["b", "a"])),
        (opening(0, tags=[]), opening(0)),
        (opening(0, title="jo", assigned_to=None), opening(0, title=None, assigned_to="jo")),
        ({**opening(0), "revision": 1}, opening(0)),
        (opening(0, resolution_due_at=None), opening(0)),
        (opening(0, resolution_due_at=None), opening(0, response_due_at=None)),
        (opening(0, resolution_due_at=60), opening(0, resolution_due_at=None)),
    ],
)
def test_other_contents_have_another_hash(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert content(one) != content(other)


def test_null_clears_only_what_may_be_empty() -> None:
    read = received(update(0, description=None, assigned_to=None, tags=None, title=None))

    assert read.personal == {"description": None, "assigned_to": None}
    assert read.given == {"tags": None}


def test_null_withdraws_a_date_of_its_own_and_is_no_absence() -> None:
    named = received(update(0, response_due_at=None, resolution_due_at=60))
    absent = received(update(0))
    at = micros(NINE)

    assert (named.given, named.moments) == (
        {"response_due_at": None},
        {"resolution_due_at": at + 60 * 60_000_000},
    )
    assert (absent.given, absent.moments) == ({}, {})
    observed = named.observation(at, None)
    assert observed.own_dates == {"response": None, "resolution": at + 60 * 60_000_000}
    assert absent.observation(at, None).own_dates is None


def test_what_names_people_is_kept_apart() -> None:
    read = received(FULL)

    assert read.personal.keys() == {"title", "description", "assigned_to", "updated_by"}
    assert not read.given.keys() & read.personal.keys()


def test_a_revision_means_nothing_without_a_time() -> None:
    read = received(opening(None, revision=7))

    assert (read.named_at, read.revision) == (None, 0)


def test_a_ticket_is_known_by_its_source_and_name() -> None:
    ids = {
        received(opening(0, name, source=source)).ticket_id
        for name in ("T-1", "t-1")
        for source in ("zendesk", "Zendesk")
    }
    assert len(ids) == 4
    assert received(opening(0)).ticket_id == identity("T-1", "default")


def test_a_stored_observation_says_what_was_received() -> None:
    read: ObservedItem = received(FULL)
    at = micros(NINE)

    stored = observation(at, 0, "waiting", read.given, read.moments, assigns(read.personal))
    assert stored == read.observation(at, "waiting")


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ({}, {}),
        ({"team": "Billing", "type": "incident"}, {"team": "Billing", "type": "incident"}),
        ({"team": None, "organization": None}, {"team": None, "organization": None}),
        ({"type": None}, {}),
    ],
)
def test_null_clears_team_and_organization_and_says_nothing_of_the_type(
    said: dict[str, Any], known: dict[str, Any]
) -> None:
    assert received(update(0, **said)).given == known


@pytest.mark.parametrize(
    ("said", "assigned"),
    [({}, None), ({"assigned_to": "jo"}, True), ({"assigned_to": None}, False)],
)
def test_that_somebody_is_assigned_is_heard_apart_from_who(
    said: dict[str, Any], assigned: bool | None
) -> None:
    read = received(update(0, **said))
    assert read.observation(0, None).assigned is assigned
    assert "assigned" not in read.given


def test_an_empty_name_is_nobodys_and_is_told_from_null_as_it_ever_was() -> None:
    for written in ("", "  "):
        read = received(opening(0, assigned_to=written))
        assert read.personal["assigned_to"] is None
        assert assigns(read.personal) is False
        # As it was kept before: who sends it again has sent it before.
        known = replace(read, emptied=(), personal={**read.personal, "assigned_to": ""})
        at = micros(NINE)
        assert read.content_hash(at, b"salt") == known.content_hash(at, b"salt")
        null = received(opening(0, assigned_to=None))
        assert read.content_hash(at, b"salt") != null.content_hash(at, b"salt")
