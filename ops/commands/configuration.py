"""`sla config`: what a configuration file says, and what it would change."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from command_side.connect.source import Source
from command_side.previewing import Prediction, preview
from config import diff, loading, reading
from config.hours import time_of_day
from config.loading import Loaded
from config.problems import ConfigError
from config.settings import Settings
from config.targets import rungs_written, written
from config.versions import PolicyBook
from engine.notify.channel_types import CHANNEL_TYPES
from engine.notify.post import http_client
from engine.sla.budget import Budget
from engine.sla.instants import micros, rfc3339_or_none
from engine.sla.policy import Plan
from ops import answers
from ops.channels import ChannelBuilder
from ops.commands.calendars import calendars_now
from ops.commands.database import Pool, has_database, progress_bar, work
from ops.commands.exits import FOUND_PROBLEMS, err, out, refuse, show, table
from ops.commands.serve import read_settings
from ops.policies import PolicyLog
from ops.wiring import now

NAMED = 20
"""Deadlines that a diff shows."""


def check(file: Path | None, *, online: bool, as_json: bool) -> int:
    """Say whether the file holds, with every problem and doubt: 1 when it does not. `online`: also
    what the calendars say that it names."""
    settings = read_settings()
    path = file or settings.sla_config
    problems: list[dict[str, Any]] = []
    warnings: list[str] = []
    try:
        loaded = load(path, settings, at=now())
        warnings = [*loaded.warnings, *_nowhere(loaded), *answers.missing(loaded, os.environ)]
        if online:
            warnings += asyncio.run(calendars_now(loaded, path.parent, settings, now()))
    except ConfigError as error:
        problems = [
            {"line": one.line, "column": one.column, "key": one.key, "message": one.message}
            for one in error.problems
        ]
        said = str(error)
    else:
        said = f"{path} holds."
    if as_json:
        out.print_json(data={"file": str(path), "problems": problems, "warnings": warnings})
    else:
        for warning in warnings:
            out.print(f"Warning: {warning}", style="yellow", soft_wrap=True)
        out.print(said, style="red" if problems else "", soft_wrap=True)
    return FOUND_PROBLEMS if problems else 0


def _nowhere(loaded: Loaded) -> Iterator[str]:
    """The channels that could not be written to with the variables that are set here."""
    builder = ChannelBuilder(os.environ, http_client(), now, "")
    for name, why in builder.build([loaded]).unreachable.items():
        if why.wanted:
            yield f"notifications.channels.{name}: {why.reason} here: nothing could be sent"


def show_promises(file: Path | None) -> int:
    """Show what every tier and priority is promised by the file."""
    settings = read_settings()
    policy = load_or_leave(file or settings.sla_config, settings, at=now()).policy
    targeted = {name for plan in policy.all_plans for name in plan.clocks}
    clocks = [name for name in policy.clocks if name in targeted]
    shown = table("rule or tier", "priority", *clocks, "counted by", values="escalation")
    ruled = {
        (name, priority or "any"): plan
        for (name, priority), plan in policy.rule_plans.items()
        if plan.clocks or plan.on_purpose
    }
    tiers = {(tier.upper(), priority): plan for (tier, priority), plan in policy.plans.items()}
    for (promised, priority), plan in {**ruled, **tiers}.items():
        calendars = dict.fromkeys(plan.calendars[name].name for name in plan.clocks)
        levels = rungs_written(plan.ladder or ())
        shown.add_row(
            promised,
            priority if priority == "any" else priority.upper(),
            *(_targets(plan, name) for name in clocks),
            ", ".join(calendars),
            ", ".join(f"{level} at {at}" for level, at in levels.items()) or "by kind of alert",
        )
    show(shown)
    if ignoring := [
        " ".join(key).upper() for key, plan in policy.plans.items() if not plan.own_dates
    ]:
        out.print(f"Own dates of tickets are ignored: {', '.join(ignoring)}.")
    out.print(
        f"Warning at {float(policy.warning):g} % of the target left,"
        f" critical at {float(policy.critical):g} %."
    )
    return 0


def _targets(plan: Plan, clock: str) -> str:
    own = plan.by_team.get(clock, {}).items()
    by_team = [f"{team}: {_target(budget)}" for team, budget in own if team != "default"]
    others = plan.targets.get(clock)
    if not by_team:
        return _target(others)
    return ", ".join([*by_team, *([f"others: {_target(others)}"] if others else [])])


def _target(budget: Budget | None) -> str:
    if budget is None:
        return "-"
    cutoff = "" if budget.cutoff is None else f", cut-off {time_of_day(budget.cutoff)}"
    return f"{written(budget)}{cutoff}"


@dataclass(slots=True)
class _Moves:
    """What would become of the open tickets."""

    tickets: int
    moved: int
    breached: int
    examples: list[dict[str, Any]]


def difference(new: Path, *, data_dir: Path | None, as_json: bool) -> int:
    """Show what the file would change: its rules, and the deadlines of open tickets.

    Measured against the version in force, or against SLA_CONFIG where no service has run yet.
    """
    settings, at = read_settings(data_dir), now()
    offered = load_or_leave(new, settings, at=at)
    known, moves = None, _Moves(0, 0, 0, [])
    if has_database(settings):
        known, moves = work(
            settings, lambda pool: _moves(pool, offered, settings, at, shown=not as_json)
        )
    old = known or load_or_leave(settings.sla_config, settings, at=at)
    rules = diff.lines(old, offered)
    if as_json:
        report = {"tickets": moves.tickets, "moved": moves.moved, "breached": moves.breached}
        out.print_json(data={"rules": rules, **report, "examples": moves.examples})
        return 0
    for line in rules or ["The same rules."]:
        out.print(line, soft_wrap=True)
    if known is None:
        out.print(
            f"Compared with {settings.sla_config}: no service has run with {_place(settings)} yet,"
            " so there are no open tickets to look at.",
            soft_wrap=True,
        )
        return 0
    out.print(
        f"{moves.tickets:,} open ticket{'' if moves.tickets == 1 else 's'}:"
        f" {moves.moved:,} would move,"
        f" {moves.breached:,} would breach at once."
    )
    for one in moves.examples:
        out.print(f"  {example(one)}", soft_wrap=True)
    return 0


def example(one: dict[str, Any]) -> str:
    """What becomes of one clock, in a line."""
    before, after = (one[when] or one[f"{when}_state"] for when in ("before", "after"))
    moved = before if before == after else f"{before} -> {after}"
    at_once = ", breached at once" if one["breached_at_once"] else ""
    return f"{one['external_id']} {one['clock']}: {moved}{at_once}"


def _place(settings: Settings) -> str:
    return (
        "this DATABASE_URL"
        if settings.database_url.get_secret_value()
        else (f"the data folder {settings.sla_data_dir}")
    )


async def policy_book(pool: Pool, settings: Settings) -> PolicyBook:
    """Every version that the log holds."""
    book = PolicyBook()
    log = PolicyLog(
        pool,
        book,
        warning=settings.warning_threshold,
        critical=settings.critical_threshold,
    )
    await log.follow()
    return book


def load_or_leave(path: Path, settings: Settings, *, at: datetime) -> Loaded:
    """The file as it would be accepted at that instant."""
    try:
        return load(path, settings, at=at)
    except ConfigError as error:
        err.print(str(error), style="red", soft_wrap=True)
        refuse(f"{path} is refused.", code=FOUND_PROBLEMS)


def load(path: Path, settings: Settings, *, at: datetime) -> Loaded:
    """The same; raises ConfigError for one that does not hold, or cannot be read."""
    return loading.load(
        reading.read(path),
        version=1,
        accepted_at=micros(at),
        warning=settings.warning_threshold,
        critical=settings.critical_threshold,
        channel_types=CHANNEL_TYPES,
        source_type=Source,
        name=str(path),
    )


async def _moves(
    pool: Pool, offered: Loaded, settings: Settings, at: datetime, *, shown: bool
) -> tuple[Loaded | None, _Moves]:
    book = await policy_book(pool, settings)
    newest, moves = book.newest, _Moves(0, 0, 0, [])
    if newest is None:
        return None, moves
    policy = offered.numbered(newest.policy.version + 1).policy
    with progress_bar(shown=shown, unit="open tickets") as progress:
        bar = progress.add_task("previewing", total=None)
        async with pool.connection() as conn:
            async for one in preview(conn, book, policy, now=at):
                moves.tickets += 1
                moves.breached += bool(one.breached_at_once)
                moves.moved += one.before != one.after
                moves.examples = best([*moves.examples, *examples(one)])
                progress.update(bar, completed=moves.tickets)
    return newest, moves


def best(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The examples that say most: deadlines that move, the breached and the soonest first; then
    clocks that get one or lose it; then those that stand still before and after."""

    def rank(one: dict[str, Any]) -> tuple[Any, ...]:
        missing = (one["before"] is None) + (one["after"] is None)
        return (missing, not one["breached_at_once"], one["after"] or one["before"] or "")

    return sorted(found, key=rank)[:NAMED]


def examples(one: Prediction) -> list[dict[str, Any]]:
    """The clocks of a ticket that would move. Without a deadline a clock is `paused`, or there is
    `no clock`: nothing is promised, or it has ended."""

    def state(promised: dict[str, int | None], clock: str) -> str:
        if clock not in promised:
            return "no clock"
        return "paused" if promised[clock] is None else "running"

    return [
        {
            "external_id": one.external_id,
            "clock": clock,
            "before": rfc3339_or_none(one.before.get(clock)),
            "before_state": state(one.before, clock),
            "after": rfc3339_or_none(one.after.get(clock)),
            "after_state": state(one.after, clock),
            "breached_at_once": clock in one.breached_at_once,
        }
        for clock in dict.fromkeys([*one.before, *one.after])
        if one.before.get(clock, 0) != one.after.get(clock, 0) or clock in one.breached_at_once
    ]
