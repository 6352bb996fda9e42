"""READ: one row per cycle, which all reports are sums over, and where the rows come from.

A report asks a relation of such rows, and does not care which. `TABLES` is the read tables: as
things stand now. Who has rows of another instant, or by what was known then, makes and fills
`REPLAYED`, a temporary table of the same columns (`replayed_cycles.sql` says what each one holds),
and asks the same report for that one, on the same connection:

    async with pool.connection() as conn, conn.transaction():
        await make_replayed(conn)                    # not in a read-only transaction
        ...                                          # COPY replayed_cycles (...) FROM STDIN
        await attainment(conn, policy, question, since=…, until=…, now=as_of, cycles=REPLAYED)
        await listed(conn, question, since=…, until=…, now=as_of, cycles=REPLAYED)

`now` is the instant that the rows were folded to: until then a running cycle may be overdue. Rows
hold what `CycleFacts` of the fold at that instant say; `projections.ticket_clocks` shows which
member becomes which column, and `projections.tickets` what comes from the ticket.
"""

from typing import Final, LiteralString

from psycopg import AsyncConnection

from query_side import sql

READ: Final = ("tickets", "ticket_clocks")
"""The projections that `TABLES` reads."""
LOCKED: Final[LiteralString] = "LOCK TABLE tickets, ticket_clocks IN ACCESS SHARE MODE"
TABLES: Final[LiteralString] = "(" + sql.load("cycles") + ")"
COUNTED: Final[LiteralString] = TABLES.replace("\nJOIN tickets", "\nLEFT JOIN tickets")
"""The same for who only counts: a cycle's ticket is not looked for where nothing is asked of it."""
REPLAYED: Final[LiteralString] = "replayed_cycles"


async def make_replayed(conn: AsyncConnection) -> None:
    """Makes the table, empty, for as long as the transaction lasts."""
    await conn.execute(sql.load("replayed_cycles"))


def judged(cycles: LiteralString) -> LiteralString:
    """The rows of the relation with what each comes to, as `judged.sql` says."""
    filters = sql.load("cycles_filters")
    return sql.load("judged").replace("{filters}", filters).replace("{cycles}", cycles)
