"""Does the jobs that wait, a few at a time, and says meanwhile that it is at it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from engine.sla.instants import micros
from ops.jobs.apart import Failed, work_apart
from ops.jobs.table import AT_ONCE, Jobs, Taken
from ops.jobs.work import Refused, Say, Work

logger = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Real seconds between looks for what other processes were asked, and for what was cancelled."""
AWAY = (OperationalError, PoolTimeout)


class JobRunner:
    """What one process does of them."""

    def __init__(
        self,
        jobs: Jobs,
        where: Callable[[], str],
        owner: str,
        now: Callable[[], datetime],
        *,
        warning: float,
        critical: float,
        gives_way: bool = True,
        do: Callable[[Work, Say], Awaitable[bytes]] = work_apart,
    ) -> None:
        """`where` is the database's conninfo; the fractions are those of the settings; `do` does
        the work, which `gives_way` to live work: it raises Refused, or Failed."""
        self._jobs, self._where, self._owner, self._now = jobs, where, owner, now
        self._warning, self._critical, self._work = warning, critical, do
        self._gives_way = gives_way
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Something was asked of this process."""
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; what is not done by then is left to others."""
        running: set[asyncio.Task[None]] = set()
        while not stop.is_set():
            self._woken.clear()
            try:
                while len(running) < AT_ONCE and not stop.is_set():
                    job = await self._jobs.take(self._owner, self._now())
                    if job is None:
                        break
                    if stop.is_set():
                        await self._jobs.leave(job)
                        break
                    task = asyncio.create_task(self._do(job, stop), name=f"job {job.job_id}")
                    running.add(task)
                    task.add_done_callback(running.discard)
                    task.add_done_callback(lambda _: self.wake())
            except AWAY as error:
                logger.warning("jobs cannot be looked for", extra={"error": str(error)})
            await _first(stop, self._woken)
        await asyncio.gather(*running)

    async def _do(self, job: Taken, stop: asyncio.Event) -> None:
        about = {"job_id": str(job.job_id), "kind": job.kind}
        logger.info("a job begins", extra=about)
        try:
            await self._through(job, stop)
        except AWAY as error:  # others take it on
            logger.warning("a job was lost", extra={**about, "error": str(error)})

    async def _through(self, job: Taken, stop: asyncio.Event) -> None:
        done, total = 0, None

        def say(so_far: int, of: int | None) -> None:
            nonlocal done, total
            done, total = so_far, of

        work = Work(
            job.kind,
            job.input,
            self._where(),
            micros(self._now()),
            self._warning,
            self._critical,
            self._gives_way,
        )
        apart = asyncio.ensure_future(self._work(work, say))
        stopped = asyncio.create_task(stop.wait())
        try:
            while not apart.done():
                await asyncio.wait(
                    (apart, stopped), timeout=LOOK_EVERY, return_when=asyncio.FIRST_COMPLETED
                )
                if stop.is_set() and not apart.done():
                    return await self._jobs.leave(job)
                if not await self._jobs.stay(job, done, total, self._now()):
                    logger.info("a job is not ours any more", extra={"job_id": str(job.job_id)})
                    return None
            await self._end(job, apart)
        finally:
            stopped.cancel()
            apart.cancel()
            await asyncio.gather(apart, stopped, return_exceptions=True)

    async def _end(self, job: Taken, apart: asyncio.Future[bytes]) -> None:
        about = {"job_id": str(job.job_id), "kind": job.kind}
        try:
            result = await apart
        except Refused as refused:
            await self._jobs.end(job, self._now(), error=str(refused))
        except Failed as failed:
            logger.error(
                "a job has failed", extra={**about, "error": str(failed), "told": failed.told}
            )
            await self._jobs.end(job, self._now(), error=str(failed))
        else:
            logger.info("a job is done", extra=about)
            await self._jobs.end(job, self._now(), result=result)


async def _first(*events: asyncio.Event) -> None:
    """Returns once one of them is set, or it is time to look."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=LOOK_EVERY, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waiting:
            one.cancel()
