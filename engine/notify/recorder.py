"""Deliveries become events: tells the log what was delivered, again until it has taken it."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from engine.notify.message import Delivery

logger = logging.getLogger(__name__)

CLAIMED = 200


class DeliveryLog(Protocol):
    """Where deliveries become events."""

    async def record_deliveries(self, deliveries: Sequence[Delivery]) -> object:
        """Append them, all or none; one may come twice with its dedup key after a crash."""
        ...


class Unrecorded(Protocol):
    """The deliveries that the log has not been told of."""

    async def claim_unrecorded(
        self, *, owner: str, lease: timedelta, limit: int
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
        owner: str,
        lease: timedelta,
    ) -> None:
        self._unrecorded = unrecorded
        self._log = log
        self._owner = owner
        self._lease = lease

    async def record(self) -> int:
        """Record up to 200 deliveries; how many the log took. The others follow after a lease."""
        rows = await self._unrecorded.claim_unrecorded(
            owner=self._owner, lease=self._lease, limit=CLAIMED
        )
        if not rows:
            return 0
        try:
            await self._log.record_deliveries(rows)
        except Exception:
            logger.exception("deliveries could not be recorded", extra={"deliveries": len(rows)})
            return 0
        await self._unrecorded.recorded([row.dedup_key for row in rows])
        return len(rows)
