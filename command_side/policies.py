"""Versions of the configuration in the log: each is an event of one stream."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from psycopg import AsyncConnection
from pydantic_core import to_json

from command_side import event_store
from command_side.event_store import Append, NewEvent
from engine.sla.instants import parsed

STREAM: UUID = uuid5(NAMESPACE_URL, "sla-tracker:policies")
TOPIC = "policy.accepted.v1"
APPLIED_STREAM: UUID = uuid5(NAMESPACE_URL, "sla-tracker:policies-applied")
APPLIED_TOPIC = "policy.applied.v1"


@dataclass(frozen=True, slots=True)
class Accepted:
    """One version as it was accepted. `warning` and `critical` are the fractions that held for
    a file without its own."""

    version: int
    content: str
    hash: str
    author: str
    accepted_at: int
    apply_to: str
    warning: float
    critical: float


async def accept(
    conn: AsyncConnection[Any], one: Accepted, *, now: datetime, correlation_id: str | None = None
) -> bool:
    """Records a version; False: somebody else took that number first."""
    body = {
        "version": one.version,
        "content": one.content,
        "hash": one.hash,
        "author": one.author,
        "accepted_at": now,
        "apply_to": one.apply_to,
        "warning": one.warning,
        "critical": one.critical,
    }
    event = NewEvent(TOPIC, to_json(body), None, now, correlation_id=correlation_id)
    write = Append(STREAM, "", "sla_config", one.version - 1, [event], None, None)
    return (await event_store.append(conn, [write], now=now))[0].appended


async def accepted(conn: AsyncConnection[Any], *, since: int = 0) -> list[Accepted]:
    """Every version after `since`, in order."""
    heads, _ = await event_store.load(conn, [STREAM], [])
    if STREAM not in heads or heads[STREAM].version <= since:
        return []
    streams = await event_store.read_streams(conn, [STREAM], topics=[TOPIC])
    return [
        Accepted(
            body["version"],
            body["content"],
            body["hash"],
            body["author"],
            parsed(body["accepted_at"]),
            body["apply_to"],
            body["warning"],
            body["critical"],
        )
        for event in streams[STREAM]
        if (body := event.body)["version"] > since
    ]


async def mark_applied(
    conn: AsyncConnection[Any], version: int, retargeted: int, *, now: datetime
) -> None:
    """Every open ticket stands under this version or a later one."""
    body = {"version": version, "retargeted": retargeted}
    event = NewEvent(APPLIED_TOPIC, to_json(body), None, now)
    write = Append(APPLIED_STREAM, "", "sla_config_applied", None, [event], None, None)
    await event_store.append(conn, [write], now=now)


async def last_applied(conn: AsyncConnection[Any]) -> int:
    """The newest version that every open ticket stands under; 0 when none was marked."""
    streams = await event_store.read_streams(conn, [APPLIED_STREAM], topics=[APPLIED_TOPIC])
    return max((event.body["version"] for event in streams[APPLIED_STREAM]), default=0)
