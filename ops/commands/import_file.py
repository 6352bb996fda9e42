"""`sla import`: a file of ticket updates sent to a running service."""

from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from engine.sla.zones import zone
from ops.commands.exits import FOUND_PROBLEMS, err, refuse
from ops.commands.import_report import Report, configuration, progress_bar, send
from ops.commands.remote import connected
from ops.importing.formats import FORMATS
from ops.importing.rows import ImportFile, UnusableFile
from ops.importing.sending import Tally
from ops.importing.told import DateOrder, Told


def run(
    path: Path,
    *,
    format: str,
    url: str,
    token: str | None,
    batch: int,
    rejects: Path | None,
    as_json: bool,
    tier: str | None,
    date_order: DateOrder | None,
    time_zone: str | None,
    updated_at: str | None,
) -> int:
    """Send the file and say what became of its rows: the exit code.

    The last four say what the file leaves open.
    """
    if not FORMATS[format].is_table and (tier or date_order or time_zone):
        more = "--tier, --date-order and --time-zone are for tables"
        refuse(f"A {format} file is sent as it is: {more}.")
    told = Told(tier, date_order, zone_of(time_zone), instant_of(updated_at))
    with connected(url, token):
        pass
    if rejects and rejects.resolve() == path.resolve():
        refuse("--rejects names the file to import itself.")
    try:
        with (
            ImportFile(path) as file,
            rejects.open("w", encoding="utf-8") if rejects else nullcontext() as written,
        ):
            report = Report(path, written)
            rows = FORMATS[format].read(file.lines(), told, report.unread)
            progress = progress_bar(shown=not as_json and err.is_terminal)
            with progress:
                bar = progress.add_task("", total=file.size, rate="")

                def advance(tally: Tally) -> None:
                    rate = f"{tally.answered:,} updates, {tally.rate:,.0f}/s"
                    progress.update(bar, completed=file.consumed, rate=rate)

                tally = send(rows, url, token, batch, report, advance)
    except UnusableFile as error:
        refuse(f"{path} cannot be imported as {format}: {error}.")
    except OSError as error:
        refuse(f"{error.filename or path}: {error.strerror or error}")
    known = configuration(url, token)
    report.show(tally, known.policy if known else None, as_json=as_json)
    return FOUND_PROBLEMS if tally.refused else 0


def zone_of(name: str | None) -> ZoneInfo | None:
    try:
        return None if name is None else ZoneInfo(zone(name))
    except ValueError as error:
        refuse(f"--time-zone: {error}")


def instant_of(text: str | None) -> str | None:
    try:
        if text is None or datetime.fromisoformat(text).tzinfo is not None:
            return text
    except ValueError:  # no instant at all: refused like one without a zone
        pass
    refuse(f"--updated-at: no instant with its zone: {text!r}. It looks like 2026-01-05T09:00:00Z.")
