"""The event store: appending, reading and checking the log of all streams."""

from command_side.deciding.encoding import encode
from command_side.deciding.records import Append, AppendOutcome, NewEvent, Recorded, StoredHead
from command_side.event_store.alone import alone
from command_side.event_store.appending import Outdated, append
from command_side.event_store.migrating import MigrationRefused, lacking, migrate
from command_side.event_store.muting import claim_muted, keep_muted
from command_side.event_store.reading import (
    claim,
    claim_due,
    claim_page,
    content_hashes,
    database_time,
    known_conflicts,
    last_position,
    last_recorded_at,
    load,
    look_again,
    next_due,
    read_after,
    read_commands,
    read_heads,
    read_on,
    read_streams,
)
from command_side.event_store.verifying import Checkpoint, VerifyResult, verify_chain

__all__ = [
    "Append",
    "AppendOutcome",
    "Checkpoint",
    "MigrationRefused",
    "NewEvent",
    "Outdated",
    "Recorded",
    "StoredHead",
    "VerifyResult",
    "alone",
    "append",
    "claim",
    "claim_due",
    "claim_muted",
    "claim_page",
    "content_hashes",
    "database_time",
    "encode",
    "keep_muted",
    "known_conflicts",
    "lacking",
    "last_position",
    "last_recorded_at",
    "load",
    "look_again",
    "migrate",
    "next_due",
    "read_after",
    "read_commands",
    "read_heads",
    "read_on",
    "read_streams",
    "verify_chain",
]
