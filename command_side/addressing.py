"""Which ticket a path means: its id, or an external id, also one that it has had."""

from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import tuple_row

from command_side.desk import TicketUnknown

FIND = """
select ticket_id, source from heads
where (ticket_id = %(id)s or external_id = any(array(
        select external_id from ticket_names where name = %(name)s) || %(name)s::text))
    and (ticket_id = %(id)s or external_id = %(name)s or exists (
        select from ticket_names n where n.name = %(name)s
            and (n.source, n.external_id) = (heads.source, heads.external_id)))
    and source <> ''
    and (ticket_id = %(id)s or not exists (  -- one that has become another ticket
        select from ticket_names n
        where (n.source, n.name) = (heads.source, heads.external_id)))
    and (%(source)s::text is null or source = %(source)s)
order by ticket_id is distinct from %(id)s::uuid, source limit 10
"""


class Ambiguous(Exception):
    """Several sources have a ticket of this external id; say which with `?source=`."""

    def __init__(self, external_id: str, sources: list[str]) -> None:
        super().__init__(f"{external_id} exists in several sources: {', '.join(sources)}")


async def resolve(conn: AsyncConnection[Any], name: str, source: str | None) -> UUID:
    """Raises TicketUnknown and Ambiguous. An external id may look like an id of ours."""
    try:
        own = UUID(name)
    except ValueError:
        own = None
    async with conn.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(FIND, {"id": own, "name": name, "source": source})
        rows = await cursor.fetchall()
    if not rows:
        raise TicketUnknown(name)
    if len(rows) > 1 and rows[0][0] != own:
        raise Ambiguous(name, [row[1] for row in rows])
    return rows[0][0]
