"""FOLD: windows in which alerts are recorded but not sent."""

from collections.abc import Iterator, Sequence

from command_side.event_store import Recorded
from projections.protocol import Change, Table, Upsert, Write

SILENCE_CREATED = "silence.created.v1"
SILENCE_ENDED = "silence.ended.v1"


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
            if event.topic == SILENCE_CREATED:
                yield Upsert(
                    "silences",
                    {
                        "silence_id": body["silence_id"],
                        "matchers": body["matchers"],
                        "until": body["until"],
                        "reason": body["reason"],
                        "created_by": (event.personal or {}).get("by"),
                        "created_at": event.occurred_at,
                        "position": event.position,
                    },
                )
            elif event.topic == SILENCE_ENDED:
                yield Change(
                    "silences",
                    {
                        "silence_id": body["silence_id"],
                        "ended_at": body["ended_at"],
                        "position": event.position,
                    },
                )
