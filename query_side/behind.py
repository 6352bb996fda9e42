"""Reads that may be a little behind are answered by a replica, as far as there is one.

Which reads those are is decided once a request, before anything is asked; the pool that answers
questions follows it.
"""

from collections.abc import AsyncGenerator, Generator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
)
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

from psycopg import AsyncConnection, OperationalError
from psycopg_pool import AsyncConnectionPool, PoolTimeout


class Lender(Protocol):
    """A replica whose connections are lent."""

    async def connection(self, exits: AsyncExitStack) -> AsyncConnection[Any] | None:
        """One that `exits` give back; None where it has none to give."""
        ...

    def lose(self) -> None:
        """It has failed: nobody is sent there before it has been seen again."""
        ...


@dataclass(slots=True)
class Choice:
    """Where one request reads."""

    lender: Lender
    position: int
    """Everything up to here was there already when it was chosen."""
    used: bool = False


_chosen: ContextVar[Choice | None] = ContextVar("chosen", default=None)


@contextmanager
def reading(choice: Choice) -> Generator[None]:
    """Whatever is asked inside is asked there."""
    token = _chosen.set(choice)
    try:
        yield
    finally:
        _chosen.reset(token)


class ReadingPool(AsyncConnectionPool[AsyncConnection[Any]]):
    """Connections to the primary; to a replica for whoever may be a little behind."""

    def connection(self, timeout: float | None = None):
        """As the pool's own. A replica that fails is left alone, and what it was asked fails as it
        would at the primary: it may be asked again."""
        return self._chosen(super().connection(timeout))

    @asynccontextmanager
    async def _chosen(
        self, primary: AbstractAsyncContextManager[AsyncConnection[Any]]
    ) -> AsyncGenerator[AsyncConnection[Any]]:
        choice = _chosen.get()
        async with AsyncExitStack() as exits:
            lent = None if choice is None else await choice.lender.connection(exits)
            if choice is None or lent is None:
                yield await exits.enter_async_context(primary)
                return
            choice.used = True
            try:
                yield lent
            except (OperationalError, PoolTimeout):
                choice.lender.lose()
                raise
