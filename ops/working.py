"""Jobs as the service gets them: their table, whoever does them, and the routes that ask."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from config.settings import Settings
from config.versions import PolicyBook
from ops.applying import Applying
from ops.http import jobs, report_jobs, what_if
from ops.jobs.running import JobRunner
from ops.jobs.table import Jobs


class Working:
    """The jobs of one process: what it is asked, and what it does."""

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        where: Callable[[], str],
        settings: Settings,
        now: Callable[[], datetime],
        owner: str,
        *,
        gives_way: bool = True,
    ) -> None:
        """`where` is the database's conninfo; the pool gives connections in autocommit."""
        self._jobs, self._now = Jobs(pool), now
        self._runner = JobRunner(
            self._jobs,
            where,
            owner,
            now,
            warning=settings.warning_threshold,
            critical=settings.critical_threshold,
            gives_way=gives_way,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set."""
        await self._runner.run(stop)

    def routes(self, applying: Applying, book: PolicyBook) -> APIRouter:
        """Whoever may read may ask: nothing changes by it but the jobs."""
        router = APIRouter()
        router.include_router(jobs.build(self._jobs, self._now))
        asking = jobs.Asking(self._jobs, self._now, self._runner.wake)
        router.include_router(report_jobs.build(asking))
        router.include_router(what_if.build(applying, book, asking))
        return router
