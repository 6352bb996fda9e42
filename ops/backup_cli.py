"""`sla backup` and `sla restore`: copies of the database, taken, proven, and brought back."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ops.cli_options import DataDir, Json

Folder = Annotated[
    Path | None,
    typer.Argument(file_okay=False, envvar="SLA_BACKUP_DIR", help="Where backups are kept."),
]


def backup(
    folder: Folder = None,
    keep: Annotated[
        int | None, typer.Option(min=1, help="Only so many copies stay; else all of them.")
    ] = None,
    verify: Annotated[
        bool, typer.Option(help="Restore the copy beside it, and prove that it is sound.")
    ] = True,
    off: Annotated[
        bool, typer.Option("--off", help="Take none, and keep the log no longer.")
    ] = False,
    verified: Annotated[
        str | None,
        typer.Option(
            metavar="CHECKPOINT",
            help="Take none: a copy of other tools was restored, and `sla verify` said this of it.",
        ),
    ] = None,
    taken_at: Annotated[
        datetime | None, typer.Option(help="When that copy was taken (UTC); with --verified.")
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Copy the embedded database while the service runs, restore the copy beside it and verify it.

    From the first time on its log is kept in the folder as well, so that any instant since a copy
    can be restored. A database that DATABASE_URL names has tools of its own: docs/backup.md.
    """
    from ops.commands import backup as command

    if verified is not None:
        code = command.note(verified, _utc(taken_at), folder, data_dir=data_dir)
    elif off:
        code = command.end(data_dir=data_dir)
    else:
        code = command.run(folder, keep=keep, verify=verify, data_dir=data_dir, as_json=as_json)
    raise typer.Exit(code)


def restore(
    folder: Folder = None,
    to: Annotated[
        datetime | None, typer.Option(help="As it was then (UTC); else as late as there is.")
    ] = None,
    finish: Annotated[
        bool,
        typer.Option("--finish", help="Other tools have restored the database: do the rest."),
    ] = False,
    sent_until: Annotated[
        datetime | None,
        typer.Option(help="When the lost service told people last (UTC); else now."),
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Restore the embedded database as it was at an instant, into a data folder without one, verify
    it, and hold back what may have been sent since.

    After other tools have restored the database of DATABASE_URL, `--finish` does that last part:
    before a service starts on it.
    """
    from ops.commands import restore as command

    until = _utc(sent_until)
    if finish:
        code = command.finish(until, data_dir=data_dir, as_json=as_json)
    else:
        code = command.run(folder, _utc(to), until, data_dir=data_dir, as_json=as_json)
    raise typer.Exit(code)


def _utc(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
