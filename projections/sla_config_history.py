"""FOLD: every accepted version of the configuration."""

from collections.abc import Iterator, Sequence

from command_side.deciding.events import PolicyAccepted
from command_side.event_store import Recorded
from projections.protocol import Row, Table, Upsert, Write

COLUMNS = ("version", "content", "hash", "author", "accepted_at", "apply_to", "since", "reason")


class SlaConfigHistory:
    """One row a version."""

    name = "sla_config_history"
    version = 2
    tables = (Table("sla_config_history", key=("version",)),)
    once = False

    def rows(self, events: Sequence[Recorded]) -> Iterator[Write]:
        """Copies the version as it was accepted."""
        for event in events:
            body = event.body
            if isinstance(body, PolicyAccepted):
                row: Row = {name: getattr(body, name) for name in COLUMNS}
                row["position"] = event.position
                yield Upsert("sla_config_history", row)
