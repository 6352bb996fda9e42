"""In the file's order and in three others, the real log ends in the same rows."""

import random
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import httpx
import pytest

from ops.demo.extract import EXTRACT
from ops.importing import servicenow
from ops.importing.rows import ImportFile, Row
from ops.importing.sending import Refused, Sender, Tally
from tests.support import ledger, orders
from tests.support.database import temporary_database
from tests.support.figures import Figures
from tests.support.service import Program, running, service

pytestmark = pytest.mark.long

CONFIG = """
default_calendar: office
calendars:
  office:
    timezone: Europe/Berlin
    hours: {mon-thu: ["08:00-12:30", "13:30-18:00"], fri: ["08:00-16:00"]}
    holidays: {country: DE, subdivision: BE, dates: ["2016-03-24"]}
    shifts: {"2016-03-26": ["09:00-12:00"]}
  long_days:
    timezone: America/New_York
    hours: {mon-sat: ["06:00-24:00"]}
    holidays: {country: US}
clocks:
  resolution: {reopen: new_cycle}
  update: {on_change: restart}
  response: {on_change: recompute}
  next_response: {after: creation}
sla_targets:
"""
"""The log has no replies, so that `next_response` is promised and never starts."""
TIERS = {"ENTERPRISE": ("24x7", 1), "PREMIUM": ("long_days", 2), "STANDARD": ("office", 4)}
"""Calendar, and how much longer everything takes."""
HOURS = {"P0": (1, 6, 2), "P1": (2, 12, 4), "P2": (4, 24, 8), "P3": (8, 40, 16)}
"""Of response, resolution and update."""
SEEDS = (20160229, 2, 3)
PATIENCE = 1800.0
"""Seconds: milestones of a long past are recorded, and taken back when they prove wrong."""


def config() -> str:
    lines: list[str] = []
    for tier, (calendar, times) in TIERS.items():
        lines += [f"  {tier}:", f"    calendar: {calendar}"]
        for priority, hours in HOURS.items():
            response, resolution, update = (f"{times * hour}h" for hour in hours)
            lines.append(
                f"    {priority}: {{response: {response}, resolution: {resolution},"
                f" update: {update}, next_response: {response}}}"
            )
    return CONFIG + "\n".join(lines) + "\n"


def rows_of(file: Path) -> list[Row]:
    with ImportFile(file) as opened:
        return [row for row in servicenow.read(opened.lines(), EXTRACT, []) if isinstance(row, Row)]


async def sent(program: Program, rows: Sequence[Row]) -> Tally:
    """As `sla import` sends them; those of one ticket arrive in the order of `rows`."""
    refused: list[Refused] = []
    async with httpx.AsyncClient(base_url=program.url, timeout=60) as client:
        tally = await Sender(client, batch=500, refused=refused.append).send(rows)
    assert all("unknown status" in one.error for one in refused)
    return tally


def differing(one: Sequence[orders.Line], other: Sequence[orders.Line]) -> str:
    """The first row in which they differ, for people."""
    for here, there in zip_longest(one, other):
        if here != there:
            return f"{here}\n  instead of\n{there}"
    return "nothing"


async def test_every_order_of_arrival_ends_in_the_same_rows(
    server: str, migrated_template: str, updates: Path, tmp_path: Path, figures: Figures
) -> None:
    rows = rows_of(updates)
    arrivals = {
        "as it is": rows,
        **{f"shuffled by {seed}": random.Random(seed).sample(rows, len(rows)) for seed in SEEDS},
    }
    figures("updates", len(rows))
    expected: list[orders.Line] = []
    for number, (order, arriving) in enumerate(arrivals.items()):
        with temporary_database(server, migrated_template) as (_, database):
            program = service(tmp_path / str(number), config(), database=database)
            with running(program):
                tally = await sent(program, arriving)
                await ledger.settled(database, patience=PATIENCE)
            assert program.complaints() == []
            assert tally.accepted + tally.rejected == len(rows)
            figures(f"{order}: late", tally.late)
            await ledger.every_milestone_is_raised_once(database)
            await ledger.the_log_is_sound(database)
            (found,) = (await orders.kept(database)).values()
        figures(f"{order}: rows", len(found))
        figures(f"{order}: SHA-256", orders.digest(found))
        expected = expected or found
        assert orders.digest(found) == orders.digest(expected), differing(found, expected)
