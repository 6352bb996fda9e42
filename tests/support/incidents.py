"""Tickets of a real help desk: all that are known where they lie beside the repository, else some.

One row of the log is one observation; its times, of an unnamed zone, are taken as UTC.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from engine.sla.calendar import EPOCH
from engine.sla.policy import Phase, status_key
from engine.sla.statuses import BUILT_IN_STATUSES
from engine.sla.timeline import Observation
from tests.support.timelines import in_order, saw

_ROOT = Path(__file__).parents[2]
ALL = _ROOT.parent / "shared" / "data" / "servicenow_incidents.csv.gz"
UNKNOWN = "?"
TAGS = ("contact_type", "subcategory", "u_symptom")
"""Columns that are taken for tags."""
EXTRACT = _ROOT / "tests" / "data" / "incidents" / "extract.csv"


def tickets(*, every: int) -> dict[str, list[Observation]]:
    """The timelines by number, in order: every so many of all, or the whole extract."""
    return {number: list(observations) for number, observations in _tickets(every).items()}


@cache
def _tickets(every: int) -> dict[str, list[Observation]]:
    """Half a second of reading, which a test asks for once for each policy that it tries."""
    if not ALL.exists():
        with EXTRACT.open(encoding="utf-8") as lines:
            return _timelines(_by_number(lines))
    with gzip.open(ALL, "rt", encoding="utf-8") as lines:
        return _timelines(dict(sorted(_by_number(lines).items())[::every]))


def timelines(file: Path) -> dict[str, list[Observation]]:
    """Of all tickets in a gzipped log, by number."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return _timelines(_by_number(lines))


def _timelines(found: Mapping[str, list[dict[str, str]]]) -> dict[str, list[Observation]]:
    return {number: in_order([_observation(row) for row in rows]) for number, rows in found.items()}


def _by_number(lines: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in csv.DictReader(lines):
        found[row["number"]].append(row)
    return found


def _observation(row: Mapping[str, str]) -> Observation:
    return saw(
        _instant(row["sys_updated_at"]),
        _phase(row["incident_state"]),
        rev=int(row["sys_mod_count"]),
        priority=f"P{int(row['priority'][0]) - 1}",
        created=_instant(row["opened_at"]),
        assigned=_known(row, "assigned_to") is not None,
        team=_known(row, "assignment_group"),
        said={
            "type": _known(row, "category"),
            "organization": _known(row, "location"),
            "tags": [value for name in TAGS if (value := _known(row, name))],
            "extra": {"urgency": _known(row, "urgency")},
        },
    )


def _known(row: Mapping[str, str], column: str) -> str | None:
    """None also where the file leaves the column out."""
    value = row.get(column, UNKNOWN)
    return None if value == UNKNOWN else value


def _phase(state: str) -> Phase | None:
    """None for the odd state -100, which is no status at all."""
    return "paused" if state.startswith("Awaiting") else BUILT_IN_STATUSES.get(status_key(state))


def _instant(local: str) -> int:
    when = datetime.strptime(local, "%d/%m/%Y %H:%M").replace(tzinfo=UTC)
    return (when - EPOCH) // timedelta(microseconds=1)
