"""`sla config apply`: a configuration put into force by command, and what that changes."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from command_side.turning import Preview, Turned
from config import reading
from config.loading import Loaded
from config.problems import ConfigError
from config.settings import Settings
from config.versions import PolicyBook
from engine.sla.instants import rfc3339_or_none
from ops.applying import Applying, InForce, NoSince
from ops.commands.database import Pool, work
from ops.commands.exits import FOUND_PROBLEMS, err, out, refuse
from ops.commands.serve import read_settings
from ops.policies import PolicyLog
from ops.wiring import now

NAMED = 20
"""Cycles that are named."""


def apply(
    new: Path,
    *,
    since: str | None,
    by: str,
    reason: str,
    preview_only: bool,
    data_dir: Path | None,
    as_json: bool,
) -> int:
    """Say what changes, and, unless that is all, put it into force."""
    if not by.strip() or not reason.strip():
        refuse("Say by --by who applies it, and by --reason why: timelines tell it.")
    settings = read_settings(data_dir)
    try:
        text = reading.read(new)
    except ConfigError as error:
        _refuse(new, error)

    async def main(pool: Pool) -> tuple[Loaded, Preview, InForce | None]:
        applying = _applying(pool, settings)
        try:
            loaded = await applying.read(text, since, by=by, reason=reason, name=str(new))
        except ConfigError as error:
            if error.name != str(new):  # one that is in the log
                raise
            _refuse(new, error)
        except NoSince as error:
            refuse(f"--since {since}: {error}.")
        found = await applying.preview(loaded)
        return loaded, found, None if preview_only else await applying.apply(loaded)

    loaded, found, in_force = work(settings, main)
    if as_json:
        out.print_json(data=_report(loaded, found, in_force))
        return 0
    for line in [*loaded.warnings, *_lines(found)]:
        out.print(line, soft_wrap=True)
    for line in () if in_force is None else _outcome(loaded, in_force, settings):
        out.print(line, soft_wrap=True)
    return 0


def _applying(pool: Pool, settings: Settings) -> Applying:
    book = PolicyBook()
    warning, critical = settings.warning_threshold, settings.critical_threshold
    log = PolicyLog(pool, book, warning=warning, critical=critical)
    return Applying(pool, book, log, now)


def _refuse(path: Path, error: ConfigError) -> NoReturn:
    err.print(str(error), style="red", soft_wrap=True)
    refuse(f"{path} is refused.", code=FOUND_PROBLEMS)


def _report(loaded: Loaded, found: Preview, in_force: InForce | None) -> dict[str, Any]:
    return {
        "since": rfc3339_or_none(loaded.policy.since),
        "tickets": found.tickets,
        "cycles_changed": len(found.cycles),
        "cycles": [{**asdict(one), "ticket_id": str(one.ticket_id)} for one in found.cycles],
        "alerts_withdrawn": found.alerts_withdrawn,
        "alerts_raised": found.alerts_raised,
        "version": None if in_force is None else in_force.version,
        "in_force_already": in_force is not None and in_force.was_already,
        "warnings": loaded.warnings,
    }


def _lines(found: Preview) -> list[str]:
    turned = Counter((one.before, one.after) for one in found.cycles)
    verdicts = ", ".join(f"{n:,} {was} -> {now}" for (was, now), n in turned.most_common())
    tickets = "ticket" if found.tickets == 1 else "tickets"
    lines = [
        f"It concerns {found.tickets:,} {tickets}; verdicts that change: {verdicts or 'none'};"
        f" alerts withdrawn: {found.alerts_withdrawn:,}, raised: {found.alerts_raised:,}."
    ]
    return lines + [f"  {_turned(one)}" for one in found.cycles[:NAMED]]


def _turned(one: Turned) -> str:
    number = f" (cycle {one.cycle})" if one.cycle > 1 else ""
    return f"{one.external_id} {one.clock}{number}: {one.before} -> {one.after}"


def _outcome(loaded: Loaded, in_force: InForce, settings: Settings) -> list[str]:
    if in_force.was_already:
        return [f"Version {in_force.version} says the same already: nothing was written."]
    since = rfc3339_or_none(loaded.policy.since)
    lines = [
        f"Version {in_force.version} is in force" + (f" as if since {since}." if since else "."),
        "A running service brings the tickets under it within seconds; one that is not running"
        " does at its next start.",
    ]
    if _says_otherwise(settings.sla_config, loaded):
        lines.append(
            f"{settings.sla_config} says something else. Its text is not taken again; save there"
            " what you have applied, so that the next change starts from it."
        )
    return lines


def _says_otherwise(path: Path, loaded: Loaded) -> bool:
    try:
        return reading.read(path) != loaded.content
    except ConfigError:
        return False
