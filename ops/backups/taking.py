"""Takes a copy of the embedded server's database while it works, with PostgreSQL's own programs."""

import json
import os
import shutil
import subprocess
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from ops.backups import folder as places
from ops.backups.folder import Backup
from ops.embedded import PostgresUnavailable, archiving, binaries

_PROGRAM = "pg_basebackup"


def keep_log(conninfo: str, version: str, folder: Path) -> bool:
    """From now on in `folder`, as the server's user: it may be another one than ours. Whether it
    was not before. `version` is the server's major one.

    Raises PostgresUnavailable where no copy could be taken, OSError for a folder that cannot be
    written.
    """
    _program(version)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # names and words of people are in it
    wal = places.wal(folder)
    for one in (places.base(folder), wal):
        one.mkdir(mode=0o700, exist_ok=True)
    with psycopg.connect(conninfo, autocommit=True) as conn:
        row = conn.execute("SELECT current_setting('data_directory')").fetchone()
        owner = Path(row[0] if row else "").stat()
        if wal.stat().st_uid != owner.st_uid:
            os.chown(wal, owner.st_uid, owner.st_gid)
        return archiving.archive_to(conn, wal)


def take(conninfo: str, version: str, folder: Path, guard: int) -> Backup:
    """A copy in `folder`, where the log is kept by now, and where nobody else makes one: `guard` is
    what `leftovers.alone` says. Raises as `keep_log` does, and where the copy fails."""
    program = _program(version)
    with psycopg.connect(conninfo, autocommit=True) as conn:
        began, taken_at = time.monotonic(), _clock(conn)
        where = places.base(folder) / taken_at.strftime(places.NAMED)
        draft = where.with_name(f".{where.name}")
        try:
            _copy(program, conninfo, draft, guard)
            # The log up to here is in the archive soon, whatever becomes of this machine.
            complete_at = _clock(conn)
            conn.execute("SELECT pg_switch_wal()")
            size = sum(file.stat().st_size for file in draft.iterdir())
            draft.rename(where)
            first, seconds = _first_segment(where), time.monotonic() - began
            taken = Backup(where, taken_at, complete_at, first, round(seconds, 3), size)
            taken.keep()
        except BaseException:
            for one in (draft, where):
                shutil.rmtree(one, ignore_errors=True)
            raise
    return taken


def end_archiving(conninfo: str) -> bool:
    """The log is no longer kept; what there is stays. Whether it was."""
    with psycopg.connect(conninfo, autocommit=True) as conn:
        return archiving.archive_to(conn, None)


def _program(version: str) -> Path:
    program = binaries.find(version) / _PROGRAM
    if not os.access(program, os.X_OK):
        raise PostgresUnavailable(f"There is no {_PROGRAM} beside {program.parent / 'postgres'}.")
    return program


def _copy(program: Path, conninfo: str, draft: Path, guard: int) -> None:
    """The program goes on where we are killed: as long as it does, it keeps others away."""
    command = [program, "--dbname", conninfo, "--pgdata", draft, "--format=tar", "--gzip"]
    command += ["--compress=1", "--wal-method=stream", "--checkpoint=fast", "--no-password"]
    environment = {name: value for name, value in os.environ.items() if name[:2] != "PG"}
    done = subprocess.run(
        command,
        env=environment,
        pass_fds=[guard],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise PostgresUnavailable(f"The copy failed: {done.stderr.strip()[-1500:]}")


def _first_segment(where: Path) -> str:
    manifest = json.loads((where / "backup_manifest").read_text())
    start = manifest["WAL-Ranges"][0]
    return places.segment_of(start["Timeline"], start["Start-LSN"])


def _clock(conn: psycopg.Connection[Any]) -> datetime:
    row = conn.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    return row[0]
