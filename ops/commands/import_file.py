"""`sla import`: a file of ticket updates sent to a running service."""

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TextIO

import httpx
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from ops.commands.exits import FOUND_PROBLEMS, err, out, refuse, show, table
from ops.commands.remote import connected, options
from ops.importing import api_csv, jsonl, servicenow
from ops.importing.rows import ImportFile, Malformed, Row, UnusableFile
from ops.importing.sending import Refused, Sender, SendingFailed, Tally

Reader = Callable[[Iterable[str]], Iterator[Row | Malformed]]

READERS: Mapping[str, Reader] = {
    "servicenow": servicenow.read,
    "csv": api_csv.read,
    "jsonl": jsonl.read,
}
SHOWN = 10  # rows not taken that are named; --rejects has all


def run(
    path: Path,
    *,
    format: str,
    url: str,
    token: str | None,
    batch: int,
    rejects: Path | None,
    as_json: bool,
) -> int:
    """Send the file and say what became of its rows: the exit code."""
    with connected(url, token):
        pass
    if rejects and rejects.resolve() == path.resolve():
        refuse("--rejects names the file to import itself.")
    try:
        with (
            ImportFile(path) as file,
            rejects.open("w", encoding="utf-8") if rejects else nullcontext() as written,
        ):
            report = _Report(path, written)
            rows = READERS[format](file.lines())
            progress = _progress(shown=not as_json and err.is_terminal)
            with progress:
                bar = progress.add_task("", total=file.size, rate="")

                def advance(tally: Tally) -> None:
                    rate = f"{tally.answered:,} updates, {tally.rate:,.0f}/s"
                    progress.update(bar, completed=file.consumed, rate=rate)

                tally = asyncio.run(_send(rows, url, token, batch, report, advance))
    except UnusableFile as error:
        refuse(f"{path} cannot be imported as {format}: {error}.")
    except OSError as error:
        refuse(f"{error.filename or path}: {error.strerror or error}")
    report.show(tally, as_json=as_json)
    return FOUND_PROBLEMS if tally.refused else 0


async def _send(
    rows: Iterator[Row | Malformed],
    url: str,
    token: str | None,
    batch: int,
    report: "_Report",
    advance: Callable[[Tally], None],
) -> Tally:
    async with httpx.AsyncClient(**options(url, token)) as client:
        sender = Sender(client, batch=batch, refused=report.refused, progress=advance)
        try:
            return await sender.send(rows)
        except SendingFailed as error:
            taken = f"{sender.tally.answered:,} updates were taken before."
            refuse(f"{error} {taken}", code=FOUND_PROBLEMS)


def _progress(*, shown: bool) -> Progress:
    return Progress(
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not shown,
    )


class _Report:
    """Keeps the first rows that were not taken, and writes all of them to the rejects file."""

    def __init__(self, path: Path, written: TextIO | None) -> None:
        self._path = path
        self._written = written
        self._first: list[Refused] = []

    def refused(self, refused: Refused) -> None:
        self._first = sorted([*self._first, refused], key=lambda one: one.line)[:SHOWN]
        if self._written:
            line = self._entry(refused) | {"item": refused.item}
            self._written.write(json.dumps(line, ensure_ascii=False) + "\n")

    def show(self, tally: Tally, *, as_json: bool) -> None:
        counts = {
            "accepted": tally.accepted,
            "late": tally.late,
            "duplicates": tally.duplicates,
            "unchanged": tally.unchanged,
            "conflicts": tally.conflicts,
            "rejected": tally.rejected,
            "malformed": tally.malformed,
        }
        if as_json:
            more = {
                "seconds": round(tally.seconds, 3),
                "updates_per_second": round(tally.rate, 1),
                "position": tally.position,
                "refused": [self._entry(refused) for refused in self._first],
            }
            out.print_json(data={"file": str(self._path)} | counts | more)
            return
        shown = table(self._path.name, "updates")
        shown.columns[1].justify = "right"
        for name, count in counts.items():
            shown.add_row("  of these late" if name == "late" else name, f"{count:,}")
        shown.add_section()
        shown.add_row("updates/s", f"{tally.rate:,.0f}")
        show(shown)
        for refused in self._first:
            entry = self._entry(refused)
            about = " ".join(str(entry[key]) for key in ("external_id", "outcome") if entry[key])
            out.print(f"{entry['at']}: {about}: {entry['error']}", markup=False, soft_wrap=True)
        if (others := tally.refused - len(self._first)) > 0:
            where = "all are in the --rejects file" if self._written else "see --rejects PATH"
            out.print(f"and {others:,} more ({where})", markup=False)

    def _entry(self, refused: Refused) -> dict[str, Any]:
        return {
            "at": f"{self._path}:{refused.line}",
            "external_id": (refused.item or {}).get("external_id"),
            "outcome": refused.outcome,
            "error": refused.error,
        }
