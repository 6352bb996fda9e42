"""Makes a data folder of a copy and the log after it: as the database was at an instant."""

import shutil
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from ops.backups import folder as places
from ops.backups.folder import Backup, NoBackup
from ops.embedded import EmbeddedPostgres, PostgresUnavailable, archive, archiving

Answer = TypeVar("Answer")
_NEVER_REACHED = "recovery ended before configured recovery target was reached"


def restore(
    folder: Path, until: datetime | None, target: Path, finish: Callable[[str], Answer]
) -> tuple[Backup, Answer]:
    """The database as it was at that instant, or at the end of the log, into the data folder
    `target`, which may not have one. `finish` is told where the restored server answers, before
    anybody else knows of it: if it fails, nothing is restored.

    Raises NoBackup, PostgresUnavailable, or OSError.
    """
    if (target / "postgres").exists():
        raise NoBackup(
            f"{target} has a database already. Name another folder by --data-dir, or move that one "
            "away first: it is the only record of what was there."
        )
    chosen = places.choose(folder, until)
    draft = target / "restoring"
    shutil.rmtree(draft, ignore_errors=True)  # of a restore that was broken off
    draft.mkdir(parents=True)
    try:
        answer = opened(chosen, draft, finish, wal=places.wal(folder), until=until)
    except PostgresUnavailable as error:
        if _NEVER_REACHED not in str(error):
            raise
        raise NoBackup(
            f"The log in {places.wal(folder)} ends before that instant. What a service that runs"
            " has stored is there within a minute: try again then. Without --to, all there is is"
            " restored."
        ) from error
    data = draft / "postgres"
    for history in sorted((data / "pg_wal").glob("*.history")):
        archive.put(history, places.wal(folder))  # so that another restore begins another life
    archiving.recovered(data)
    data.rename(target / "postgres")
    shutil.rmtree(draft)
    return chosen, answer


def opened(
    backup: Backup,
    draft: Path,
    use: Callable[[str], Answer],
    *,
    wal: Path | None = None,
    until: datetime | None = None,
) -> Answer:
    """What `use` makes of a copy, whose server runs on the data folder `draft` for as long. Without
    `wal`, the copy as it was when it was whole."""
    data = draft / "postgres"
    data.mkdir(mode=0o700)
    for name, where in (("base", data), ("pg_wal", data / "pg_wal")):
        with tarfile.open(backup.folder / f"{name}.tar.gz") as packed:
            packed.extractall(where, filter="data")
    archiving.recover_from(data, wal, None if until is None else until.astimezone(UTC))
    with EmbeddedPostgres(draft) as postgres:
        return use(postgres.conninfo)
