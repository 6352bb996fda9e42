"""FOLD: windows in which alerts are recorded but not sent."""

from collections.abc import Iterator, Sequence

from command_side.deciding.events import SilenceCreated, SilenceEnded
from command_side.event_store import Recorded
from projections.protocol import Change, Table, Upsert, Write


class Silences:
    """One row a silence."""

    name = "silences"
    version = 1
    tables = (Table("silences", key=("silence_id",)),)
    once = False

    def rows(self, events: Sequence[Recorded]) -> Iterator[Write]:
        """A silence ends by itself at `until`; `ended_at` is when somebody ended it before."""
        for event in events:
            body = event.body
            if isinstance(body, SilenceCreated):
                yield Upsert(
                    "silences",
                    {
                        "silence_id": str(body.silence_id),
                        "matchers": body.matchers,
                        "until": body.until,
                        "reason": body.reason,
                        "created_by": event.personal.by,
                        "created_at": event.occurred_at,
                        "position": event.position,
                    },
                )
            elif isinstance(body, SilenceEnded):
                yield Change(
                    "silences",
                    {
                        "silence_id": str(body.silence_id),
                        "ended_at": body.ended_at,
                        "position": event.position,
                    },
                )
