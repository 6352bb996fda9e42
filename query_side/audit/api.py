"""READ: all routes that replay tickets, put together."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side.deciding.casefile import PolicyBook
from engine.notify.port import Unreachable
from query_side.audit import breakdown, differences, drawing, on_call, routed, sla, timeline, usage


def build(
    pool: AsyncConnectionPool[AsyncConnection[Any]],
    book: PolicyBook,
    now: Callable[[], datetime],
    unreachable: Callable[[Mapping[str, Collection[str]]], Mapping[str, Unreachable]],
) -> tuple[APIRouter, ...]:
    """In the order in which they are looked at; `unreachable` are the channels that nothing can be
    sent to, by name, where each would name these people."""
    rooms = (sla, timeline, breakdown, drawing, differences, usage, on_call)
    replays = (one.build(pool, book, now) for one in rooms)
    return (*replays, routed.build(pool, book, now, unreachable))
