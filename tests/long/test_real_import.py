"""Real updates are imported twice, and every number is what counting the file by hand gives."""

import asyncio
import csv
import gzip
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from ops.wiring import now
from tests.support import ledger
from tests.support.figures import Figures
from tests.support.service import running, service
from tests.support.shop import AS_SAID, Shop

pytestmark = pytest.mark.long

HOURS = {  # of response and of resolution; STANDARD has no P0 and ENTERPRISE no P3
    ("enterprise", "P0"): (0.5, 4),
    ("enterprise", "P1"): (1, 8),
    ("enterprise", "P2"): (4, 24),
    ("premium", "P0"): (1, 8),
    ("premium", "P1"): (2, 24),
    ("premium", "P2"): (8, 72),
    ("premium", "P3"): (16, 120),
    ("standard", "P1"): (4, 48),
    ("standard", "P2"): (24, 168),
    ("standard", "P3"): (48, 240),
}
PHASES = {
    "New": "waiting",
    "Active": "active",
    "Awaiting User Info": "paused",
    "Awaiting Problem": "paused",
    "Awaiting Vendor": "paused",
    "Awaiting Evidence": "paused",
    "Resolved": "done",
    "Closed": "done",
}
"""Of every state in the log but -100, which is none: such a row is refused."""
PATIENCE = 1800.0
"""Seconds: the whole log has to be projected, and every milestone of its past recorded."""


def config() -> str:
    lines = ["sla_targets:"]
    for tier in ("enterprise", "premium", "standard"):
        lines.append(f"  {tier.upper()}:")
        for (of, priority), (response, resolution) in HOURS.items():
            minutes = (round(response * 60), round(resolution * 60))
            if of == tier:
                lines.append(f"    {priority}: {{response: %dm, resolution: %dm}}" % minutes)
    return "\n".join(lines) + "\n"


class Update(NamedTuple):
    """What this test needs of a row."""

    at: datetime
    revision: int
    created: datetime
    status: str
    promise: tuple[str, str]
    row: tuple[str, ...]


def instant(text: str) -> datetime:
    return datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=UTC)


def by_ticket(file: Path) -> dict[str, list[Update]]:
    """In the file's order."""
    found: dict[str, list[Update]] = defaultdict(list)
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            update = Update(
                instant(row["sys_updated_at"]),
                int(row["sys_mod_count"]),
                instant(row["opened_at"]),
                row["incident_state"],
                (row["customer_tier"], f"P{int(row['priority'][0]) - 1}"),
                tuple(row.values()),
            )
            found[row["number"]].append(update)
    return found


class Taken(NamedTuple):
    """The updates of one ticket that are stored, in the order of the file, and what else came."""

    updates: list[Update]
    late: int
    repeated: int
    conflicts: int


def taken(updates: Iterable[Update]) -> Taken:
    known: dict[tuple[datetime, int], Update] = {}
    late = repeated = conflicts = 0
    for update in updates:
        key = (update.at, update.revision)
        if key in known:
            repeated += known[key].row == update.row
            conflicts += known[key].row != update.row
            continue
        late += bool(known) and key < max(known)
        known[key] = update
    return Taken(list(known.values()), late, repeated, conflicts)


class Clock(NamedTuple):
    """What a clock was promised by the update that stopped it, or is by the newest, and took."""

    promise: tuple[str, str]
    elapsed: timedelta

    def hours(self, name: str) -> float | None:
        hours = HOURS.get(self.promise)
        return None if hours is None else hours[name == "resolution"]


def clocks(updates: Sequence[Update], at: datetime) -> dict[str, Clock]:
    """Both clocks, where all hours count. One whose target has vanished has none, as if never."""
    rows = sorted(updates)
    created = rows[0].created
    before = [row for row in rows if row.at <= created]
    phase, since, running = "waiting", created, timedelta()
    found: dict[str, Clock] = {}
    for row in [*before[-1:], *rows[len(before) :]]:
        moment = max(row.at, created)
        running += moment - since if phase in ("waiting", "active") else timedelta()
        since, was, phase = moment, phase, PHASES[row.status]
        if "response" not in found and phase != "waiting":
            found["response"] = Clock(row.promise, moment - created)
        if phase != "done":
            found.pop("resolution", None)
        elif was != "done":
            found["resolution"] = Clock(row.promise, running)
    running += at - since if phase in ("waiting", "active") else timedelta()
    found.setdefault("response", Clock(rows[-1].promise, at - created))
    found.setdefault("resolution", Clock(rows[-1].promise, running))
    return found


def breached(found: Mapping[str, Clock], name: str) -> bool:
    hours = found[name].hours(name)
    return hours is not None and found[name].elapsed > timedelta(hours=hours)


def counts(file: Path, at: datetime) -> Mapping[str, int]:
    """With nothing but the file."""
    tickets = by_ticket(file)
    good = {
        name: taken(one for one in updates if one.status in PHASES)
        for name, updates in tickets.items()
    }
    good = {name: one for name, one in good.items() if one.updates}
    judged = [clocks(one.updates, at) for one in good.values()]
    return {
        "rows": sum(map(len, tickets.values())),
        "accepted": sum(len(one.updates) for one in good.values()),
        "late": sum(one.late for one in good.values()),
        "repeated": sum(one.repeated for one in good.values()),
        "conflicts": sum(one.conflicts for one in good.values()),
        "rejected": sum(
            one.status not in PHASES for updates in tickets.values() for one in updates
        ),
        "tickets": len(good),
        "untracked": sum(
            all(clock.hours(name) is None for name, clock in found.items()) for found in judged
        ),
        "statuses": sum(len(one.updates) for one in good.values()),
        "response breached": sum(breached(found, "response") for found in judged),
        "resolution breached": sum(breached(found, "resolution") for found in judged),
    }


def counted(shop: Shop, question: str, *arguments: object) -> int:
    return shop.ask(question, *arguments)[0][0]


BREACHED = """
select count(*) from ticket_clocks
where clock = %s and breached_at <= now() and state <> 'cancelled'
"""


def test_real_updates_are_taken_once_and_judged_as_by_hand(
    database_url: str, updates: Path, tmp_path: Path, figures: Figures
) -> None:
    program = service(tmp_path / "service", config(), database=database_url)
    shop = Shop(program, database_url)
    expected = counts(updates, now())
    with running(program):
        code, first = shop.send(updates, "servicenow", *AS_SAID)
        assert code == (1 if expected["rejected"] or expected["conflicts"] else 0), first
        _, again = shop.send(updates, "servicenow", *AS_SAID)
        asyncio.run(ledger.settled(database_url, patience=PATIENCE))
    for name in ("accepted", "late", "conflicts", "rejected"):
        assert first[name] == expected[name], name
    assert (first["malformed"], first["unchanged"]) == (0, 0)
    assert first["duplicates"] == expected["repeated"]
    assert (again["accepted"], again["late"], again["unchanged"]) == (0, 0, 0)
    assert again["duplicates"] == expected["accepted"] + expected["repeated"]
    assert program.complaints() == []

    found = {
        "tickets": counted(shop, "select count(*) from tickets"),
        "untracked": counted(shop, "select count(*) from tickets where state = 'untracked'"),
        "statuses": counted(shop, "select count(*) from ticket_status_history"),
        "response breached": counted(shop, BREACHED, "response"),
        "resolution breached": counted(shop, BREACHED, "resolution"),
    }
    figures("file", updates.name)
    figures("rows", expected["rows"])
    for name in ("accepted", "late", "conflicts", "rejected"):
        figures(name, first[name])
    for name, count in found.items():
        figures(name, count)
    figures("updates a second, new", first["updates_per_second"])
    figures("updates a second, known", again["updates_per_second"])
    assert found == {name: expected[name] for name in found}
    assert counted(shop, "select coalesce(sum(late), 0)::int from tickets") == expected["late"]
    asyncio.run(ledger.the_log_is_sound(database_url))
    raised = asyncio.run(ledger.every_milestone_is_raised_once(database_url))
    figures("alerts", raised["ticket.alert_raised.v1"])
    figures(
        "rows equal to a rebuild", asyncio.run(ledger.projections_equal_a_rebuild(database_url))
    )
