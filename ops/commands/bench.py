"""`sla bench`: what this machine does in a second, and how far that is from the targets."""

import sys
from collections.abc import Sequence
from pathlib import Path

import psycopg
from pydantic_core import to_json
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ops.bench import chart
from ops.bench.parts import PARTS
from ops.bench.report import Report
from ops.bench.run import run as measure
from ops.bench.scale import FULL, QUICK
from ops.commands.exits import FOUND_PROBLEMS, err, out, refuse
from ops.commands.serve import read_settings
from ops.embedded import BadAddress, PostgresUnavailable
from ops.http.serving import until_interrupted
from ops.wiring import now


def run(*, quick: bool, only: Sequence[str], folder: Path | None, as_json: bool) -> int:
    """Measure, show and keep: the exit code. A target that is not reached is no problem here."""
    unknown = [name for name in only if name not in PARTS]
    if unknown:
        refuse(f"There is no part {unknown[0]!r}; there are: {', '.join(PARTS)}.")
    settings = read_settings()
    folder = folder or settings.sla_data_dir / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    with _progress() as progress:
        task = progress.add_task("", total=None)

        def say(part: str, doing: str) -> None:
            progress.update(task, description=f"{part}: {doing}")

        try:
            report = until_interrupted(
                lambda: measure(
                    folder,
                    settings.database_url.get_secret_value(),
                    QUICK if quick else FULL,
                    only=only,
                    now=now,
                    say=say,
                )
            )
        except (BadAddress, PostgresUnavailable, psycopg.Error) as error:
            refuse(f"No database to measure with: {error}")
    if report is None:
        return FOUND_PROBLEMS  # interrupted
    _keep(report, folder)
    if as_json:
        out.print_json(data=report.document())
    else:
        report.show(out, {name: part.title for name, part in PARTS.items()})
        out.print(f"\n{report.seconds:.0f} s; kept in {folder}", soft_wrap=True)
    return FOUND_PROBLEMS if report.failures else 0


def _keep(report: Report, folder: Path) -> None:
    (folder / "bench.json").write_bytes(to_json(report.document(), indent=2) + b"\n")
    (folder / "bench.svg").write_text(chart.draw(report), encoding="utf-8")


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not (err.is_terminal and sys.stderr.isatty()),
    )
