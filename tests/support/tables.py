"""The tables and functions that a release works with, as PostgreSQL describes them.

`python -m tests.support.tables DATABASE_URL` writes those of a furnished database into the file: at
a release, and then what the release before it no longer uses may go.
"""

import json
import sys
from pathlib import Path
from typing import Any, LiteralString

import psycopg

FILE = Path(__file__).parents[1] / "data" / "tables_of_the_release.json"
COLUMNS: LiteralString = """
select c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
    a.attnotnull and not a.atthasdef and a.attidentity = ''
from pg_class c join pg_attribute a on a.attrelid = c.oid
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    and a.attnum > 0 and not a.attisdropped
order by 1, 2
"""
FUNCTIONS: LiteralString = """
select oid::regprocedure::text || ' returns ' || pg_get_function_result(oid) from pg_proc
where pronamespace = 'public'::regnamespace order by 1
"""
Tables = dict[str, dict[str, str]]


def described(conn: psycopg.Connection[Any]) -> tuple[Tables, list[str], set[str]]:
    """Columns by table, with their types; functions; `table.column` of what every insert must
    name."""
    tables: Tables = {}
    needed: set[str] = set()
    for table, column, kind, is_needed in conn.execute(COLUMNS).fetchall():
        tables.setdefault(table, {})[column] = kind
        if is_needed:
            needed.add(f"{table}.{column}")
    return tables, [row[0] for row in conn.execute(FUNCTIONS).fetchall()], needed


def released() -> tuple[Tables, list[str]]:
    """What the file says."""
    said = json.loads(FILE.read_text())
    return said["tables"], said["functions"]


if __name__ == "__main__":
    with psycopg.connect(sys.argv[1]) as connection:
        found, functions, _ = described(connection)
    text = json.dumps({"tables": found, "functions": functions}, indent=1)
    FILE.write_text(text + "\n")
