"""What channels were not told of a ticket, as the outbox has it now: what was given up, what is
tried again, and what a restore holds back.

Only what a channel has taken is in the log, so that nobody can say how this was at another time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from query_side.audit.explaining import told_of

State = Literal["dead", "skipped", "held", "pending", "sending"]
WHICH: LiteralString = """
SELECT position, channel, state, attempts, coalesce(last_error, 'nobody knows why') AS reason,
    coalesce(body->'alerts'->0->'raised_at', body->'alerts'->0->'occurred_at')::bigint AS raised_at,
    (
        SELECT array_agg(ARRAY[told->>'type', told->>'alert_id'] ORDER BY place)
        FROM jsonb_array_elements(body->'alerts') WITH ORDINALITY AS alerts (told, place)
    ) AS alerts
FROM outbox WHERE ticket_id = %(ticket)s AND
"""
UNTOLD: LiteralString = (
    f"{WHICH} state IN ('dead', 'skipped', 'held') UNION ALL"
    f" {WHICH} state IN ('pending', 'sending') AND last_error IS NOT NULL"
    " ORDER BY position, channel"
)


@dataclass(frozen=True, slots=True)
class Untold:
    """A notice that a channel has not taken."""

    position: int
    """Of the event that it tells of."""
    channel: str
    state: State
    attempts: int
    reason: str
    raised_at: int
    """Since when there has been something to tell, in microseconds."""
    alerts: Sequence[tuple[str, str]]
    """What it tells: what of which alert, by its id."""

    def sentence(self, alerts: Mapping[str, tuple[str, str]]) -> str:
        """`alerts` are the milestones of the ticket by the ids of their alerts."""
        what, why = told_of(self.alerts, alerts), self.reason.rstrip(".")
        match self.state:
            case "dead":
                tries = f" after {self.attempts} attempts" if self.attempts > 1 else ""
                return f"{self.channel} was not told of {what}: given up{tries}, {why}."
            case "skipped":
                return f"{self.channel} was not told of {what}: nothing can be sent there, {why}."
            case "held":
                return f"{self.channel} is not told of {what}: held, {why}."
            case _:
                return f"{self.channel} has not been told of {what} yet: tried again, {why}."


async def untold(conn: AsyncConnection[Any], ticket: UUID) -> list[Untold]:
    """The oldest first; the most that is asked of one ticket, by the indexes of what is unsent."""
    async with conn.cursor(row_factory=class_row(Untold)) as cursor:
        await cursor.execute(UNTOLD, {"ticket": ticket})
        return await cursor.fetchall()
