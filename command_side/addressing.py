"""Which ticket a path means: its id, or an external id."""

from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import tuple_row

from command_side.desk import TicketUnknown

FIND = """
select ticket_id, source from heads
where external_id = %s and (%s::text is null or source = %s) order by source limit 10
"""


class Ambiguous(Exception):
    """Several sources have a ticket of this external id; say which with `?source=`."""

    def __init__(self, external_id: str, sources: list[str]) -> None:
        super().__init__(f"{external_id} exists in several sources: {', '.join(sources)}")


async def resolve(conn: AsyncConnection[Any], name: str, source: str | None) -> UUID:
    """Raises TicketUnknown and Ambiguous."""
    try:
        return UUID(name)
    except ValueError:
        pass
    async with conn.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(FIND, [name, source, source])
        rows = [row for row in await cursor.fetchall() if row[1]]
    if not rows:
        raise TicketUnknown(name)
    if len(rows) > 1:
        raise Ambiguous(name, [row[1] for row in rows])
    return rows[0][0]
