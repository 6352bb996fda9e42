"""`sla import`: a file of ticket updates sent to a running service."""

import asyncio
import json
from collections.abc import Callable, Generator, Iterator
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import httpx
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from command_side.connect.source import Source
from config import hours, loading
from config.problems import ConfigError
from engine.notify.channel_types import CHANNEL_TYPES
from engine.sla.policy import Policy
from ops.commands.exits import FOUND_PROBLEMS, err, out, refuse, show, table
from ops.commands.remote import connected, options
from ops.importing.formats import FORMATS
from ops.importing.rows import ImportFile, Malformed, Row, UnusableFile
from ops.importing.sending import Refused, Sender, SendingFailed, Tally
from ops.importing.told import DateOrder, Told

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
    told = Told(tier, date_order, _zone(time_zone), _instant(updated_at))
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
            rows = FORMATS[format].read(file.lines(), told, report.unread)
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
    report.show(tally, _policy(url, token), as_json=as_json)
    return FOUND_PROBLEMS if tally.refused else 0


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return None if name is None else ZoneInfo(hours.zone(name))
    except ValueError as error:
        refuse(f"--time-zone: {error}")


def _instant(text: str | None) -> str | None:
    try:
        if text is None or datetime.fromisoformat(text).tzinfo is not None:
            return text
    except ValueError:  # no instant at all: refused like one without a zone
        pass
    refuse(f"--updated-at: no instant with its zone: {text!r}. It looks like 2026-01-05T09:00:00Z.")


def _policy(url: str, token: str | None) -> Policy | None:
    """The promises in force where it was sent to; None when they cannot be learnt."""
    try:
        with httpx.Client(**options(url, token)) as client:
            answer = client.get("/config")
            content: str = answer.raise_for_status().json()["content"]
            # Whatever fractions the service has: they decide no target.
            return loading.load(
                content,
                version=1,
                accepted_at=0,
                warning=0.15,
                critical=0.05,
                channel_types=CHANNEL_TYPES,
                source_type=Source,
                stored=True,
            ).policy
    except (httpx.HTTPError, ConfigError, LookupError, ValueError):
        return None


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
        self.unread: list[str] = []
        """Columns that the format has no use for."""

    def refused(self, refused: Refused) -> None:
        self._first = sorted([*self._first, refused], key=lambda one: one.line)[:SHOWN]
        if self._written:
            line = self._entry(refused) | {"item": refused.item}
            self._written.write(json.dumps(line, ensure_ascii=False) + "\n")

    def show(self, tally: Tally, policy: Policy | None, *, as_json: bool) -> None:
        """`policy` is what was promised where it was sent to, if that is known."""
        unpromised = None
        if policy is not None and not policy.rules:  # what a rule promises, it asks more to know
            unpromised = [
                {"customer_tier": tier, "priority": priority, "updates": count}
                for (tier, priority), count in sorted(tally.promises.items())
                if not policy.plan(tier, priority).targets
            ]
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
                "no_target": unpromised,
                "unread": self.unread,
                "ignored": tally.ignored,
                "suggestions": tally.suggestions,
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
        for line in self._forgotten(tally, unpromised):
            out.print(line, markup=False, soft_wrap=True)

    def _forgotten(self, tally: Tally, unpromised: list[dict[str, Any]] | None) -> Generator[str]:
        """What of the file counts for nothing, in sentences."""
        if unpromised is None:
            yield "Whether its tiers and priorities have targets is not known: /config is silent."
        for one in unpromised or ():
            who = f"{one['customer_tier']} {one['priority']}"
            yield f"No target in the configuration: {who} ({one['updates']:,} updates)"
        if self.unread:
            yield f"Columns that nothing reads: {', '.join(self.unread)}"
        for name, count in sorted(tally.ignored.items()):
            meant = tally.suggestions.get(name)
            hint = f"; did you mean {meant}?" if meant else ""
            yield f"Nothing reads {name} ({count:,} updates){hint}"

    def _entry(self, refused: Refused) -> dict[str, Any]:
        return {
            "at": f"{self._path}:{refused.line}",
            "external_id": (refused.item or {}).get("external_id"),
            "outcome": refused.outcome,
            "error": refused.error,
        }
