"""`sla simulate`: what would have been attained under another configuration."""

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from engine.sla.instants import micros
from ops.commands.configuration import load_or_leave
from ops.commands.database import progress_bar, work_at
from ops.commands.exits import FOUND_PROBLEMS, counted, out, refuse, show, table
from ops.commands.serve import read_settings
from ops.jobs.apart import Failed, work_apart
from ops.jobs.work import Refused, Work
from ops.wiring import now


def simulate(file: Path, *, since: datetime | None, data_dir: Path | None, as_json: bool) -> int:
    """Fold all tickets under the file alone, as the job `what_if` does, and show both attainments
    side by side, each beside the goals of its configuration; 1 where counting the past again as it
    was gives other verdicts than were recorded."""
    settings = read_settings(data_dir)
    at = now()
    given = {
        "config": load_or_leave(file, settings, at=at).content,
        "since": None if since is None else since.isoformat(),
    }

    async def main(conninfo: str) -> bytes:
        work = Work(
            "what_if",
            given,
            conninfo,
            micros(at),
            settings.warning_threshold,
            settings.critical_threshold,
        )
        with progress_bar(shown=not as_json, unit="tickets") as progress:
            bar = progress.add_task("simulating", total=None)
            try:
                return await work_apart(
                    work, lambda done, total: progress.update(bar, completed=done, total=total)
                )
            except (Failed, Refused) as error:
                refuse(str(error))

    found = msgspec.json.decode(work_at(settings, main))
    if as_json:
        out.print_json(data=found)
    else:
        _show(found)
    return 0 if found["proof"]["holds"] else FOUND_PROBLEMS


def _show(found: dict[str, Any]) -> None:
    groups = found["groups"]
    figures = ["met now", "met then", "breached now", "breached then"]
    has_goals = any(
        group[which]["goal_percent"] is not None
        for group in groups
        for which in ("before", "after")
    )
    if has_goals:
        figures += ["budget left now", "budget left then"]
    shown = table("tier", "priority", "clock", *figures)
    for group in groups:
        was, would = group["before"], group["after"]
        shown.add_row(
            group["tier"].upper(),
            group["priority"].upper(),
            group["clock"],
            _percent(was),
            _percent(would),
            f"{was['breached']:,}",
            f"{would['breached']:,}" + _changed(would["breached"] - was["breached"]),
            *([_left(was), _left(would)] if has_goals else []),
        )
    show(shown)
    cycles = counted(found["cycles_changed"], "cycle")
    tickets = counted(found["tickets_changed"], "ticket")
    out.print(
        f"{cycles} of {tickets} would have another verdict{_turned(found['turned'])}.",
        soft_wrap=True,
    )
    proof = found["proof"]
    out.print(proof["says"], style="" if proof["holds"] else "red", soft_wrap=True)


def _turned(turned: list[dict[str, Any]]) -> str:
    each = [f"{one['cycles']:,} {one['before']} -> {one['after']}" for one in turned]
    return f": {', '.join(each)}" if each else ""


def _changed(by: int) -> str:
    return f" ({by:+,})" if by else ""


def _percent(attained: dict[str, Any]) -> str:
    percent, goal = attained["attainment_percent"], attained["goal_percent"]
    beside = "" if goal is None else f" (goal {goal:.12g} %)"
    return ("-" if percent is None else f"{percent:g} %") + beside


def _left(attained: dict[str, Any]) -> str:
    left = attained["budget_left"]
    return "-" if left is None else f"{left:,}"
