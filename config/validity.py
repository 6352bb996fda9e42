"""Builds from when to when a rule or a tier holds: local dates become instants."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from config.findings import Findings
from config.problems import KeyPath
from config.schema import Valid
from engine.sla.instants import micros
from engine.sla.rules import Validity


def valid(block: Valid, zone: str, path: KeyPath, findings: Findings) -> Validity:
    """`zone` is that of the calendar by which it is counted."""
    if block.start is None and block.until is None:
        findings.refuse(path, "needs a date: from, until, or both")
    if block.start is not None and block.until is not None and block.until < block.start:
        findings.refuse((*path, "until"), f"comes before {block.start}: nothing is ever valid")
    parts = [
        f"{word} {day}"
        for word, day in (("from", block.start), ("until", block.until))
        if day is not None
    ]
    return Validity(
        None if block.start is None else _midnight(block.start, zone),
        # The last day belongs to it.
        None if block.until is None else _midnight(block.until + timedelta(days=1), zone),
        block.by == "time",
        " ".join(parts),
    )


def _midnight(day: date, zone: str) -> int:
    return micros(datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC))
