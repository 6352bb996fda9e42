"""Items are checked one by one; what is wrong with one is said where it is wrong."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from command_side.intake.item import (
    EXTRA_LIMIT,
    Malformed,
    Refused,
    TicketItem,
    TooManyItems,
    ignored,
    parse,
    suggestions,
)
from tests.support.items import opening

TIME = "write the time as RFC 3339 text, such as 2026-01-05T09:00:00Z"
ERA = "must lie between 1970 and 2100"
NUL = "text must not contain NUL characters"

Loc = tuple[str | int, ...]


def body(*items: Any) -> bytes:
    return json.dumps({"tickets": items}).encode()


def only(item: Any) -> TicketItem | Refused:
    """What becomes of one item."""
    (found,) = parse(body(item), limit=1)
    return found


def found_in(raw: bytes) -> list[tuple[Loc, str]]:
    (found,) = parse(raw, limit=1)
    assert isinstance(found, Refused)
    return [(problem.loc, problem.msg) for problem in found.problems]


MALFORMED: list[tuple[str, dict[str, Any], Loc, str]] = [
    ("no name", {"external_id": None}, ("external_id",), "must be a valid string"),
    ("a number for a name", {"external_id": 7}, ("external_id",), "must be a valid string"),
    ("an empty name", {"external_id": " "}, ("external_id",), "must not be empty"),
    ("a name too long", {"external_id": "x" * 256}, ("external_id",), "at most 255 characters"),
    ("a null source", {"source": None}, ("source",), "must be a valid string"),
    ("an empty source", {"source": ""}, ("source",), "must not be empty"),
    ("a naive time", {"updated_at": "2026-01-05T09:00:00"}, ("updated_at",), "needs a time zone"),
    ("a date alone", {"updated_at": "2026-01-05"}, ("updated_at",), "needs a time zone"),
    ("no time", {"updated_at": "soon"}, ("updated_at",), TIME),
    ("seconds", {"updated_at": 1767603600}, ("updated_at",), TIME),
    ("seconds as text", {"updated_at": "1767603600"}, ("updated_at",), TIME),
    ("a true time", {"created_at": True}, ("created_at",), TIME),
    ("before 1970", {"updated_at": "1969-12-31T23:59:59.999999Z"}, ("updated_at",), ERA),
    ("from 2100 on", {"updated_at": "2100-01-01T00:00:00Z"}, ("updated_at",), ERA),
    ("no such day", {"created_at": "2026-02-30T09:00:00Z"}, ("created_at",), "day value"),
    ("a reply", {"last_agent_reply_at": "x"}, ("last_agent_reply_at",), TIME),
    ("a reply", {"last_customer_reply_at": 0.5}, ("last_customer_reply_at",), TIME),
    ("an answer", {"first_responded_at": []}, ("first_responded_at",), "valid datetime"),
    ("a negative revision", {"revision": -1}, ("revision",), "greater than or equal to 0"),
    ("a great revision", {"revision": 2**31}, ("revision",), "less than 2147483648"),
    ("a revision as text", {"revision": "1"}, ("revision",), "valid integer"),
    ("a true revision", {"revision": True}, ("revision",), "valid integer"),
    ("a null revision", {"revision": None}, ("revision",), "valid integer"),
    ("an empty priority", {"priority": ""}, ("priority",), "must not be empty"),
    ("a numeric priority", {"priority": 1}, ("priority",), "valid string"),
    ("a tier too long", {"customer_tier": "x" * 101}, ("customer_tier",), "at most 100"),
    ("a list as status", {"status": ["open"]}, ("status",), "valid string"),
    ("a title too long", {"title": "x" * 1001}, ("title",), "at most 1000"),
    ("a long description", {"description": "x" * 100_001}, ("description",), "at most 100000"),
    ("a number as person", {"assigned_to": 5}, ("assigned_to",), "valid string"),
    ("an object as person", {"updated_by": {}}, ("updated_by",), "valid string"),
    ("tags as text", {"tags": "emea"}, ("tags",), "must be a list"),
    ("an empty team", {"team": ""}, ("team",), "must not be empty"),
    ("a long type", {"type": "x" * 256}, ("type",), "at most 255 characters"),
    ("a number as organization", {"organization": 1}, ("organization",), "must be a valid string"),
    ("an empty tag", {"tags": ["emea", " "]}, ("tags", 1), "must not be empty"),
    ("many tags", {"tags": ["x"] * 101}, ("tags",), "at most 100 items"),
    ("NUL in a title", {"title": "a\0b"}, ("title",), NUL),
    ("NUL in a name", {"external_id": "a\0b"}, ("external_id",), NUL),
    ("NUL in a tag", {"tags": ["a", "\0"]}, ("tags", 1), NUL),
    ("NUL in an unknown attribute", {"site": {"room": ["\0"]}}, ("site", "room", 0), NUL),
    ("NUL in an unknown name", {"si\0te": 1}, (), NUL),
    ("much of the unknown", {"x": "y" * EXTRA_LIMIT}, (), "more than 16384 bytes"),
]


@pytest.mark.parametrize(
    ("given", "loc", "msg"),
    [case[1:] for case in MALFORMED],
    ids=[f"{case[0]} ({next(iter(case[1]))!r})" for case in MALFORMED],
)
def test_a_malformed_value_is_refused_where_it_stands(
    given: dict[str, Any], loc: Loc, msg: str
) -> None:
    refused = only({**opening(), **given})

    assert isinstance(refused, Refused)
    assert [problem.loc for problem in refused.problems] == [loc]
    assert msg in refused.problems[0].msg


@pytest.mark.parametrize("item", [None, 5, "T-1", [], True])
def test_an_item_that_is_no_object_is_refused_as_a_whole(item: object) -> None:
    refused = only(item)

    assert isinstance(refused, Refused)
    assert refused.external_id is None
    assert [problem.loc for problem in refused.problems] == [()]


def test_everything_that_is_wrong_with_an_item_is_said_at_once() -> None:
    refused = only({"external_id": "T-1", "priority": 1, "revision": -1, "updated_at": 0})

    assert isinstance(refused, Refused)
    assert refused.external_id == "T-1"
    locs = [problem.loc for problem in refused.problems]
    assert locs == [("updated_at",), ("revision",), ("priority",)]


def test_a_number_that_no_double_holds_is_refused() -> None:
    raw = b'{"tickets": [{"external_id": "T-1", "cost": [1, -1e999]}]}'

    assert found_in(raw) == [(("cost", 1), "the number is too large")]


DEEP = 250


@pytest.mark.parametrize(
    ("given", "loc", "msg"),
    [
        (r'"title": "\ud800"', ("title",), "half a surrogate pair, which is no character"),
        (r'"tags": ["a", "\udfff"]', ("tags", 1), "half a surrogate pair, which is no character"),
        (r'"site": {"\ud83d": 1}', ("site",), "half a surrogate pair, which is no character"),
        (r'"\ud83d": 1', (), "half a surrogate pair, which is no character"),
        (f'"cost": {"9" * 5000}', ("cost",), "the number is too large"),
        (f'"cost": [-{"9" * 5000}]', ("cost", 0), "the number is too large"),
        (f'"revision": {"9" * 5000}', ("revision",), "the number is too large"),
        ('"cost": NaN', ("cost",), "is no number"),
        (f'"x": {"[" * DEEP}{"]" * DEEP}', ("x",), "more than 200 lists and objects within each"),
    ],
)
def test_what_nothing_can_hold_costs_its_item_and_no_other(given: str, loc: Loc, msg: str) -> None:
    good = json.dumps(opening())
    raw = f'{{"tickets": [{good}, {{"external_id": "T-2", {given}}}, {good}]}}'
    first, refused, last = parse(raw.encode(), limit=3)

    assert isinstance(first, TicketItem)
    assert isinstance(last, TicketItem)
    assert isinstance(refused, Refused)
    assert refused.external_id == "T-2"
    assert [problem.loc for problem in refused.problems] == [loc]
    assert refused.problems[0].msg.startswith(msg)


def test_a_name_that_is_no_text_can_be_answered_nevertheless() -> None:
    (refused,) = parse(rb'{"tickets": [{"external_id": "a\ud800", "\udc00": 1}]}', limit=1)

    assert isinstance(refused, Refused)
    assert (refused.external_id, refused.ignored) == ("a?", ["?"])


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("T\n1", "control characters"),
        ("T\r\n1", "control characters"),
        ("T\t1", "control characters"),
        ("T\x1b[2J", "control characters"),
        ("T\x851", "control characters"),
        ("T\u20281", "control characters"),
        ("..", "no address can hold"),
        ("a/./b", "no address can hold"),
        ("a/..", "no address can hold"),
    ],
)
def test_a_ticket_that_could_not_be_asked_for_is_refused(name: str, why: str) -> None:
    refused = only({**opening(), "external_id": name})

    assert isinstance(refused, Refused)
    assert [problem.loc for problem in refused.problems] == [("external_id",)]
    assert why in refused.problems[0].msg


@pytest.mark.parametrize("name", ["a/b", ".env", "v1..2", "a\u00a0b", "T\u200d1", "…", "a/.b"])
def test_whatever_an_address_can_hold_may_be_a_name(name: str) -> None:
    assert isinstance(only({**opening(), "external_id": name}), TicketItem)


def test_what_nothing_reads_is_named_with_what_was_meant() -> None:
    item = only({**opening(), "assigend_to": "jane", "customerTier": "x", "cost": 5, "room": None})

    assert ignored(item) == ["assigend_to", "customerTier", "cost", "room"]
    assert suggestions(ignored(item)) == {
        "assigend_to": "assigned_to",
        "customerTier": "customer_tier",
    }
    assert ignored(only({"externalid": "T-1"})) == ["externalid"]


@pytest.mark.parametrize("text", ["Infinity", "-Infinity and beyond"])
def test_a_text_may_speak_of_infinity(text: str) -> None:
    item = only({**opening(), "note": text})

    assert isinstance(item, TicketItem)


def test_one_bad_item_keeps_none_of_the_others() -> None:
    found = parse(body(opening(0), {**opening(1), "revision": -1}, opening(2)), limit=3)

    assert [type(item) for item in found] == [TicketItem, Refused, TicketItem]


def test_one_item_with_nul_keeps_none_of_the_others() -> None:
    found = parse(body(opening(0), {**opening(1), "title": "\0"}, opening(2)), limit=3)

    assert [type(item) for item in found] == [TicketItem, Refused, TicketItem]


def test_a_backslash_before_u0000_is_no_nul() -> None:
    item = only({**opening(), "title": r"\u0000"})

    assert isinstance(item, TicketItem)
    assert item.title == r"\u0000"


def test_unknown_attributes_are_kept_as_they_are() -> None:
    extra = {"cost": 12.5, "site": {"room": [None, "é"]}, "sys_id": None, "big": 2**70}
    item = only({**opening(), **extra})

    assert isinstance(item, TicketItem)
    assert item.model_extra == extra


def test_attributes_that_are_null_are_as_good_as_missing() -> None:
    nulls = dict.fromkeys(
        (
            "updated_at",
            "title",
            "description",
            "priority",
            "customer_tier",
            "status",
            "assigned_to",
            "updated_by",
            "created_at",
            "first_responded_at",
            "last_agent_reply_at",
            "last_customer_reply_at",
            "tags",
        )
    )
    item = only({"external_id": "T-1", **nulls})

    assert isinstance(item, TicketItem)
    assert item.source == "default"
    assert item.revision == 0


def test_spaces_around_texts_do_not_count() -> None:
    item = only({"external_id": " T-1\t", "source": " zendesk ", "status": " open "})

    assert isinstance(item, TicketItem)
    assert (item.external_id, item.source, item.status) == ("T-1", "zendesk", "open")


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-05T09:00:00Z", datetime(2026, 1, 5, 9, tzinfo=UTC)),
        ("2026-01-05T10:30:00+01:30", datetime(2026, 1, 5, 9, tzinfo=UTC)),
        ("2026-01-05 09:00:00.000001z", datetime(2026, 1, 5, 9, 0, 0, 1, tzinfo=UTC)),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("2099-12-31T23:59:59.999999Z", datetime(2099, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2100-01-01T00:30:00+01:00", datetime(2099, 12, 31, 23, 30, tzinfo=UTC)),
    ],
)
def test_a_time_may_be_spelled_in_every_way_of_rfc_3339(text: str, instant: datetime) -> None:
    item = only({"external_id": "T-1", "updated_at": text})

    assert isinstance(item, TicketItem)
    assert item.updated_at == instant


@pytest.mark.parametrize(
    ("raw", "loc"),
    [
        (b"", ("body",)),
        (b"{", ("body",)),
        (b'{"tickets": [{"external_id": "\xff"}]}', ("body",)),
        (b'{"tickets": [{"cost": nought}]}', ("body",)),
        (b'{"tickets": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", ("body",)),
        (b'{"tickets": [{}], "sorce": "zendesk"}', ("body", "sorce")),
        (b"[]", ("body", "tickets")),
        (b"null", ("body", "tickets")),
        (b"{}", ("body", "tickets")),
        (b'{"tickets": null}', ("body", "tickets")),
        (b'{"tickets": {"external_id": "a"}}', ("body", "tickets")),
        (b'{"tickets": []}', ("body", "tickets")),
    ],
)
def test_a_malformed_envelope_is_refused_as_a_whole(raw: bytes, loc: Loc) -> None:
    with pytest.raises(Malformed) as refused:
        parse(raw, limit=10)

    assert [problem.loc for problem in refused.value.problems] == [loc]


def test_too_many_items_are_refused_with_the_limit() -> None:
    with pytest.raises(TooManyItems, match="3 items, at most 2"):
        parse(body(opening(), opening(), opening()), limit=2)
