"""Subscribers of the live log: a process that holds them all, and times what they hear."""

import asyncio
import time
from dataclasses import dataclass

from ops.bench.figures import percentile
from ops.bench.helpers import Begin
from ops.bench.load import fastest
from ops.bench.wire import Stream

TOGETHER = 50
"""Handshakes under way at a time."""
MARK = b'"external_id":"'


@dataclass(frozen=True, slots=True)
class Listening:
    """`subscribers` that each wait for `alerts` alerts named `<prefix>-<number>`."""

    host: str
    port: int
    subscribers: int
    prefix: str
    alerts: int
    gap: float
    patience: float
    """Seconds after the last has fallen due."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Lateness from the instant that an alert is about, in milliseconds."""

    messages: int
    complete: int
    """Subscribers that got every alert once, in order."""
    p50: float
    p99: float
    worst: float


class _Subscriber:
    def __init__(self, spec: Listening, done: asyncio.Event) -> None:
        self._spec, self._done = spec, done
        self.first = 0.0
        self._mark = MARK + spec.prefix.encode() + b"-"
        self.numbers: list[int] = []
        self.lateness: list[float] = []

    def heard(self, text: bytes) -> None:
        at = text.find(self._mark)
        if at < 0:
            return
        start = at + len(self._mark)
        number = int(text[start : text.index(b'"', start)])
        self.numbers.append(number)
        self.lateness.append(time.monotonic() - self.first - number * self._spec.gap)
        if len(self.numbers) == self._spec.alerts:
            self._done.set()

    @property
    def complete(self) -> bool:
        return self.numbers == list(range(self._spec.alerts))


def listened(spec: Listening, begin: Begin) -> Heard:
    """Begins once all are connected, and is told when the first alert falls due, on the clock of
    `time.monotonic`."""
    return fastest(_listened(spec, begin))


async def _listened(spec: Listening, begin: Begin) -> Heard:
    loop = asyncio.get_running_loop()
    events = [asyncio.Event() for _ in range(spec.subscribers)]
    subscribers = [_Subscriber(spec, done) for done in events]
    places = asyncio.Semaphore(TOGETHER)

    async def subscribe(one: _Subscriber) -> Stream:
        async with places:
            _, stream = await loop.create_connection(
                lambda: Stream(spec.host, spec.port, "/ws/alerts", one.heard), spec.host, spec.port
            )
            await stream.open
            return stream

    streams = await asyncio.gather(*map(subscribe, subscribers))
    first = begin()
    for one in subscribers:
        one.first = first
    ends = first + spec.alerts * spec.gap + spec.patience
    try:
        async with asyncio.timeout(ends - time.monotonic()):
            for done in events:
                await done.wait()
    except TimeoutError:  # the figures say how many came in time
        pass
    for stream in streams:
        stream.close()
    lateness = [late * 1000 for one in subscribers for late in one.lateness]
    return Heard(
        len(lateness),
        sum(one.complete for one in subscribers),
        percentile(lateness, 50) if lateness else 0,
        percentile(lateness, 99) if lateness else 0,
        max(lateness, default=0),
    )
