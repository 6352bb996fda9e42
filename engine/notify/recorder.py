"""Deliveries become events: tells the log what was delivered, again until it has taken it."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from engine.notify.message import Delivery

logger = logging.getLogger(__name__)

AT_ONCE = 200


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
        """Record up to 200 deliveries at once, so that the log can batch them; how many it took.

        What it did not take is told again after a lease."""
        now = self._now()
        rows = await self._unrecorded.claim_unrecorded(
            owner=self._owner, now=now, lease_until=now + self._lease, limit=AT_ONCE
        )
        if not rows:
            return 0
        results = await asyncio.gather(*map(self._tell, rows), return_exceptions=True)
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

    async def _tell(self, row: Delivery) -> None:
        await self._log.record_delivered(
            row.ticket_id,
            row.alert_id,
            row.channel,
            row.dedup_key,
            row.delivered_at,
            row.attempts,
        )
