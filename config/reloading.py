"""Takes a new configuration if it holds, and keeps the last good one if it does not."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from config.channels import ChannelTypes
from config.loading import Loaded, load
from config.problems import ConfigError, Problem
from config.reading import Content
from config.sources import SourceType, Unchecked
from config.versions import PolicyBook
from engine.sla.calendar import EPOCH
from engine.sla.policy import Policy

logger = logging.getLogger(__name__)


class RecordVersion(Protocol):
    """Records a version in the log, for all nodes."""

    def __call__(self, loaded: Loaded, *, author: str) -> Awaitable[int | None]:
        """The number it was given; None if another node recorded the same one before."""
        ...


@dataclass(frozen=True, slots=True)
class ReloadStatus:
    """Why the configuration in force is not the one that was offered last."""

    error: str | None = None
    since: datetime | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    """What is doubtful about the configuration that was accepted last."""


class Reloader:
    """Adds what is accepted to the book; remembers the error of what is refused."""

    def __init__(
        self,
        book: PolicyBook,
        record_version: RecordVersion,
        *,
        name: str,
        warning: float,
        critical: float,
        channel_types: ChannelTypes,
        source_type: SourceType = Unchecked,
        now: Callable[[], datetime],
    ) -> None:
        """`name` is the file's, for messages; the other settings are as for `load`."""
        self._book = book
        self._record_version = record_version
        self._name = name
        self._warning = warning
        self._critical = critical
        self._channel_types, self._source_type = channel_types, source_type
        self._now = now
        self._status = ReloadStatus()
        self._unrecorded: tuple[str, str] | None = None
        self._one_at_a_time = asyncio.Lock()

    @property
    def status(self) -> ReloadStatus:
        """For `/health`; without an error, what was offered last is in force."""
        return self._status

    async def take(self, content: Content, *, author: str | None = None) -> None:
        """Offers a new content (or why it cannot be read); never raises for a bad one.

        `author` is the file's name unless somebody else is to be named.
        """
        async with self._one_at_a_time:
            self._unrecorded = None
            if isinstance(content, ConfigError):
                self._refused(content)
                return
            try:
                loaded = await asyncio.to_thread(self._load, content)
            except ConfigError as error:
                self._refused(error)
                return
            except Exception as error:  # of ours: what is offered must not vanish in silence
                logger.exception("a new configuration could not be read")
                self._failed(f"could not be read: {error!r}")
                return
            author = author or self._name
            by_command = self._replaced_by_command(loaded)
            if by_command is not None and author == self._name:
                self._failed(
                    f"says what it said before {by_command.author} applied version"
                    f" {by_command.version} in its place, and is not taken again: save in it what"
                    " was applied, or anything new"
                )
                return
            await self._accept(loaded, author)

    async def retry(self) -> None:
        """Offers again what held but could not be recorded, if there is such a thing."""
        if self._unrecorded is not None:
            content, author = self._unrecorded
            await self.take(content, author=author)

    def _load(self, text: str) -> Loaded:
        newest = self._book.newest
        return load(
            text,
            version=1 if newest is None else newest.policy.version + 1,
            accepted_at=(self._now() - EPOCH) // timedelta(microseconds=1),
            warning=self._warning,
            critical=self._critical,
            channel_types=self._channel_types,
            source_type=self._source_type,
            name=self._name,
        )

    async def _accept(self, loaded: Loaded, author: str) -> None:
        if not self._is_in_force(loaded):
            try:
                version = await self._record_version(loaded, author=author)
            except Exception as error:
                logger.exception("a new configuration could not be recorded")
                self._unrecorded = loaded.content, author
                self._failed(f"holds, but could not be recorded: {error}")
                return
            if version is not None:
                self._book.add(loaded.numbered(version).by(author))
                logger.info("a new configuration is in force", extra={"version": version})
        if loaded.warnings:  # at each start as well, when it is in force already
            about = {"warnings": loaded.warnings}
            logger.warning("the configuration is taken, but doubtful", extra=about)
        self._status = ReloadStatus(warnings=tuple(loaded.warnings))

    def _is_in_force(self, loaded: Loaded) -> bool:
        newest = self._book.newest
        return (
            newest is not None
            and newest.says_the_same(loaded)
            # A release before this one, still at work, takes nothing back.
            and newest.built_in >= loaded.built_in
        )

    def _replaced_by_command(self, loaded: Loaded) -> Policy | None:
        """The version that somebody applied by command in place of what the file still says.

        The file is read again at every start: nothing is undone by that.
        """
        newest = self._book.newest
        if newest is None or not newest.policy.reason or newest.sha256 == loaded.sha256:
            return None
        for known in reversed(self._book.history()):
            if known.sha256 == loaded.sha256:
                return newest.policy
            if not known.policy.reason:
                return None
        return None

    def _refused(self, error: ConfigError) -> None:
        logger.error(
            "the configuration is refused; the last good one stays in force",
            extra={"problems": [problem.sentence(error.name) for problem in error.problems]},
        )
        self._remember(error)

    def _failed(self, message: str) -> None:
        """It is not the file that is wrong."""
        self._remember(ConfigError([Problem(0, 0, "", message)], self._name))

    def _remember(self, error: ConfigError) -> None:
        self._status = ReloadStatus(str(error), self._now(), tuple(error.problems))
