"""What imports have in common: how rows are sent, and how what became of them is shown."""

import asyncio
import json
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

import httpx
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from command_side.connect.source import Source
from config import loading
from config.loading import Loaded
from config.problems import ConfigError
from engine.notify.channel_types import CHANNEL_TYPES
from engine.sla.policy import Policy
from ops.commands.exits import FOUND_PROBLEMS, err, out, refuse, show, table
from ops.commands.remote import options, wait_until_shown
from ops.importing.rows import Malformed, Row
from ops.importing.sending import Refused, Sender, SendingFailed, Tally

SHOWN_AT = ("/dashboard?size=1", "/alerts?limit=1")
SHOWN = 10  # rows not taken that are named; --rejects has all


def configuration(url: str, token: str | None) -> Loaded | None:
    """The one in force where it is sent to; None when it cannot be learnt."""
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
            )
    except (httpx.HTTPError, ConfigError, LookupError, ValueError):
        return None


def send(
    rows: Iterator[Row | Malformed],
    url: str,
    token: str | None,
    batch: int,
    report: "Report",
    advance: Callable[[Tally], None],
    *,
    revise: bool = False,
) -> Tally:
    """Send them, and wait until the board and the figures have them: whoever asks next sees them,
    though read tables follow the log."""

    async def sent() -> Tally:
        async with httpx.AsyncClient(**options(url, token)) as client:
            sender = Sender(
                client, batch=batch, refused=report.refused, progress=advance, revise=revise
            )
            try:
                return await sender.send(rows)
            except SendingFailed as error:
                taken = f"{sender.tally.answered:,} updates were taken before."
                refuse(f"{error} {taken}", code=FOUND_PROBLEMS)

    tally = asyncio.run(sent())
    if tally.position is not None:
        wait_until_shown(url, token, tally.position, *SHOWN_AT)
    return tally


def progress_bar(*, shown: bool) -> Progress:
    return Progress(
        BarColumn(),
        TaskProgressColumn(show_speed=False),
        TextColumn("{task.fields[rate]}", markup=False),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not shown,
    )


class Report:
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

    def show(
        self,
        tally: Tally,
        policy: Policy | None,
        *,
        as_json: bool,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        """`policy` is what was promised where it was sent to, if that is known; `about` is what
        was said of the file before, which is not said again."""
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
            out.print_json(data={"file": str(self._path)} | counts | more | dict(about or {}))
            return
        shown = table(self._path.name, "updates")
        shown.columns[1].justify = "right"
        for name, count in counts.items():
            shown.add_row("  of these late" if name == "late" else name, f"{count:,}")
        shown.add_section()
        shown.add_row("updates/s", f"{tally.rate:,.0f}")
        show(shown)
        self.name_refused(tally)
        for line in self._forgotten(tally, [] if about is not None else unpromised):
            out.print(line, soft_wrap=True)

    def name_refused(self, tally: Tally) -> None:
        """The first rows that were not taken, each with its line and why."""
        for refused in self._first:
            entry = self._entry(refused)
            who = " ".join(str(entry[key]) for key in ("external_id", "outcome") if entry[key])
            out.print(f"{entry['at']}: {who}: {entry['error']}", soft_wrap=True)
        if (others := tally.refused - len(self._first)) > 0:
            where = "all are in the --rejects file" if self._written else "see --rejects PATH"
            out.print(f"and {others:,} more ({where})")

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
            "at": f"{refused.file or self._path}:{refused.line}",
            "external_id": (refused.item or {}).get("external_id"),
            "outcome": refused.outcome,
            "error": refused.error,
        }
