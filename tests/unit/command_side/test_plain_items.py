"""The short way to read items says what the long one says, or nothing."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_side.deciding.observed import ObservedItem
from command_side.intake.item import Malformed, Refused, TicketItem, TooManyItems, parse
from command_side.intake.plain import PlainItem, read_plain
from command_side.intake.reading import read
from tests.support.items import opening, text

LIMIT = 3


def body(*items: Any) -> bytes:
    return json.dumps({"tickets": items}).encode()


def at_length(raw: bytes) -> list[ObservedItem | Refused] | None:
    """None: the whole of it is refused."""
    try:
        items = parse(raw, limit=LIMIT)
    except (Malformed, TooManyItems):
        return None
    return [one if isinstance(one, Refused) else read(one) for one in items]


PLAIN: list[dict[str, Any]] = [
    {"external_id": "T-1"},
    opening(0, source="zendesk", revision=3, tags=["emea", "mobile"], description="It is down."),
    opening(1, title="Größe stimmt nicht", assigned_to=None, description=None, tags=None),
    opening(None, created_at=-5, first_responded_at=1, updated_by="Ann", customer_tier=None),
    opening(
        2, external_id="shop.4/7", title="It ends ", description="\r\n It begins.", status="open "
    ),
    opening(3, response_due_at=30, resolution_due_at=90),
    {**opening(4), "response_due_at": None, "resolution_due_at": None},
    {**opening(), "updated_at": "2026-01-05T09:00:00.123Z"},
    opening(3, automatic_reply_at=1, withdrawn_replies=["2026-01-05T09:02:00Z", text(1), text(1)]),
    opening(3, withdrawn_replies=None),
    opening(3, withdrawn_replies=[]),
    opening(3, assigned_to="", updated_by="", description=""),
    {**opening(), "updated_at": "2026-01-05T09:00:00.123456+05:30"},
]


@pytest.mark.parametrize("item", PLAIN)
def test_what_sources_usually_send_is_read_the_short_way(item: dict[str, Any]) -> None:
    found = read_plain(body(item), limit=LIMIT)

    assert found is not None
    assert found == at_length(body(item))


def test_it_knows_every_member() -> None:
    assert set(PlainItem.__struct_fields__) == set(TicketItem.model_fields)


TEXTS = (
    """ |  |open| open|a\x1f|a\x1c|\x85b|c\u3000|a/../b|.|.a|a.b|\0|two\nlines|\u2028|\ud800|\x7f"""
)
LONG = ["x" * 100, "x" * 101, "ä" * 255, "x" * 256, "x" * 1001, ""]
INSTANTS = """
2026-01-05T09:00:00Z|2026-01-05 09:00:00Z|2026-01-05t09:00:00z|20260105T090000Z|2026-01-05T09:00Z
2026-01-05T09:00:60Z|2026-01-05T24:00:00Z|2026-02-30T09:00:00Z|2026-01-05|1767603600
2026-01-05T09:00:00,123Z|2026-01-05T09:00:00.1234567Z|2026-01-05T09:00:00.12Z
2026-01-05T09:00:00+0530|2026-01-05T09:00:00+05|2026-01-05T09:00:00-23:59
2026-01-05T09:00:00+24:00|2026-01-05T09:00:00+05:60|2026-01-05T09:00:00-00:00
1969-12-31T23:59:59Z|2100-01-01T00:00:00Z|0000-01-01T00:00:00Z"""

texts = st.one_of(
    st.none(), st.integers(-1, 2), st.sampled_from([*TEXTS.split("|"), *LONG]), st.text(max_size=4)
)
instants = st.one_of(
    texts,
    st.sampled_from(INSTANTS.replace("\n", "|").split("|")),
    st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?(Z|[+-]\d\d:\d\d)", fullmatch=True),
)
members: dict[str, st.SearchStrategy[Any]] = {
    name: instants if name.endswith("_at") else texts for name in TicketItem.model_fields
} | {
    "revision": st.one_of(texts, st.sampled_from([0, 7, 1.0, True, 2**31, 2**70, -1])),
    "withdrawn_replies": st.one_of(
        texts, st.lists(instants, max_size=3), st.just([text(1)] * 101), st.just([None])
    ),
    "tags": st.one_of(texts, st.lists(texts, max_size=3), st.just(["x"] * 101)),
    "team_size": texts,
}


def change_of(name: str) -> st.SearchStrategy[tuple[str, Any]]:
    return st.tuples(st.just(name), members[name])


def changed(item: dict[str, Any], changes: list[tuple[str, Any]]) -> dict[str, Any]:
    return item | dict(changes)


changes = st.lists(st.sampled_from(sorted(members)).flatmap(change_of), max_size=3)
items = st.builds(changed, st.sampled_from(PLAIN), changes)


@given(st.lists(items, max_size=LIMIT + 1), st.booleans())
def test_the_short_way_says_the_same_or_nothing(sent: list[dict[str, Any]], ascii: bool) -> None:
    raw = json.dumps({"tickets": sent}, ensure_ascii=ascii).encode(errors="surrogatepass")

    found = read_plain(raw, limit=LIMIT)

    assert found is None or found == at_length(raw)


@pytest.mark.parametrize("offset", ["+05:60", "-00:99", "+24:00"])
def test_an_offset_that_no_clock_shows_is_refused_either_way(offset: str) -> None:
    """Python itself takes sixty minutes for an hour."""
    raw = body({**opening(), "updated_at": f"2026-01-05T09:00:00{offset}"})

    assert read_plain(raw, limit=LIMIT) is None
    found = at_length(raw)
    assert found is not None
    assert [type(one) for one in found] == [Refused]


@given(st.sampled_from(PLAIN), st.data())
def test_nothing_is_read_the_short_way_that_is_no_json(item: Any, data: st.DataObject) -> None:
    raw = bytearray(body(item))
    for place in data.draw(st.lists(st.integers(0, len(raw) - 1), min_size=1, max_size=3)):
        raw[place] = data.draw(st.integers(0, 255))

    found = read_plain(bytes(raw), limit=LIMIT)

    assert found is None or found == at_length(bytes(raw))
