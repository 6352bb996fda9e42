"""`sla backup`: a copy of the embedded database, and the proof that it can be restored."""

import asyncio
import shutil
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from config.settings import Settings
from ops.backups import folder as places
from ops.backups import leftovers, noted, restoring, taking
from ops.backups.folder import Backup
from ops.commands.database import connections, work, work_at
from ops.commands.exits import FOUND_PROBLEMS, counted, out, refuse
from ops.commands.log import is_unsound, proof, read_checkpoint, show_proof
from ops.commands.operator import acted
from ops.commands.serve import read_settings

GIVEN = (
    "This database is named by DATABASE_URL: its own tools copy it (docs/backup.md). Restore such a"
    " copy elsewhere, `sla verify` it, and note it here with --verified."
)
Proof = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Made:
    taken: Backup
    found: Proof | None
    """None: it was not verified."""
    unsound: bool
    gone: int
    """Older copies that were dropped."""
    removed: int
    """Leftovers."""


def run(
    folder: Path | None, *, keep: int | None, verify: bool, data_dir: Path | None, as_json: bool
) -> int:
    """Take a copy: 1 when it is not sound."""
    settings = read_settings(data_dir)
    where = named(folder)
    if settings.database_url.get_secret_value():
        refuse(GIVEN)

    async def main(conninfo: str) -> _Made:
        version = _version(settings)
        if await asyncio.to_thread(taking.keep_log, conninfo, version, where):
            await _acted(conninfo, "keep_log", str(where))
        with leftovers.alone(where) as guard:
            removed = await asyncio.to_thread(leftovers.clear, where)  # there may be no room else
            if removed and not as_json:
                left = counted(removed, "leftover")
                out.print(f"{left} of backups that were broken off removed.")
            taken = await asyncio.to_thread(taking.take, conninfo, version, where, guard)
            found = await asyncio.to_thread(_proven, taken) if verify else None
            unsound = found is not None and is_unsound(found)
            if found is not None and not unsound:
                taken = taken.found_sound(found["checkpoint"])
                await _note(conninfo, found["checkpoint"], taken.taken_at, str(taken.folder))
            # One that is not sound is no reason to drop another.
            gone = places.drop_all_but(where, keep) if keep and not unsound else ()
        return _Made(taken, found, unsound, len(gone), removed)

    try:
        made = work_at(settings, main)
    except leftovers.UnderWay as error:
        refuse(str(error))
    except OSError as error:
        refuse(f"{error.filename or where}: {error.strerror or error}")
    _show(made, as_json=as_json)
    return FOUND_PROBLEMS if made.unsound else 0


def _version(settings: Settings) -> str:
    return (settings.sla_data_dir / "postgres" / "PG_VERSION").read_text().strip()


def _proven(taken: Backup) -> Proof:
    """Of the copy, restored beside it for as long."""
    draft = taken.folder / places.PROOF
    draft.mkdir()
    try:
        return restoring.opened(taken, draft, lambda conninfo: asyncio.run(prove(conninfo)))
    finally:
        shutil.rmtree(draft, ignore_errors=True)


async def prove(conninfo: str) -> Proof:
    """As `sla verify` does."""
    async with connections(conninfo) as pool:
        return await proof(pool, None, shown=False)


async def _note(conninfo: str, checkpoint: str, taken_at: datetime, place: str) -> bool:
    async with connections(conninfo) as pool, pool.connection() as conn:
        return await noted.note(conn, read_checkpoint(checkpoint), taken_at=taken_at, place=place)


async def _acted(conninfo: str, what: str, about: str = "") -> None:
    async with connections(conninfo) as pool:
        await acted(pool, what, about)


def _show(made: _Made, *, as_json: bool) -> None:
    taken, found, gone = made.taken, made.found, made.gone
    if as_json:
        about = asdict(taken) | {
            "folder": str(taken.folder),
            "taken_at": taken.taken_at.isoformat(),
            "complete_at": taken.complete_at.isoformat(),
        }
        ended = {"verified": found, "dropped": gone, "removed": made.removed}
        out.print_json(data=about | ended)
        return
    size = f"{taken.size / 1_000_000:,.1f} MB in {taken.seconds:,.1f} s"
    out.print(f"{taken.folder}: {size}", soft_wrap=True)
    if found is None:
        out.print("It was not verified.")
    else:
        show_proof(found)
    if gone:
        out.print(f"{counted(gone, 'older copy').replace('copys', 'copies')} dropped.")


def end(*, data_dir: Path | None) -> int:
    """Keep the log no longer."""
    settings = read_settings(data_dir)
    if settings.database_url.get_secret_value():
        refuse(GIVEN)

    async def main(conninfo: str) -> bool:
        if was_kept := await asyncio.to_thread(taking.end_archiving, conninfo):
            await _acted(conninfo, "keep_log_no_longer")
        return was_kept

    work_at(settings, main)
    out.print("The log is kept no longer. What there is in the folder stays.")
    return 0


def note(
    checkpoint: str, taken_at: datetime | None, folder: Path | None, *, data_dir: Path | None
) -> int:
    """Note that a copy of other tools was sound: 1 when it is no copy of this log."""
    if taken_at is None:
        refuse("Say by --taken-at when the copy was taken.")
    known, place = read_checkpoint(checkpoint), str(folder or "elsewhere")

    async def main(pool: Any) -> bool:
        async with pool.connection() as conn:
            is_noted = await noted.note(conn, known, taken_at=taken_at, place=place)
        if is_noted:
            await acted(pool, "note_backup", place)
        return is_noted

    if not work(read_settings(data_dir), main):
        out.print("This is no checkpoint of this database's log: nothing is noted.", style="red")
        return FOUND_PROBLEMS
    out.print(f"Noted: a copy of {taken_at.isoformat()} is sound.")
    return 0


def named(folder: Path | None) -> Path:
    """Leaves without one."""
    if folder is None:
        refuse("Name the folder of the backups, or set SLA_BACKUP_DIR.")
    return folder.expanduser().absolute()
