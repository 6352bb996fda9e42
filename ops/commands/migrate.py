"""`sla migrate`: the database is brought to this program's tables, before a roll-out."""

from pathlib import Path

from command_side import event_store
from ops.commands.database import work_at
from ops.commands.exits import FOUND_PROBLEMS, out
from ops.commands.serve import read_settings

NOTHING = "Nothing to do: the database has every migration of this program."


def run(*, data_dir: Path | None, check: bool) -> int:
    """Apply the migrations that the database lacks, and say which; with `check` only say so, and
    answer 1 where there are any."""
    settings = read_settings(data_dir)
    found = work_at(settings, event_store.lacking if check else event_store.migrate)
    for name in found:
        out.print(f"{'would apply' if check else 'applied'} {name}")
    if not found:
        out.print(NOTHING)
    return FOUND_PROBLEMS if check and found else 0
