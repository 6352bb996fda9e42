"""Part `start`: from the command to the first healthy answer, with a data folder that is there."""

import asyncio
import shutil
import time
from pathlib import Path

import httpx

from ops.bench.figures import Figure
from ops.bench.harness import Bench
from ops.bench.services import Served

PATIENCE = 30.0


async def measure(bench: Bench) -> list[Figure]:
    """Seconds, with a PostgreSQL of the service's own that was shut down before."""
    folder = bench.folder / "cold"
    folder.mkdir()
    try:
        await _start(bench, folder)
        samples = [await _start(bench, folder) for _ in range(bench.scale.rounds)]
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    return [
        Figure("start.healthy", "cold start to healthy, data folder there", "s", tuple(samples))
    ]


async def _start(bench: Bench, folder: Path) -> float:
    began = time.monotonic()
    async with bench.service("", data=folder) as service:
        await _healthy(service)
        return time.monotonic() - began


async def _healthy(service: Served) -> None:
    give_up = time.monotonic() + PATIENCE
    async with httpx.AsyncClient(base_url=f"http://{service.host}:{service.port}") as client:
        while time.monotonic() < give_up:
            answer = await client.get("/health")
            if answer.json()["status"] == "healthy":
                return
            await asyncio.sleep(0.01)
    raise RuntimeError(f"not healthy within {PATIENCE:.0f} s")
