"""Agreements about time that does not count, granted to a process of the command side."""

from collections.abc import Sequence
from uuid import UUID

from command_side.excuses import Offer
from engine.sla.calendar import FAR_FUTURE
from engine.sla.excuses import merged
from engine.sla.instants import micros
from tests.support.desk import Process
from tests.support.items import at


def offer(
    *windows: tuple[float, float | None],
    clocks: Sequence[str] | None = None,
    **match: str,
) -> Offer:
    """Windows in minutes after nine; until None: going on."""
    return Offer(
        merged(
            (micros(at(start)), FAR_FUTURE if end is None else micros(at(end)))
            for start, end in windows
        ),
        {name: [value] for name, value in match.items()},
        {},
        clocks,
        "network outage",
        "ann",
    )


async def excuse(
    process: Process,
    *windows: tuple[float, float | None],
    clocks: Sequence[str] | None = None,
    **match: str,
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
