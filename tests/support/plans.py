"""What a statement costs the database, in rows that it looks at."""

from collections.abc import Iterator, Mapping
from typing import Any

from psycopg import AsyncConnection


async def rows_looked_at(
    conn: AsyncConnection, statement: str, arguments: Mapping[str, Any]
) -> int:
    """Rows of tables, or of their indexes, that the statement reads, wanted or not."""
    explained = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}".encode()
    cursor = await conn.execute(explained, arguments)
    row = await cursor.fetchone()
    assert row is not None
    return sum(_looked_at(node) for node in _nodes(row[0][0]["Plan"]))


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)


def _looked_at(node: dict[str, Any]) -> int:
    if "Relation Name" not in node:
        return 0
    seen = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return round(seen * node["Actual Loops"])
