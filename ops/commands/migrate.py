"""`sla migrate`: the database is brought to this program's tables, before a roll-out."""

from pathlib import Path

from command_side import event_store
from ops.commands.database import work_at
from ops.commands.exits import out
from ops.commands.serve import read_settings


def run(*, data_dir: Path | None) -> int:
    """Apply the migrations that the database lacks, and say which."""
    applied = work_at(read_settings(data_dir), event_store.migrate)
    for name in applied:
        out.print(f"applied {name}")
    if not applied:
        out.print("Nothing to do: the database has every migration of this program.")
    return 0
