"""Agreements about time that does not count, granted to a process of the command side."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from command_side.deciding.events import Ticket, shown
from command_side.excuses import Offer
from engine.sla.calendar import FAR_FUTURE
from engine.sla.excuses import merged
from engine.sla.instants import micros
from tests.support.desk import Process
from tests.support.items import at

CONFIG = """
sla_targets:
  GOLD:
    P1: {resolution: 4h}
    P2: {resolution: 4h}
notifications:
  routes: [{match: {}, to: [slack]}]
  channels:
    slack: {type: slack, url_env: SLACK_WEBHOOK_URL}
"""
EVENING, NEXT_DAY = 600, 1500
TEN_TO_ELEVEN = (60, 120)


def offer(
    *windows: tuple[float, float | None],
    clocks: Sequence[str] | None = None,
    **match: Any,
) -> Offer:
    """Windows in minutes after nine; until None: going on."""
    return Offer(
        merged(
            (micros(at(start)), FAR_FUTURE if end is None else micros(at(end)))
            for start, end in windows
        ),
        match,
        {},
        clocks,
        "network outage",
        "ann",
    )


async def excuse(
    process: Process,
    *windows: tuple[float, float | None],
    clocks: Sequence[str] | None = None,
    **match: Any,
) -> UUID:
    """Granted now, and not yet applied to any ticket."""
    excuse, _ = await process.excuses.grant(
        offer(*windows, clocks=clocks, **match), now=process.now(), correlation_id=None
    )
    return excuse


async def withdraw(process: Process, granted: UUID) -> None:
    await process.excuses.withdraw(
        granted, reason="no agreement", by="ann", now=process.now(), correlation_id=None
    )


def item(minute: float, status: str, name: str = "T-1", **said: Any) -> dict[str, Any]:
    return {
        **{"external_id": name, "priority": "P1", "customer_tier": "gold"},
        **{"status": status, "updated_at": at(minute)},
        **said,
    }


async def opened(process: Process, name: str = "T-1", **said: Any) -> None:
    """At nine, in progress from half past."""
    await process.post(item(0, "open", name, **said), when=0)
    await process.post(item(30, "in_progress", name, **said), when=30)


async def lived(process: Process, name: str = "T-1", **said: Any) -> None:
    """And resolved at a quarter to two, four hours and three quarters after it was opened."""
    await opened(process, name, **said)
    await process.run(285)
    await process.post(item(285, "resolved", name, **said), when=285)
    await process.run(EVENING)


async def facts(process: Process, name: str = "T-1") -> dict[str, Any]:
    """The newest facts of the resolution clock, with the change of the list."""
    stream = [shown(event.body) for event in await process.stream(name)]
    newest = [body["facts"] for body in stream if "facts" in body][-1]
    [cycle] = [one for one in newest["cycles"] if one["clock"] == "resolution"]
    return {**cycle, "excuses": newest["excuses"]}


async def figures(process: Process, name: str = "T-1") -> tuple[str, float]:
    found = await facts(process, name)
    return found["state"], found["elapsed_seconds"]


async def excused(process: Process, name: str = "T-1") -> list[int]:
    """By which changes the ticket was moved."""
    stream = await process.stream(name, Ticket.Excused.TOPIC)
    return [shown(event.body)["facts"]["excuses"] for event in stream]
