"""A service whose clock is wrong, or was, says so, and raises nothing by it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
from pydantic import SecretStr

from command_side.deciding.events import ClockSetBack
from command_side.event_store import append, read_after
from config.settings import Settings
from ops.clock import Clock
from ops.wiring import Service, now
from tests.support.desk import CONFIG, pool_of
from tests.support.house import eventually
from tests.support.service import database_url_of
from tests.support.streams import note, to

DAY = timedelta(days=1)


def service(database_url: str, folder: Path, wall: Callable[[], datetime]) -> Service:
    config = folder / "sla_config.yaml"
    config.write_text(CONFIG)
    settings = Settings(
        database_url=SecretStr(database_url_of(database_url)),
        sla_config=config,
        sla_data_dir=folder,
    )
    return Service(settings, clock=Clock(wall, monotonic), environment={})


async def health(service: Service) -> dict[str, Any]:
    transport = httpx.ASGITransport(service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
        return (await client.get("/health")).json()


async def test_a_machine_whose_clock_is_ahead_goes_by_the_databases(
    database_url: str, tmp_path: Path
) -> None:
    async with service(database_url, tmp_path, lambda: now() + DAY) as one:
        assert abs(one.now() - now()) < timedelta(minutes=1)
        said = await health(one)

    assert said["status"] == "degraded"
    assert (round(said["clock"]["ahead_seconds"], -2), said["clock"]["used"]) == (86_400, False)
    [trouble] = [one for one in said["troubles"] if one["kind"] == "clock"]
    assert "ahead of the database's" in trouble["what"]


async def test_a_log_that_a_clock_has_taken_ahead_is_set_back_by_the_next_service(
    database_url: str, tmp_path: Path
) -> None:
    """It had crashed while it was ahead; nobody saw the clock being set back."""
    async with pool_of(database_url) as pool, pool.connection() as conn:
        await append(conn, [to("a", 0, note())], now=now() + DAY)
        async with service(database_url, tmp_path, now) as one:
            await eventually(lambda: one.clock().jumped_seconds is not None)
            said = await health(one)
        log = await read_after(conn, 0, 100)

    assert said["status"] == "degraded"
    assert round(said["clock"]["jumped_seconds"] or 0, -2) == -86_400
    [trouble] = [one for one in said["troubles"] if one["kind"] == "clock"]
    assert "was set back by" in trouble["what"]
    [event] = [event for event in log if event.topic == ClockSetBack.TOPIC]
    assert abs(event.recorded_at - now()) < timedelta(minutes=1)
