"""Part `told`: alerts of many tickets within seconds, and what one channel is sent of them."""

import asyncio
import re
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx

from ops.bench.figures import Figure
from ops.bench.harness import Bench
from ops.bench.over_http import give, warm
from ops.bench.services import Served
from ops.bench.tickets import Falling

MOST = 500
LASTS = timedelta(seconds=5)
LEAD = timedelta(seconds=3)
PATIENCE = 60.0
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


async def measure(bench: Bench) -> list[Figure]:
    """By a webhook of Slack, at the pace that Slack allows."""
    count = min(MOST, bench.scale.due)
    async with (
        bench.database() as conninfo,
        _slack() as url,
        bench.service(conninfo, SLACK_WEBHOOK_URL=url) as service,
    ):
        await warm(bench, service)
        first = bench.now() + LEAD
        bench.say(f"{count:,} alerts are raised within {LASTS.seconds} s")
        await give(service, Falling("storm", first, LASTS / count, count, 500, priority="P0"))
        told = await _told(service, count)
    label = f"{count:,} alerts in {LASTS.seconds} s: notices"
    return [
        Figure("told.notices", label, "", (told["sla_notices_total"],)),
        Figure("told.messages", "  messages sent", "", (told["sla_messages_total"],)),
        Figure("told.each", "  messages a ticket", "", (told["sla_messages_per_ticket"],)),
    ]


async def _told(service: Served, count: int) -> dict[str, float]:
    """What the service says of it once all is sent."""
    give_up = time.monotonic() + PATIENCE
    async with httpx.AsyncClient(base_url=f"http://{service.host}:{service.port}") as client:
        while time.monotonic() < give_up:
            text = (await client.get("/metrics")).text
            found = re.findall(r'^(\w+)\{channel="slack"(?:,result="sent")?\} (\S+)$', text, re.M)
            told = {name: float(value) for name, value in found}
            if told.get("sla_notices_total", 0) >= count:
                return told
            await asyncio.sleep(0.2)
    raise RuntimeError(f"not all of {count} notices were sent within {PATIENCE:.0f} s")


@asynccontextmanager
async def _slack() -> AsyncGenerator[str]:
    """One that takes everything."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = LENGTH.search(head)
                await reader.readexactly(int(length[1]) if length else 0)
                writer.write(OK)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    async with server:
        yield f"http://{host}:{port}/services/T/B/X"
