"""The routes of jobs over HTTP without a network, of a process that also does them, or does not."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI

from config.settings import Settings
from ops.applying import Applying
from ops.http import problems
from ops.working import Working
from tests.support.desk import Process, until
from tests.support.patience import PATIENCE
from tests.support.web import calling


@asynccontextmanager
async def asking(
    process: Process, url: str, *, idle: bool = False
) -> AsyncGenerator[httpx.AsyncClient]:
    """Asks this process, whose database is at `url`; one that is idle leaves all to wait."""
    app, stop = FastAPI(), asyncio.Event()
    jobs = Working(
        process.pool, lambda: url, Settings(), process.now, "this process", gives_way=False
    )
    applying = Applying(process.pool, process.book, process.policies, process.now)
    app.include_router(jobs.routes(applying, process.book))
    problems.install(app, {})
    if idle:
        stop.set()
    running = asyncio.create_task(jobs.run(stop))
    async with calling(app) as client:
        yield client
    stop.set()
    await running


async def over(client: httpx.AsyncClient, answer: httpx.Response) -> dict[str, Any]:
    """The job that was asked for, once it is."""
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json()
    assert answer.headers["location"] == job["href"] == f"/jobs/{job['job_id']}"

    async def is_over() -> bool:
        nonlocal job
        await asyncio.sleep(0.05)
        job = (await client.get(job["href"])).json()
        return job["state"] not in ("waiting", "running")

    await until(is_over, within=3 * PATIENCE)  # processes of their own have to begin
    return job
