"""The live log over real connections."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection

from query_side.live import Tailer
from tests.support.house import House
from tests.support.recorded import opened, raised
from tests.support.serving import serving


@asynccontextmanager
async def live(house: House, **arguments: Any) -> AsyncGenerator[tuple[str, Tailer]]:
    """A server whose streams are alive; its address and its tailer."""
    tailer = house.tailer(**arguments)
    async with house.running(tailer), serving(house.app(tailer)) as address:
        yield address, tailer


async def messages(socket: ClientConnection, count: int) -> list[dict[str, Any]]:
    return [json.loads(await socket.recv()) for _ in range(count)]


async def alerts(house: House, *numbers: int) -> list[int]:
    """One ticket and one alert for each number; the alerts' positions."""
    positions = [
        await house.append(f"T-{number}", opened(f"T-{number}"), raised(f"T-{number}"))
        for number in numbers
    ]
    house.runner.wake()
    return positions
