"""READ: all routes that replay tickets, put together."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side.deciding.casefile import PolicyBook
from query_side.audit import breakdown, differences, drawing, on_call, routed, sla, timeline, usage


def build(
    pool: AsyncConnectionPool[AsyncConnection[Any]],
    book: PolicyBook,
    now: Callable[[], datetime],
) -> tuple[APIRouter, ...]:
    """In the order in which they are looked at."""
    rooms = (sla, timeline, breakdown, drawing, differences, usage, on_call, routed)
    return tuple(one.build(pool, book, now) for one in rooms)
