"""Versions of the configuration in the log: each is an event of one stream."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from command_side import event_store
from command_side.acting import through
from command_side.deciding.events import (
    POLICIES,
    POLICIES_APPLIED,
    Personal,
    PolicyAccepted,
    PolicyApplied,
)
from command_side.event_store import Append, encode
from engine.sla.instants import micros

STREAM, APPLIED_STREAM = POLICIES, POLICIES_APPLIED


@dataclass(frozen=True, slots=True)
class Accepted:
    """One version as it was accepted. `warning` and `critical` are the fractions that held for
    a file without its own; `built_in` is the list of statuses that it extends."""

    version: int
    content: str
    hash: str
    author: str
    accepted_at: int
    apply_to: str
    warning: float
    critical: float
    built_in: int
    since: int | None = None
    """In force as if it had been accepted then."""
    reason: str = ""
    """Why somebody applied it by command; empty: a file was saved."""


async def accept(
    conn: AsyncConnection[Any], one: Accepted, *, now: datetime, correlation_id: str | None = None
) -> bool:
    """Records a version; False: somebody else took that number first."""
    body = PolicyAccepted(
        version=one.version,
        content=one.content,
        hash=one.hash,
        author=one.author,
        accepted_at=micros(now),
        apply_to=one.apply_to,
        warning=one.warning,
        critical=one.critical,
        built_in=one.built_in,
        since=one.since,
        reason=one.reason,
    )
    shown = through()  # a file that was saved says nothing of people
    said = None if shown is None else Personal(by=one.author, through=shown)
    event = encode(body, occurred_at=now, personal=said, correlation_id=correlation_id)
    write = Append(STREAM, "", "sla_config", one.version - 1, [event], None, None)
    return (await event_store.append(conn, [write], now=now))[0].appended


async def position(conn: AsyncConnection[Any], version: int) -> int:
    """Where in the log a version was recorded."""
    streams = await event_store.read_streams(conn, [STREAM], after=version - 1)
    return streams[STREAM][0].position


async def accepted(conn: AsyncConnection[Any], *, since: int = 0) -> list[Accepted]:
    """Every version after `since`, in order."""
    return [
        Accepted(
            body.version,
            body.content,
            body.hash,
            body.author,
            body.accepted_at,
            body.apply_to,
            body.warning,
            body.critical,
            body.built_in,
            body.since,
            body.reason,
        )
        for event in await event_store.read_on(conn, STREAM, since)
        if isinstance(body := event.body, PolicyAccepted)
    ]


async def mark_applied(
    conn: AsyncConnection[Any], version: int, retargeted: int, *, now: datetime
) -> None:
    """Every ticket that it may concern stands under this version or a later one."""
    event = encode(PolicyApplied(version=version, retargeted=retargeted), occurred_at=now)
    write = Append(APPLIED_STREAM, "", "sla_config_applied", None, [event], None, None)
    await event_store.append(conn, [write], now=now)


async def last_applied(conn: AsyncConnection[Any]) -> int:
    """The newest version that every ticket that it may concern stands under; 0 when none was
    marked."""
    streams = await event_store.read_streams(conn, [APPLIED_STREAM])
    bodies = [event.body for event in streams[APPLIED_STREAM]]
    return max((one.version for one in bodies if isinstance(one, PolicyApplied)), default=0)
