"""What is kept beside the log: migrations that were applied, what a backup and a server say of
themselves, and the columns of files that somebody's own programs read."""

import asyncio
from collections.abc import AsyncIterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from command_side.event_store import migrating
from engine.sla.instants import moment
from ops.backups.folder import Backup, backups
from ops.embedded.runfile import Running
from query_side.audit import commands, timeline
from query_side.reports import cycles
from query_side.reports.sheet import Sheet
from query_side.spreadsheet import as_csv
from tests.support.formats import Sample
from tests.support.formats.others import NINE

# Migrations: a database knows which it has, and refuses one that was altered since.
MIGRATIONS: dict[str, bytes] = vars(migrating)["_files"]()


def _checksum(content: bytes) -> bytes:
    return vars(migrating)["_checksum"](content).encode() + b"\n"


# Backups
NOWHERE = Path("nowhere")
TAKEN = Backup(
    folder=NOWHERE,
    taken_at=moment(NINE + 1),
    complete_at=moment(NINE) + timedelta(seconds=3),
    first_segment="000000010000000000000003",
    seconds=2.75,
    size=4_711,
    checkpoint=None,
)
VERIFIED = replace(TAKEN, checkpoint=f"41:{'0f3a' * 16}")


def _kept(backup: Backup) -> bytes:
    with TemporaryDirectory() as folder:
        replace(backup, folder=Path(folder)).keep()
        return Path(folder, "backup.json").read_bytes()


def _found(stored: bytes) -> Backup | None:
    """As a restore finds it."""
    with TemporaryDirectory() as folder:
        place = Path(folder, "base", "2026-01-05T09-00-00.000001Z")
        place.mkdir(parents=True)
        (place / "backup.json").write_bytes(stored)
        found = backups(Path(folder))
    return replace(found[0], folder=NOWHERE) if found else None


# Where the embedded server is: commands of the next release look there, too.
RUNNING = Running(socket_dir="/run/größe", port=5432, postmaster_pid=41, owner_pid=40)


def _announced(running: Running) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder, "run.json")
        running.write(path)
        return path.read_bytes()


def _running(stored: bytes) -> Running | None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "run.json")
        path.write_bytes(stored)
        return Running.read(path)


# Files
ROW = {"external_id": "TICKET-001", "at": moment(NINE), "elapsed_seconds": 1.5, "team": "=1+1"}


def _cycles(row: dict[str, Any]) -> bytes:
    sheet = Sheet("csv", cycles.COLUMNS, "Europe/Berlin")
    sheet.add([row])
    answer = sheet.answer("cycles", moment(NINE), moment(NINE))

    async def content() -> bytes:
        chunks = cast("AsyncIterable[bytes]", answer.body_iterator)
        return b"".join([chunk async for chunk in chunks])

    return asyncio.run(content())


SAMPLES = (
    *(
        Sample(f"migrations/{name}.sha256", content, _checksum)
        for name, content in MIGRATIONS.items()
    ),
    Sample("backups/backup.json", TAKEN, _kept, _found),
    Sample("backups/verified.json", VERIFIED, _kept, _found),
    Sample("embedded/running.json", RUNNING, _announced, _running),
    Sample("files/cycles.csv", ROW, _cycles),
    Sample("files/commands.csv", (), lambda rows: as_csv(commands.COLUMNS, rows).encode()),
    Sample("files/timeline.csv", (), lambda rows: timeline.as_csv(rows).encode()),
)
