"""READ: what the streams say, spelled once for all subscribers, and who wants to hear it."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import dict_row
from pydantic_core import to_json

from query_side import sql

logger = logging.getLogger(__name__)

ABOUT = ("type", "position", "alert_id", "ticket_id", "external_id", "source")
OF_A_CLOCK = ("clock", "severity", "milestone", "escalation_level", "due_at", "raised_at")
OF_A_TICKET = ("customer_tier", "priority", "title")
FIELDS: Mapping[str, tuple[str, ...]] = {
    "alert": (*ABOUT, *OF_A_CLOCK, "remaining_seconds", *OF_A_TICKET),
    "escalation": (*ABOUT, *OF_A_CLOCK, "level_name", "remaining_seconds", *OF_A_TICKET),
    "retracted": (
        *ABOUT,
        "clock",
        "severity",
        "milestone",
        "escalation_level",
        "raised_at",
        "reason",
        "because",
        *OF_A_TICKET,
    ),
    "acknowledged": (
        "type",
        "position",
        "ticket_id",
        "external_id",
        "escalation_level",
        "raised_at",
        "acknowledged_by",
        "acknowledged_until",
        *OF_A_TICKET,
    ),
}
IF_ANY = ("rule", "team", "organization")
"""Of a ticket, where there is one."""
PAGE = 500


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of the log, ready to be sent."""

    position: int
    text: str
    severity: str | None
    customer_tier: str
    priority: str


@dataclass(frozen=True, slots=True)
class Filter:
    """What a subscriber wants; empty sets want everything. Tier and priority are lower case."""

    severities: frozenset[str]
    customer_tiers: frozenset[str]
    priorities: frozenset[str]

    def wants(self, message: Message) -> bool:
        """What has no severity of its own (an acknowledgement, a level withdrawn) passes."""
        return (
            (not self.severities or message.severity is None or message.severity in self.severities)
            and (not self.customer_tiers or message.customer_tier in self.customer_tiers)
            and (not self.priorities or message.priority in self.priorities)
        )


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries of the log, in order."""

    messages: list[Message]
    end: int
    """The position up to which they are all there is to tell."""
    full: bool
    """There may be more."""


async def read(conn: AsyncConnection, after: int) -> Page:
    """The next messages after a position. A row that cannot be told is left out, with an error in
    the log: it must not keep everybody from what comes after it."""
    messages: list[Message] = []
    end = after
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(sql.load("live"), {"after": after, "limit": PAGE})
        for number in range(cursor.rowcount):
            end = _position(cursor, number)
            await cursor.scroll(number, mode="absolute")
            try:
                [row] = await cursor.fetchmany(1)
                messages.append(message(row))
            except Exception:
                logger.exception("an entry of the live log is left out", extra={"position": end})
        return Page(messages, end, full=cursor.rowcount == PAGE)


def _position(cursor: AsyncCursor[Any], number: int) -> int:
    """A row's first column as it came, however unreadable the others are."""
    value = cursor.pgresult.get_value(number, 0) if cursor.pgresult else None
    if value is None:
        raise psycopg.InterfaceError(f"row {number} has no position")
    return int(value)


def message(row: dict[str, Any]) -> Message:
    """What one row of `alerts` says; raises whatever it does when it cannot be told."""
    content = {name: _utc(row[name]) for name in FIELDS[row["type"]]}
    for name in IF_ANY:
        if row[name] is not None:
            content[name] = row[name]
    return Message(
        position=row["position"],
        text=to_json(content).decode(),
        severity=row["severity"],
        customer_tier=row["customer_tier"].lower(),
        priority=row["priority"].lower(),
    )


def _utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def heartbeat(position: int, at: datetime) -> str:
    """Nothing is missing up to `position`: a subscriber may resume from there."""
    return to_json({"type": "heartbeat", "position": position, "at": at.astimezone(UTC)}).decode()


def reset(position: int) -> str:
    """The position asked for is none of this log's, which ends at `position`: it is beyond that, or
    was lost when the database was restored to an earlier point. Start afresh."""
    return to_json({"type": "reset", "position": position}).decode()
