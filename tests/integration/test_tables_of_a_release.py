"""During a roll-out two releases work on one database: the older finds all that it works with."""

import psycopg

from tests.support.tables import described, released


def test_the_tables_and_functions_of_the_release_before_are_all_there(
    furnished_database_url: str,
) -> None:
    with psycopg.connect(furnished_database_url) as conn:
        tables, functions, _ = described(conn)
    before, called = released()
    missing = [
        f"{table}.{column} {kind}"
        for table, columns in before.items()
        for column, kind in columns.items()
        if tables.get(table, {}).get(column) != kind
    ]
    assert missing == []
    assert set(called) - set(functions) == set()


def test_nothing_is_asked_of_its_inserts_that_it_does_not_know(furnished_database_url: str) -> None:
    with psycopg.connect(furnished_database_url) as conn:
        _, _, needed = described(conn)
    before, _ = released()
    new = {
        name
        for name in needed
        if (table := name.split(".")[0]) in before and name.split(".")[1] not in before[table]
    }
    assert new == set()
