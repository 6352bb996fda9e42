"""Tickets of the real log as items to post, moved by whole days to where a test wants them.

Half of them are as they were: closed. The others are cut off before they were first resolved: they
are open. Where the log has too few, some come again under another name.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any, NamedTuple

DONE = ("Resolved", "Closed")
NO_STATUS = "-100"
DAY = timedelta(days=1)


class Row(NamedTuple):
    """One update; in order as they happened."""

    at: datetime
    revision: int
    status: str
    priority: str
    created_at: datetime
    about: str


@dataclass(frozen=True)
class RealTicket:
    """One ticket as it is posted."""

    name: str
    rows: Sequence[Row]

    @property
    def created_at(self) -> datetime:
        return self.rows[0].created_at

    @property
    def done_at(self) -> datetime | None:
        """Since when it has been; None: it is open."""
        since: datetime | None = None
        for row in self.rows:
            if row.status not in DONE:
                since = None
            elif since is None:
                since = row.at
        return None if since is None else max(since, self.created_at)

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """Whether some of its time to a solution lies there."""
        return max(self.created_at, start) < min(self.done_at or end, end)

    def moved(self, by: timedelta, until: datetime) -> "RealTicket":
        """Later by that much, without what would be after `until`."""
        rows = [
            row._replace(at=row.at + by, created_at=row.created_at + by)
            for row in self.rows
            if row.at + by < until
        ]
        return RealTicket(self.name, rows)

    def items(self, tier: str) -> Iterator[dict[str, Any]]:
        for row in self.rows:
            yield {
                "external_id": self.name,
                "title": row.about,
                "status": row.status,
                "priority": row.priority,
                "customer_tier": tier,
                "created_at": row.created_at.isoformat(),
                "updated_at": row.at.isoformat(),
                "revision": row.revision,
            }


def closed(
    file: Path, count: int, day: Callable[[int], datetime], until: datetime
) -> list[RealTicket]:
    """Resolved for good on a day of each, known up to an instant; `day` is its midnight."""
    lives = [rows for rows in _lives(file) if rows[-1].status in DONE]
    found: list[RealTicket] = []
    for number, ticket in enumerate(_as_often_as_it_takes(lives, "closed", count)):
        done_at = ticket.done_at
        assert done_at is not None
        by = timedelta(days=(day(number).date() - done_at.date()).days)
        found.append(ticket.moved(by, until))
    return found


def still_open(
    file: Path, count: int, day: Callable[[int], datetime], until: datetime
) -> list[RealTicket]:
    """Created on a day of each, known up to an instant, and not resolved by then."""
    lives = [cut for rows in _lives(file) if (cut := _before_done(rows))]
    found: list[RealTicket] = []
    for number, ticket in enumerate(_as_often_as_it_takes(lives, "open", 3 * count)):
        by = timedelta(days=(day(number).date() - ticket.created_at.date()).days)
        moved = ticket.moved(by, until)
        if moved.rows and len(found) < count:
            found.append(moved)
    return found


def _as_often_as_it_takes(
    lives: Sequence[Sequence[Row]], kind: str, count: int
) -> Iterator[RealTicket]:
    for number, rows in enumerate(islice(cycle(lives), count)):
        yield RealTicket(f"{kind} {number}", rows)


def _before_done(rows: Sequence[Row]) -> list[Row]:
    first = next((n for n, row in enumerate(rows) if row.status in DONE), len(rows))
    return list(rows[:first])


def _lives(file: Path) -> list[list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["incident_state"] != NO_STATUS:
                found[row["number"]].append(_row(row))
    return [sorted(rows) for _, rows in sorted(found.items())]


def _row(row: dict[str, str]) -> Row:
    return Row(
        instant(row["sys_updated_at"]),
        int(row["sys_mod_count"]),
        row["incident_state"],
        f"P{int(row['priority'][0]) - 1}",
        instant(row["opened_at"]),
        f"{row['category']}, {row['subcategory']}",
    )


def instant(local: str) -> datetime:
    return datetime.strptime(local, "%d/%m/%Y %H:%M").replace(tzinfo=UTC)
