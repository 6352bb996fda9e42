"""What no order of arrival may change: tickets, clocks and statuses, without marks of lateness."""

from collections import defaultdict
from hashlib import sha256
from typing import Any

from tests.support import ledger

OF_ITS_OWN = {"ticket_id", "source", "search", "position", "recorded_at", "late"}
"""Columns that tell the orders apart."""
COUNTED = {"counted_at", "elapsed_seconds", "out_of_hours_seconds", "excused_seconds", "severity"}
"""Of a running clock: how far it was counted by the last event that changed it."""
TOLD = "stood_at"
"""Whether a clock's row says itself who had its ticket when it was breached; else the ticket does,
which has been theirs ever since. Which of the two depends on when the row was last written."""

Line = tuple[str, str, list[tuple[str, Any]]]
"""Table, external id, and what the row says."""


async def kept(database: str) -> dict[str, list[Line]]:
    """By source: the rows of all tickets, clocks and statuses, sorted."""
    tickets = {row["ticket_id"]: row for row in await ledger.rows(database, "tickets", ("source",))}
    found: dict[str, list[Line]] = defaultdict(list)
    for table, key in (
        ("tickets", ("ticket_id",)),
        ("ticket_clocks", ("ticket_id", "clock", "cycle")),
        ("ticket_status_history", ("ticket_id", "at", "revision")),
    ):
        for row in await ledger.rows(database, table, key):
            ticket = tickets[row["ticket_id"]]
            counting = table == "ticket_clocks" and row["state"] == "running"
            left_out = OF_ITS_OWN | COUNTED if counting else OF_ITS_OWN
            said = {column: row[column] for column in row.keys() - left_out}
            if TOLD in said and said.pop(TOLD) is None:
                said |= {column: ticket[column] for column in ("type", "assigned_to")}
            found[ticket["source"]].append((table, ticket["external_id"], sorted(said.items())))
    return {source: sorted(rows, key=str) for source, rows in found.items()}


def digest(lines: list[Line]) -> str:
    """Equal only when all is equal."""
    digest = sha256()
    for line in lines:
        digest.update(str(line).encode())
        digest.update(b"\n")
    return digest.hexdigest()
