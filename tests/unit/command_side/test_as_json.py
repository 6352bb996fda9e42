"""Contents are compared by hashes of these bytes, and tickets known by those of their names."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, cast
from uuid import NAMESPACE_URL, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from command_side.deciding.as_json import as_json, canonical
from command_side.deciding.events import ticket_id

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
    | st.uuids()
    | st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-3, minutes=-30))])),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=20,
)


@given(ANYTHING)
def test_it_says_what_pydantic_says(value: Any) -> None:
    assert json.loads(as_json(value)) == json.loads(to_json(value))


def turned(value: Any) -> Any:
    """The same content, with every object's keys in the opposite order."""
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        return {name: turned(entries[name]) for name in reversed(entries)}
    if isinstance(value, list | tuple):
        return [turned(entry) for entry in cast("Sequence[Any]", value)]
    return value


@given(ANYTHING)
def test_the_order_of_keys_does_not_matter_where_contents_are_compared(value: Any) -> None:
    assert canonical(value) == canonical(turned(value))


def test_an_order_that_is_right_already_stays() -> None:
    value = {"a": [2**70, {"b": 1, "c": None}], "d": "é"}
    assert canonical(value) == canonical(turned(value)) == to_json(value)


def test_whole_numbers_of_any_size_keep_every_digit() -> None:
    assert as_json({"number": 2**100}) == b'{"number":%d}' % 2**100


def test_instants_are_rfc_3339_in_utc() -> None:
    assert as_json(datetime(2026, 1, 5, 9, microsecond=1000, tzinfo=UTC)) == (
        b'"2026-01-05T09:00:00.001000Z"'
    )


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError):
        as_json(object())


@given(TEXTS, TEXTS)
def test_a_tickets_id_is_the_uuid_of_its_names(source: str, external_id: str) -> None:
    name = f"sla-tracker:{source}\x1f{external_id}"
    assert ticket_id(source, external_id) == uuid5(NAMESPACE_URL, name)
