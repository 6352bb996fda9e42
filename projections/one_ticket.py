"""FOLD: what the read tables will hold of one ticket, where they are not that far yet."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from psycopg import AsyncConnection

from command_side.event_store import read_streams
from engine.sla.instants import moment
from projections.buffer import Buffer
from projections.elements import INSTANTS
from projections.protocol import Projector, Row
from projections.ticket_clocks import TicketClocks
from projections.ticket_status_history import TicketStatusHistory
from projections.tickets import Tickets
from projections.writing import Types, Writer

PROJECTORS: tuple[Projector, ...] = (Tickets(), TicketClocks(), TicketStatusHistory())


async def rows_of(conn: AsyncConnection, ticket: UUID) -> Mapping[str, Sequence[Row]]:
    """The rows by table, folded from the ticket's whole stream."""
    stream = (await read_streams(conn, [ticket]))[ticket]
    tables = [table for projector in PROJECTORS for table in projector.tables]
    types = await Writer().learn(conn, tables)
    found: dict[str, Sequence[Row]] = {}
    for projector in PROJECTORS:
        buffer = Buffer(projector.tables)
        buffer.add(projector.rows(stream))
        for name, table in buffer.tables.items():
            found[name] = [_with_instants(row, types[name]) for row in table.upserts.values()]
    return found


def _with_instants(row: Row, types: Types) -> Row:
    """As one reads them from the table."""
    return {
        name: moment(value) if types[name] == INSTANTS and isinstance(value, int) else value
        for name, value in row.items()
    }
