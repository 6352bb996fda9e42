"""`sla import`: what it takes; `ops/commands` does the work."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from ops.cli_options import LOCAL, Json, Token, Url
from ops.importing.formats import FORMATS


def _known_format(name: str | None) -> str | None:
    if name is not None and name not in FORMATS:
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(FORMATS)}.")
    return name


def import_(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="CSV, XLSX, JSON or JSON lines; plain, gzipped or zipped; folders of them."
            " Tables that belong together are given together.",
            exists=True,
        ),
    ],
    format: Annotated[
        str | None,
        typer.Option(
            callback=_known_format,
            metavar="|".join(FORMATS),
            help="Instead of finding out what it is, send one file as it is. "
            + " ".join(f"{name}: {one.about}." for name, one in FORMATS.items()),
        ),
    ] = None,
    reading: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE.yaml",
            help="How the files are read: a source of the configuration, a desk, or a file.",
        ),
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Whose tickets they are; else the source's, or the desk.")
    ] = None,
    url: Url = LOCAL,
    token: Token = None,
    batch: Annotated[int, typer.Option(min=1, max=10_000, help="Updates a request.")] = 500,
    rejects: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Write every row that was not taken here, as JSON."),
    ] = None,
    as_json: Json = False,
    tier: Annotated[
        str | None, typer.Option(help="Of customers of whom the file does not say which they have.")
    ] = None,
    priority: Annotated[
        str | None, typer.Option(help="Of tickets of which the file does not say which they have.")
    ] = None,
    date_order: Annotated[
        Literal["dmy", "mdy"] | None,
        typer.Option(help="Whether 3/4/2025 is in April (dmy) or in March (mdy)."),
    ] = None,
    date_format: Annotated[
        str | None, typer.Option(help="Of times in a form of their own, such as '%d.%m.%y %H.%M'.")
    ] = None,
    time_zone: Annotated[
        str | None,
        typer.Option(
            "--timezone", "--time-zone", help="Of times that name none, such as Europe/Berlin."
        ),
    ] = None,
    updated_at: Annotated[
        str | None,
        typer.Option(help="What rows are as of that do not say when they were updated (RFC 3339)."),
    ] = None,
    write_reading: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Write here how the files are read, to be changed."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: import as proposed.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would become of it, and send nothing.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="End with 3 where something is promised nothing.")
    ] = False,
    revise: Annotated[
        bool,
        typer.Option(
            "--revise", help="Correct what was read wrongly before, instead of contradicting it."
        ),
    ] = False,
) -> None:
    """Send files of tickets to a running service. Repeating it does no harm.

    What a desk exports is recognised by its columns; for anything else a reading is proposed and
    shown. What a file leaves open is asked for, and never guessed.
    """
    from ops.commands import import_file, import_tables

    if format is not None:
        if len(files) > 1:
            raise typer.BadParameter("one file at a time goes with --format.")
        raise typer.Exit(
            import_file.run(
                files[0],
                format=format,
                url=url,
                token=token,
                batch=batch,
                rejects=rejects,
                as_json=as_json,
                tier=tier,
                date_order=date_order,
                time_zone=time_zone,
                updated_at=updated_at,
            )
        )
    asked = import_tables.Asked(
        url=url,
        token=token,
        batch=batch,
        rejects=rejects,
        as_json=as_json,
        reading=reading,
        source=source,
        tier=tier,
        priority=priority,
        date_order=date_order,
        date_format=date_format,
        time_zone=time_zone,
        updated_at=updated_at,
        write_reading=write_reading,
        yes=yes,
        dry_run=dry_run,
        strict=strict,
        revise=revise,
    )
    raise typer.Exit(import_tables.run(files, asked))
