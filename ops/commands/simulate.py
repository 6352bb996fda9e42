"""`sla simulate`: what would have been attained under another configuration."""

from datetime import datetime
from pathlib import Path
from typing import Any

from ops.commands.configuration import load_or_leave, policy_book
from ops.commands.database import Pool, progress_bar, work
from ops.commands.exits import out, refuse, show, table
from ops.commands.serve import read_settings
from ops.wiring import now
from query_side.audit import whatif
from query_side.goals import budget_left


def simulate(file: Path, *, since: datetime | None, data_dir: Path | None, as_json: bool) -> int:
    """Fold all tickets under the file alone, and show both attainments side by side, each beside
    the goals of its configuration."""
    settings = read_settings(data_dir)
    at = now()
    offered = load_or_leave(file, settings, at=at).policy

    async def main(pool: Pool) -> list[dict[str, Any]]:
        book = await policy_book(pool, settings)
        if book.newest is None:
            refuse("No configuration was ever in force here: there is nothing to compare with.")
        with progress_bar(shown=not as_json, unit="tickets") as progress:
            bar = progress.add_task("simulating", total=0)
            actual, supposed = await whatif.simulate(
                pool,
                book,
                offered,
                since=since,
                now=at,
                progress=lambda done, total: progress.update(bar, completed=done, total=total),
            )
        groups = {
            group
            for found in (actual, supposed)
            for group in (*found.met, *found.breached, *found.cancelled)
        }
        return [
            {
                "customer_tier": group[0],
                "priority": group[1],
                "clock": group[2],
                "actual": _attained(actual, group),
                "simulated": _attained(supposed, group),
            }
            for group in sorted(groups)
        ]

    groups = work(settings, main)
    if as_json:
        out.print_json(data=groups)
        return 0
    figures = ["met now", "met then", "breached now", "breached then"]
    has_goals = any(
        group[which]["goal_percent"] is not None
        for group in groups
        for which in ("actual", "simulated")
    )
    if has_goals:
        figures += ["budget left now", "budget left then"]
    shown = table("tier", "priority", "clock", *figures)
    for group in groups:
        was, would = group["actual"], group["simulated"]
        shown.add_row(
            group["customer_tier"].upper(),
            group["priority"].upper(),
            group["clock"],
            _percent(was),
            _percent(would),
            f"{was['breached']:,}",
            f"{would['breached']:,}" + _changed(would["breached"] - was["breached"]),
            *([_left(was), _left(would)] if has_goals else []),
        )
    show(shown)
    return 0


def _attained(found: whatif.Attained, group: whatif.Group) -> dict[str, Any]:
    met, breached = found.met[group], found.breached[group]
    goal = found.goal(group)
    percent = round(100 * met / (met + breached), 1) if met + breached else None
    return {
        "met": met,
        "breached": breached,
        "cancelled": found.cancelled[group],
        "attainment_percent": percent,
        "goal_percent": goal,
        "budget_left": budget_left(met, breached, goal),
    }


def _changed(by: int) -> str:
    return f" ({by:+,})" if by else ""


def _percent(attained: dict[str, Any]) -> str:
    percent, goal = attained["attainment_percent"], attained["goal_percent"]
    beside = "" if goal is None else f" (goal {goal:.12g} %)"
    return ("-" if percent is None else f"{percent:g} %") + beside


def _left(attained: dict[str, Any]) -> str:
    left = attained["budget_left"]
    return "-" if left is None else f"{left:,}"
