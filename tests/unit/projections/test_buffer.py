"""Writes of a batch, collapsed: the same rows as if each had been written by itself."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from projections.buffer import Buffer, TableBuffer
from projections.protocol import Change, Delete, Fill, Insert, Replace, Row, Table, Upsert, Write

TABLE = Table("t", key=("parent", "child"), parent=("parent",))
Rows = dict[tuple[Any, ...], Row]


def keys() -> st.SearchStrategy[Row]:
    return st.fixed_dictionaries({"parent": st.integers(1, 2), "child": st.integers(1, 2)})


def values() -> st.SearchStrategy[Row]:
    return st.dictionaries(st.sampled_from("abc"), st.integers(0, 9), min_size=1)


@st.composite
def rows(draw: st.DrawFn) -> Row:
    return draw(keys()) | draw(values())


@st.composite
def replacements(draw: st.DrawFn) -> Replace:
    parent = draw(st.integers(1, 2))
    children = draw(st.dictionaries(st.integers(1, 2), values()))
    return Replace(
        "t",
        {"parent": parent},
        [{"parent": parent, "child": n, **row} for n, row in children.items()],
    )


def writes() -> st.SearchStrategy[list[Write]]:
    return st.lists(
        st.one_of(
            rows().map(lambda row: Upsert("t", row)),
            rows().map(lambda row: Change("t", row)),
            keys().map(lambda key: Delete("t", key)),
            replacements(),
        ),
        max_size=12,
    )


def key_of(row: Row) -> tuple[Any, ...]:
    return row["parent"], row["child"]


def one_by_one(stored: Rows, done: list[Write]) -> Rows:
    """What a table holds after each write by itself."""
    found = {key: dict(row) for key, row in stored.items()}
    for write in done:
        match write:
            case Upsert(_, row):
                found.setdefault(key_of(row), {}).update(row)
            case Change(_, row):
                if key_of(row) in found:
                    found[key_of(row)].update(row)
            case Delete(_, row):
                found.pop(key_of(row), None)
            case Replace(_, parent, children):
                found = {key: row for key, row in found.items() if key[0] != parent["parent"]}
                found |= {key_of(row): dict(row) for row in children}
            case _:
                raise AssertionError(write)
    return found


def at_once(stored: Rows, buffer: TableBuffer) -> Rows:
    """What a table holds after the buffer's statements, in their order."""
    found = {key: dict(row) for key, row in stored.items() if key not in buffer.deleted}
    found = {key: row for key, row in found.items() if key[:1] not in buffer.cleared}
    for key, row in buffer.changes.items():
        if key in found:
            found[key].update(row)
    for key, row in buffer.upserts.items():
        found.setdefault(key, {}).update(row)
    return found


def copied(done: list[Write]) -> list[Write]:
    copies: list[Write] = []
    for write in done:
        match write:
            case Upsert(table, row):
                copies.append(Upsert(table, dict(row)))
            case Change(table, row):
                copies.append(Change(table, dict(row)))
            case Replace(table, parent, children):
                copies.append(Replace(table, parent, [dict(row) for row in children]))
            case _:
                copies.append(write)
    return copies


@given(st.lists(rows(), unique_by=key_of), writes())
def test_a_batch_ends_as_its_writes_one_by_one(before: list[Row], done: list[Write]) -> None:
    stored = {key_of(row): row for row in before}
    buffer = Buffer([TABLE])
    buffer.add(copied(done))

    assert at_once(stored, buffer.tables["t"]) == one_by_one(stored, done)


def test_the_first_insert_stays() -> None:
    buffer = Buffer([TABLE])
    buffer.add(Insert("t", {"parent": 1, "child": 1, "a": number}) for number in (1, 2))

    assert list(buffer.tables["t"].inserts.values()) == [{"parent": 1, "child": 1, "a": 1}]


def test_what_comes_first_fills() -> None:
    buffer = Buffer([TABLE])
    buffer.add(Fill("t", {"a": 1}, value) for value in ({"b": 1}, {"b": 2, "c": 3}))

    assert list(buffer.tables["t"].fills.values()) == [({"a": 1}, {"b": 1, "c": 3})]
