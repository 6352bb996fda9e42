"""The tickets that the bench sends: the same ones for the same numbers, in any process.

Helpers start with this module: it imports nothing of the product.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Json = dict[str, Any]

STATUSES = ("open", "in_progress", "pending", "in_progress")
WARNED_AFTER = timedelta(minutes=15) * 0.85
"""From creation to the first milestone of a P0 or P1 ticket that nobody answers."""


@dataclass(frozen=True, slots=True)
class Updates:
    """Step by step, the states of `count` tickets, in batches of `size`."""

    prefix: str
    began: datetime
    """The steps are milliseconds from an hour earlier."""
    count: int
    size: int
    step: int = 0
    first: int = 0
    repeats: bool = False
    """Every tenth item is the one that was sent in the step before."""

    @property
    def batches(self) -> int:
        return -(-self.count // self.size)

    def batch(self, number: int) -> list[Json]:
        start = self.first + number * self.size
        end = min(start + self.size, self.first + self.count)
        return [self.item(ticket) for ticket in range(start, end)]

    def item(self, ticket: int, step: int | None = None) -> Json:
        step = self.step if step is None else step
        if self.repeats and ticket % 10 == step % 10:
            step -= 1
        at = self.began + timedelta(hours=-1, milliseconds=step)
        return {
            "external_id": f"{self.prefix}-{ticket:06d}",
            "source": "bench",
            "title": f"Order {ticket} cannot be placed from the mobile application",
            "description": f"The customer reports that order {ticket} fails at the last step. " * 3,
            "priority": "P2",
            "customer_tier": "enterprise",
            "status": STATUSES[(step + step // 20) % len(STATUSES)],
            "assigned_to": f"agent.{(ticket + step) % 40}",
            "updated_by": "bench",
            "tags": ["emea", "mobile", "orders"],
            "updated_at": at.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Falling:
    """Tickets of which each has one milestone ahead: the first at `first`, then one a `gap`."""

    prefix: str
    first: datetime
    gap: timedelta
    count: int
    size: int
    priority: str

    @property
    def batches(self) -> int:
        return -(-self.count // self.size)

    def batch(self, number: int) -> list[Json]:
        start = number * self.size
        return [self.item(ticket) for ticket in range(start, min(start + self.size, self.count))]

    def item(self, ticket: int) -> Json:
        created_at = (self.first + self.gap * ticket - WARNED_AFTER).isoformat()
        return {
            "external_id": f"{self.prefix}-{ticket}",
            "source": "bench",
            "title": f"Order {ticket} cannot be placed from the mobile application",
            "priority": self.priority,
            "customer_tier": "enterprise",
            "status": "open",
            "created_at": created_at,
            "updated_at": created_at,
        }


@dataclass(frozen=True, slots=True)
class Replayed:
    """The updates of a real help desk, over and over under other names, each copy in its order.

    A batch holds the updates of some copies only, so that whoever sends every `lanes`-th batch
    sends those copies in order.
    """

    prefix: str
    updates: Sequence[Json]
    """In the order of the desk's log."""
    copies: int
    """A multiple of `lanes`."""
    size: int
    lanes: int

    @property
    def count(self) -> int:
        return self.copies * len(self.updates)

    @property
    def batches(self) -> int:
        return self.lanes * -(-self.count // self.lanes // self.size)

    def batch(self, number: int) -> list[Json]:
        turn, lane = divmod(number, self.lanes)
        a_lane = self.copies // self.lanes
        start, end = turn * self.size, min((turn + 1) * self.size, a_lane * len(self.updates))
        return [
            self._item(lane + index % a_lane * self.lanes, index // a_lane)
            for index in range(start, end)
        ]

    def _item(self, copy: int, update: int) -> Json:
        one = self.updates[update]
        return {**one, "external_id": f"{self.prefix}-{copy}-{one['external_id']}"}


Workload = Updates | Falling | Replayed


def split(items: Sequence[Json], size: int) -> list[Sequence[Json]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
