"""Deliveries become events: tells the log what was delivered, again until it has taken it."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from engine.notify.message import Delivery

logger = logging.getLogger(__name__)

CLAIMED = 200
AT_ONCE = 8
"""Each may hold a connection, and requests want some too."""


class DeliveryLog(Protocol):
    """Where deliveries become events."""

    async def record_delivered(
        self,
        ticket_id: UUID,
        alert_id: str,
        channel: str,
        dedup_key: str,
        delivered_at: datetime,
        attempts: int,
    ) -> object:
        """Append one; may come twice with the same dedup key after a crash."""
        ...


class Unrecorded(Protocol):
    """The deliveries that the log has not been told of."""

    async def claim_unrecorded(
        self, *, owner: str, now: datetime, lease_until: datetime, limit: int
    ) -> Sequence[Delivery]:
        """Lease some, oldest first."""
        ...

    async def recorded(self, keys: Sequence[str]) -> None:
        """They are in the log."""
        ...


class Recorder:
    """Works through what is unrecorded; any number may, each row has one at a time."""

    def __init__(
        self,
        unrecorded: Unrecorded,
        log: DeliveryLog,
        *,
        now: Callable[[], datetime],
        owner: str,
        lease: timedelta,
    ) -> None:
        self._unrecorded = unrecorded
        self._log = log
        self._now = now
        self._owner = owner
        self._lease = lease

    async def record(self) -> int:
        """Record up to 200 deliveries; how many the log took. The others follow after a lease."""
        now = self._now()
        rows = await self._unrecorded.claim_unrecorded(
            owner=self._owner, now=now, lease_until=now + self._lease, limit=CLAIMED
        )
        if not rows:
            return 0
        some = asyncio.Semaphore(AT_ONCE)
        results = await asyncio.gather(
            *(self._tell(row, some) for row in rows), return_exceptions=True
        )
        done = [
            row.dedup_key
            for row, result in zip(rows, results, strict=True)
            if not isinstance(result, BaseException)
        ]
        if failed := [result for result in results if isinstance(result, BaseException)]:
            logger.error(
                "deliveries could not be recorded",
                exc_info=failed[0],
                extra={"deliveries": len(failed)},
            )
        if done:
            await self._unrecorded.recorded(done)
        return len(done)

    async def _tell(self, row: Delivery, some: asyncio.Semaphore) -> None:
        async with some:
            await self._log.record_delivered(
                row.ticket_id,
                row.alert_id,
                row.channel,
                row.dedup_key,
                row.delivered_at,
                row.attempts,
            )
