"""Keeps the policy book in step with the log: records what the file offers, follows the others."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side import policies
from command_side.connect.source import Source
from command_side.policies import Accepted
from config.loading import Loaded
from config.problems import ConfigError
from config.versions import PolicyBook
from engine.sla.instants import moment
from ops.accepted import built

logger = logging.getLogger(__name__)


class PolicyLog:
    """The versions of the configuration in the event store."""

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        book: PolicyBook,
        *,
        warning: float,
        critical: float,
        adopted: Callable[[], None] = lambda: None,
    ) -> None:
        """`warning` and `critical` are the fractions that hold for a file without its own;
        `adopted` is called whenever the book has grown."""
        self._pool, self._book = pool, book
        self.warning, self.critical = warning, critical
        self._adopted = adopted
        self.error: str | None = None
        """Why the newest version in the log is not in the book."""

    async def follow(self) -> None:
        """Adds versions that the log has and the book has not.

        Raises ConfigError for one that another release of the program accepted and this one cannot
        read. It is not left out: tickets rest on it.
        """
        newest = self._book.newest
        async with self._pool.connection() as conn:
            found = await policies.accepted(conn, since=newest.policy.version if newest else 0)
        try:
            for one in found:
                self._book.add(await asyncio.to_thread(built, one, Source))
                logger.info("configuration in force", extra={"version": one.version})
        except ConfigError as error:
            self.error = str(error)
            raise
        else:
            self.error = None
        finally:
            if self._book.newest is not newest:
                self._adopted()

    async def record(self, loaded: Loaded, *, author: str) -> int | None:
        """Records a version under the next number; None: it is in force already."""
        while True:
            newest = self._book.newest
            version, accepted_at = 1, loaded.policy.accepted_at
            if newest is not None:
                # Clocks differ between machines; each version comes after the one before it.
                version = newest.policy.version + 1
                accepted_at = max(accepted_at, newest.policy.accepted_at + 1)
            offered = Accepted(
                version,
                loaded.content,
                loaded.sha256,
                author,
                accepted_at,
                loaded.policy.apply_to,
                self.warning,
                self.critical,
                loaded.built_in,
                loaded.policy.since,
                loaded.policy.reason,
            )
            async with self._pool.connection() as conn:
                ours = await policies.accept(conn, offered, now=moment(accepted_at))
            await self.follow()
            if ours:
                return version
            newest = self._book.newest
            if newest is not None and _is_in_force(loaded, newest):
                return None


def _is_in_force(loaded: Loaded, newest: Loaded) -> bool:
    """Whether somebody else has recorded the same meanwhile."""
    same = (newest.sha256, newest.built_in) == (loaded.sha256, loaded.built_in)
    return same and loaded.policy.since in (None, newest.policy.since)
