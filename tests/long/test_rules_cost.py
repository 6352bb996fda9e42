"""What an update costs the processor under one rule and under five hundred."""

import csv
import gzip
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from engine.sla.policy import Policy
from ops.bench.workload import policies, submissions
from ops.wiring import now
from tests.support.figures import Figures, scaled
from tests.support.items import identity
from tests.support.log_in_memory import Log, Versions, book
from tests.support.real_tickets import NO_STATUS, instant
from tests.support.ruling import Ruled, ruled

pytestmark = pytest.mark.long

TICKETS = scaled(1_000)
ROUNDS = 5
RULES = 500
MOST = 1.15
"""Times what it costs under one."""
WORDS = {"team": "assignment_group", "type": "category", "organization": "location"}
"""What conditions ask, and the column that says it."""

Row = dict[str, str]


def tickets(file: Path) -> list[list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["incident_state"] != NO_STATUS:
                found[row["number"]].append(row)
    return [sorted(rows, key=order) for rows in islice(found.values(), TICKETS)]


def order(row: Row) -> tuple[datetime, int]:
    return instant(row["sys_updated_at"]), int(row["sys_mod_count"])


def item(row: Row) -> dict[str, Any]:
    return {
        "external_id": row["number"],
        "status": row["incident_state"],
        "priority": f"P{int(row['priority'][0]) - 1}",
        "customer_tier": row["customer_tier"],
        "created_at": instant(row["opened_at"]).isoformat(),
        "updated_at": instant(row["sys_updated_at"]).isoformat(),
        "revision": int(row["sys_mod_count"]),
        "assigned_to": row["assigned_to"],
        "tags": [row["subcategory"], row["u_symptom"]],
        **{name: row[column] for name, column in WORDS.items()},
    }


def with_rules(plain: Policy, count: int, rows: Sequence[Row]) -> Policy:
    """The last one decides for every ticket; the others ask what many say, and never all of it."""
    said = {name: sorted({row[column] for row in rows}) for name, column in WORDS.items()}
    others = [
        Ruled(
            f"rule {number}",
            {
                **{name: words[number % len(words)] for name, words in said.items()},
                "tags": [f"tag {number}"],
            },
            targets={"any": {"resolution": "1h"}},
        )
        for number in range(count - 1)
    ]
    last = Ruled("all", {"priority": "*"}, targets={"any": {"response": "8h", "resolution": "48h"}})
    return ruled(plain, *others, last)


def microseconds(lives: Sequence[Sequence[dict[str, Any]]], known: Versions) -> float:
    """Of processor time for an update, from the JSON as it was parsed to its event and head."""
    spent, count, at = 0.0, 0, now()
    for items in lives:
        log = Log(identity(items[0]["external_id"]))
        for one in items:
            began = time.process_time()
            log.ingest(submissions([one]), known, at)
            spent += time.process_time() - began
            count += 1
    return spent / count * 1e6


def test_five_hundred_rules_cost_an_update_hardly_more_than_one(
    updates: Path, figures: Figures
) -> None:
    found = tickets(updates)
    lives = [[item(row) for row in rows] for rows in found]
    plain = policies(now()).current
    of_all = [row for rows in found for row in rows]
    few, many = (book(with_rules(plain, count, of_all)) for count in (1, RULES))
    spent: dict[int, list[float]] = {1: [], RULES: []}
    for _ in range(ROUNDS):
        spent[1].append(microseconds(lives, few))
        spent[RULES].append(microseconds(lives, many))
    figures("real updates", len(of_all))
    for count, rounds in spent.items():
        figures(f"microseconds of an update, rules: {count}, the best of {ROUNDS}", min(rounds))
    times = min(spent[RULES]) / min(spent[1])
    figures("times what it costs under one", f"{times:.3f}")
    assert times <= MOST
