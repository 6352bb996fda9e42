"""What is asked of a ticket, and which condition fails first."""

import pytest

from engine.sla.conditions import Attributes, Failure, Match, UnknownField, condition

TICKET = Attributes(
    "enterprise",
    "P1",
    team="Billing",
    assigned=True,
    others={
        "source": "zendesk",
        "type": None,
        "tags": ("emea", "VIP"),
        "fields.region": "Test",
        "fields.count": "3",
        "fields.paying": "true",
    },
)


def holds(field: str, accepted: object, ticket: Attributes = TICKET) -> bool:
    return Match(when=(condition(field, accepted),)).holds(ticket)


@pytest.mark.parametrize(
    ("field", "accepted"),
    [
        ("customer_tier", "Enterprise"),
        ("priority", ["p0", "p1"]),
        ("team", "billing"),
        ("source", "ZENDESK"),
        ("tags", "vip"),
        ("tags", ["outage", "emea"]),
        ("fields.region", ("test", "staging")),
        ("fields.count", 3),
        ("fields.paying", True),
        ("assigned", True),
        ("assigned", "yes"),
    ],
)
def test_text_is_compared_without_case_and_numbers_by_their_json(
    field: str, accepted: object
) -> None:
    assert holds(field, accepted)
    assert not Match(unless=(condition(field, accepted),)).holds(TICKET)


@pytest.mark.parametrize(
    ("field", "accepted"),
    [
        ("customer_tier", "standard"),
        ("team", ["payments", "bill"]),
        ("tags", "outage"),
        ("fields.count", 3.0),
        ("fields.paying", "yes"),
        ("assigned", False),
        ("type", "incident"),
        ("fields.unheard", "x"),
    ],
)
def test_whatever_else_does_not_match(field: str, accepted: object) -> None:
    assert not holds(field, accepted)


@pytest.mark.parametrize("field", ["team", "organization", "type", "tags", "fields.region"])
def test_null_is_to_say_nothing_and_a_star_to_say_something(field: str) -> None:
    said = Attributes("gold", "P1", "a", "b", others={"type": "c", "tags": ("d",), field: "e"})
    silent = Attributes("gold", "P1", others={"type": None, "tags": (), "fields.region": None})
    found = [
        (holds(field, accepted, said), holds(field, accepted, silent))
        for accepted in ("*", None, [None, "*"])
    ]
    assert found == [(True, False), (False, True), (True, True)]


def test_a_ticket_without_tier_and_priority_says_nothing_of_them() -> None:
    assert holds("customer_tier", None, Attributes("", ""))
    assert holds("priority", None, Attributes("", ""))


def test_all_of_when_have_to_hold_and_none_of_unless() -> None:
    billing, emea = condition("team", "billing"), condition("tags", "emea")
    assert Match((billing, emea)).holds(TICKET)
    assert not Match((billing, condition("tags", "outage"))).holds(TICKET)
    assert not Match((billing,), (condition("type", "x"), emea)).holds(TICKET)
    assert Match().holds(TICKET)


def test_the_first_condition_that_fails_is_found() -> None:
    billing, emea = condition("team", "billing"), condition("tags", "emea")
    outage = condition("tags", ["Outage", "x"])
    assert Match((billing, outage)).first_failure(TICKET) == Failure(outage, ("emea", "VIP"), False)
    assert Match((billing,), (outage, emea)).first_failure(TICKET) == Failure(
        emea, ("emea", "VIP"), True
    )


def test_of_what_matches_no_condition_fails() -> None:
    match = Match((condition("team", "billing"),), (condition("type", "*"),))
    assert match.first_failure(TICKET) is None


def test_only_what_is_not_always_known_is_asked_for() -> None:
    match = Match(
        (condition("team", "a"), condition("fields.x", "b"), condition("assigned", True)),
        (condition("tags", "c"), condition("source", "d")),
    )
    assert match.asks == {"fields.x", "tags", "source"}


@pytest.mark.parametrize("field", ["colour", "fields.", "field.region", "title", "assigned_to"])
def test_what_no_ticket_says_cannot_be_asked(field: str) -> None:
    with pytest.raises(UnknownField):
        condition(field, "x")


@pytest.mark.parametrize(
    ("field", "accepted", "why"),
    [
        ("team", [], "no value"),
        ("team", {"a": 1}, "takes a text"),
        ("team", "", "takes a text"),
        ("team", True, "put it in quotes"),
        ("team", "x" * 256, "more than 255"),
        ("assigned", "maybe", "yes or no"),
        ("assigned", 1, "yes or no"),
    ],
)
def test_a_value_that_is_none_is_refused(field: str, accepted: object, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        condition(field, accepted)
