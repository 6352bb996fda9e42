"""Who gives a command at a terminal: somebody with the database itself in hand."""

import getpass
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from psycopg_pool import AsyncConnectionPool

from command_side import operations
from command_side.acting import CLI, Actor, acting
from ops.wiring import now


def name_of(by: str | None) -> str:
    """As they say, else as this machine knows them."""
    if by:
        return by
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # in a container users may have no name
        return "somebody"


async def acted(
    pool: AsyncConnectionPool[Any],
    what: str,
    about: str = "",
    count: int = 0,
    *,
    reason: str | None = None,
) -> None:
    """Record what was just done of which no other event tells."""
    by = name_of(None)
    with at_the_terminal():
        async with pool.connection() as conn:
            await operations.record(conn, what, about, count, now=now(), by=by, reason=reason)


@contextmanager
def at_the_terminal() -> Generator[None]:
    """What is recorded meanwhile came this way."""
    with acting(Actor(CLI)):
        yield
