"""Parts `lateness` and `subscribers`: from a milestone's instant to those who listen."""

import asyncio
import time
from datetime import timedelta

from ops.bench.figures import Figure
from ops.bench.harness import Bench, TooSlow, in_time
from ops.bench.helpers import helping
from ops.bench.listen import Heard, Listening, listened
from ops.bench.load import Posting, posted
from ops.bench.over_http import give, warm
from ops.bench.tickets import Falling, Updates

LEAD = 3.0
"""Seconds from the sending of the tickets to the first alert."""
PATIENCE = 60.0
ALERTS_A_SECOND = 20
UPDATES_A_SECOND = 500
UPDATES_A_REQUEST = 50
FANNED_A_SECOND = 50


async def lateness(bench: Bench) -> list[Figure]:
    """Milliseconds from the instant to one WebSocket, while updates come in."""
    heard = await _heard(bench, 1, ALERTS_A_SECOND, bench.scale.alert_seconds, UPDATES_A_SECOND)
    if not heard.complete:
        raise RuntimeError(f"the subscriber got {heard.messages} alerts, or not in order")
    load = f"{ALERTS_A_SECOND} alerts/s, {UPDATES_A_SECOND} updates/s"
    return [
        Figure("lateness.p50", f"instant to WebSocket, {load}: p50", "ms", (heard.p50,)),
        Figure("lateness.p99", "  p99", "ms", (heard.p99,)),
        Figure("lateness.worst", "  worst", "ms", (heard.worst,)),
    ]


async def subscribers(bench: Bench) -> list[Figure]:
    """How many subscribers got everything, and milliseconds from the instants."""
    count, seconds = bench.scale.subscribers, bench.scale.subscriber_seconds
    heard = await _heard(bench, count, FANNED_A_SECOND, seconds, 0)
    load = f"{count} subscribers, {FANNED_A_SECOND} alerts/s"
    return [
        Figure(
            "subscribers.complete", f"{load}: got everything", "%", (heard.complete / count * 100,)
        ),
        Figure("subscribers.messages", "  messages delivered", "", (heard.messages,)),
        Figure("subscribers.p50", "  instant to WebSocket: p50", "ms", (heard.p50,)),
        Figure("subscribers.p99", "  p99", "ms", (heard.p99,)),
    ]


async def _heard(bench: Bench, listeners: int, alerts: int, seconds: float, updates: int) -> Heard:
    """`alerts` and `updates` a second, for some seconds."""

    async def heard(stretch: int) -> Heard:
        return await _once(bench, LEAD * stretch, listeners, alerts, seconds, updates)

    return await in_time(heard)


async def _once(
    bench: Bench, lead: float, listeners: int, alerts: int, seconds: float, updates: int
) -> Heard:
    """Raises TooSlow when the first alert falls due before all tickets are there."""
    async with (
        bench.database() as conninfo,
        bench.service(conninfo, WS_MAX_CONNECTIONS=str(listeners)) as service,
    ):
        gap, count = timedelta(seconds=1) / alerts, int(alerts * seconds)
        spec = Listening(
            service.host, service.port, listeners, "fan", count, gap.total_seconds(), PATIENCE
        )
        background = Posting(
            service.host,
            service.port,
            Updates("background", bench.now(), int(updates * seconds), UPDATES_A_REQUEST),
            connections=4,
            every=UPDATES_A_REQUEST / updates if updates else None,
        )
        bench.say(f"connecting {listeners:,} subscribers")
        async with helping(listened, spec) as listener, helping(posted, background) as poster:
            await warm(bench, service)
            first, at = time.monotonic() + lead, bench.now() + timedelta(seconds=lead)
            await give(service, Falling("fan", at, gap, count, 500, priority="P0"))
            if time.monotonic() > first - 0.2:
                raise TooSlow("this machine was too slow to send the tickets in time")
            bench.say(f"listening to {count:,} alerts")
            heard, _ = await asyncio.gather(listener.go(first), poster.go())
            return heard
