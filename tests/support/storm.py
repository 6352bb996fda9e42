"""Receivers of webhooks that answer as bad ones do, and count what came."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.responses import Response

from tests.support.web import serving

WELL: Final = "is well"
BEHAVIOURS: Final = (WELL, WELL, "throttles", "fails", "hangs", "refuses", WELL, "throttles")
"""By turns, over the receivers."""
HUNG: Final = 3
"""Requests of each receiver that hangs which it takes and never answers."""


@dataclass
class Storm:
    """What came to each receiver, by its number."""

    url: str = ""
    asked: Counter[int] = field(default_factory=Counter[int])
    """Requests, answered or not."""
    taken: dict[int, Counter[str]] = field(default_factory=dict[int, Counter[str]])
    """By key: how often it was taken, whether or not an answer said so."""
    of_ticket: dict[tuple[int, str], list[Any]] = field(
        default_factory=dict[tuple[int, str], list[Any]]
    )
    """By receiver and ticket, the bodies in the order of their arrival."""
    last_at: dict[int, float] = field(default_factory=dict[int, float])
    """When something new came last, by a clock that only goes on."""
    said_of_channels: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """What the fallback was told."""

    def behaves(self, number: int) -> str:
        return BEHAVIOURS[number % len(BEHAVIOURS)]

    def took(self, number: int) -> int:
        """So many notices, each counted once."""
        return len(self.taken.get(number, ()))

    def takes(self, number: int, body: dict[str, Any]) -> None:
        taken = self.taken.setdefault(number, Counter())
        taken[body["dedup_key"]] += 1
        if taken[body["dedup_key"]] == 1:
            self.last_at[number] = time.monotonic()
        self.of_ticket.setdefault((number, body["external_id"]), []).append(body)

    def dead(self) -> set[str]:
        """The channels that the fallback was told of."""
        return {one["external_id"] for one in self.said_of_channels}


Answer = Callable[[int], Response | None]


def _throttles(asked: int) -> Response | None:
    """Two in ten are too many."""
    return Response(status_code=429, headers={"Retry-After": "1"}) if asked % 10 in (3, 7) else None


def _fails(asked: int) -> Response | None:
    return Response(status_code=500) if asked % 3 == 0 else None


def _refuses(_: int) -> Response | None:
    return Response(status_code=404)


ANSWERS: dict[str, Answer] = {"throttles": _throttles, "fails": _fails, "refuses": _refuses}


@asynccontextmanager
async def storm() -> AsyncGenerator[Storm]:
    """All of them on a free port, in the test's own event loop."""
    found = Storm()
    app = FastAPI(openapi_url=None)

    async def receive(number: int, request: Request) -> Response:
        body = await request.json()
        found.asked[number] += 1
        asked, behaves = found.asked[number], found.behaves(number)
        answer = ANSWERS.get(behaves, lambda _: None)(asked)
        if answer is not None:
            return answer
        found.takes(number, body)
        if behaves == "hangs" and asked <= HUNG:
            await asyncio.sleep(30)  # nobody waits so long
        return Response(status_code=204)

    async def hear(request: Request) -> Response:
        body = await request.json()
        if body["type"].startswith("channel_"):
            found.said_of_channels.append(body)
        return Response(status_code=204)

    app.add_api_route("/to/{number}", receive, methods=["POST"])
    app.add_api_route("/fallback", hear, methods=["POST"])
    async with serving(app) as found.url:
        yield found
