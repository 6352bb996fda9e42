"""Keeps the policy book in step with the file and the log: the one place where both meet."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side import policies
from command_side.policies import Accepted
from config import loading, reading
from config.problems import ConfigError
from config.versions import PolicyBook
from engine.sla.instants import micros

logger = logging.getLogger(__name__)


class PolicyKeeper:
    """Accepts what the file says as a version, and learns of versions that others accepted."""

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        book: PolicyBook,
        path: Path,
        *,
        now: Callable[[], datetime],
        warning: float,
        critical: float,
        adopted: Callable[[], None] = lambda: None,
    ) -> None:
        """`adopted` is called whenever the book has grown."""
        self._pool, self._book, self._path, self._now = pool, book, path, now
        self._warning, self._critical = warning, critical
        self._adopted = adopted
        self._busy = asyncio.Lock()
        self.error: str | None = None
        """Why the file is not in force; None when it is."""
        self.error_since: datetime | None = None

    async def begin(self) -> None:
        """Loads the log's versions, then the file.

        Raises ConfigError when there is no version to fall back on.
        """
        await self.follow()
        try:
            await self.offer(await asyncio.to_thread(reading.read, self._path))
        except ConfigError as error:
            if self._book.newest is None:
                raise
            self._refused(error)

    async def follow(self) -> None:
        """Adds versions that the log has and the book has not."""
        newest = self._book.newest
        async with self._pool.connection() as conn:
            found = await policies.accepted(conn, since=newest.policy.version if newest else 0)
        for one in found:
            self._book.add(await asyncio.to_thread(_built, one, self._path.name))
            logger.info("configuration in force", extra={"version": one.version})
        if found:
            self._adopted()

    async def changed(self, content: str | ConfigError) -> None:
        """The watcher's callback: a bad file keeps the last good one and says why."""
        try:
            if isinstance(content, ConfigError):
                raise content
            await self.offer(content)
        except ConfigError as error:
            self._refused(error)

    async def offer(self, content: str) -> None:
        """Makes this text the version in force, unless it is. Raises ConfigError."""
        async with self._busy:
            while True:
                newest = self._book.newest
                version = newest.policy.version + 1 if newest else 1
                now = self._now()
                offered = Accepted(
                    version,
                    content,
                    "",
                    self._path.name,
                    micros(now),
                    "",
                    self._warning,
                    self._critical,
                )
                loaded = await asyncio.to_thread(_built, offered, self._path.name)
                if newest is not None and newest.sha256 == loaded.sha256:
                    self.error = self.error_since = None
                    return
                for warning in loaded.warnings:
                    logger.warning("configuration", extra={"hint": warning})
                offered = Accepted(
                    version,
                    content,
                    loaded.sha256,
                    self._path.name,
                    micros(now),
                    loaded.policy.apply_to,
                    self._warning,
                    self._critical,
                )
                async with self._pool.connection() as conn:
                    await policies.accept(conn, offered, now=now)
                await self.follow()  # ours, or what somebody else accepted first
                newest = self._book.newest
                if newest is not None and newest.policy.version >= version:
                    self.error = self.error_since = None
                    return

    def _refused(self, error: ConfigError) -> None:
        self.error, self.error_since = str(error), self._now()
        logger.error(
            "the configuration is refused, the last good one stays", extra={"error": str(error)}
        )


def _built(one: Accepted, name: str) -> loading.Loaded:
    return loading.load(
        one.content,
        version=one.version,
        accepted_at=one.accepted_at,
        warning=one.warning,
        critical=one.critical,
        name=name,
    )
