"""Binary arrays, byte for byte as psycopg makes them."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.adapt import PyFormat, Transformer
from psycopg.types.numeric import Float8, Int4, Int8

from command_side.event_store import binary


def itself(value: Any) -> Any:
    return value


ZONES = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))])
VALUES: list[tuple[binary.Kind, Any, st.SearchStrategy[Any]]] = [
    (binary.BOOLEAN, bool, st.booleans()),
    (binary.BYTEA, bytes, st.binary()),
    (binary.BIGINT, Int8, st.integers(-(2**63), 2**63 - 1)),
    (binary.INTEGER, Int4, st.integers(-(2**31), 2**31 - 1)),
    (binary.TEXT, str, st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))),
    (binary.DOUBLE, Float8, st.floats()),
    (binary.INSTANT, itself, st.datetimes(timezones=ZONES)),
    (binary.UUID, itself, st.uuids()),
]


def by_psycopg(values: list[Any]) -> bytes:
    dumper = Transformer().get_dumper(values, PyFormat.BINARY)
    content = dumper.dump(values)
    assert content is not None
    return bytes(content)


@pytest.mark.parametrize(("kind", "wrapped", "one"), VALUES)
@given(st.data())
def test_an_array_is_what_psycopg_makes_of_its_list(
    kind: binary.Kind, wrapped: Any, one: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    # psycopg tells the type by a value, and the header says that there may be nulls.
    values = [data.draw(one), None, *data.draw(st.lists(st.none() | one))]
    expected = by_psycopg([None if value is None else wrapped(value) for value in values])

    assert binary.values(kind, values).content == expected


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (binary.BOOLEAN, "t"),
        (binary.BIGINT, "1"),
        (binary.INTEGER, 2**31),
        (binary.TEXT, uuid4()),
        (binary.DOUBLE, "1"),
        (binary.INSTANT, datetime(2026, 3, 2, tzinfo=UTC).replace(tzinfo=None)),
        (binary.INSTANT, "2026-03-02T09:00:00Z"),
        (binary.UUID, "f" * 32),
    ],
)
def test_a_value_of_another_type_is_refused(kind: binary.Kind, value: Any) -> None:
    with pytest.raises(binary.REFUSED):
        binary.values(kind, [value])


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_whole_numbers_without_any_missing_are_the_same_elements(given: list[int]) -> None:
    expected = by_psycopg([Int8(one) for one in given])

    header, elements = 20, binary.values(binary.BIGINT, given).content
    assert elements[header:] == expected[header:]
