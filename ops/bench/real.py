"""The real incidents that ship with the demo, as a workload: the desk's last update is now."""

from collections.abc import Sequence
from datetime import datetime

from ops.bench.tickets import Json, Replayed
from ops.demo.extract import incidents

INSTANTS = ("updated_at", "created_at")


def updates(now: datetime) -> list[Json]:
    """All of them in the order of the desk's log, moved as one so that the last happens now.

    For one tier: which customers the incidents concern is not in the log.
    """
    items = incidents()
    later = now - max(datetime.fromisoformat(item["updated_at"]) for item in items)
    return [
        item
        | {"customer_tier": "enterprise"}
        | {
            name: (datetime.fromisoformat(item[name]) + later).isoformat()
            for name in INSTANTS
            if name in item
        }
        for item in items
    ]


def replayed(prefix: str, items: Sequence[Json], count: int, size: int, lanes: int) -> Replayed:
    """About so many updates, as many copies for each lane; of few only the first of the log."""
    some = items[: max(1, count // lanes)]
    return Replayed(prefix, some, lanes * max(1, count // (len(some) * lanes)), size, lanes)
