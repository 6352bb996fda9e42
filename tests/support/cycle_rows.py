"""The rows of cycles that a stream becomes, as the projector writes them."""

from collections.abc import Sequence
from typing import Any

from command_side.event_store import Recorded
from projections.protocol import Change, Replace, Upsert
from projections.ticket_clocks import TicketClocks
from tests.support.log_in_memory import Log

Row = dict[str, Any]


def rows(stream: Sequence[Recorded]) -> dict[tuple[str, int], Row]:
    """By clock and number."""
    found: dict[tuple[str, int], Row] = {}
    for write in TicketClocks().rows(stream):
        match write:
            case Replace():
                found = {_key(row): dict(row) for row in write.rows}
            case Upsert():
                found[_key(write.row)] = {**found.get(_key(write.row), {}), **write.row}
            case Change():
                if _key(write.row) in found:
                    found[_key(write.row)] |= write.row
            case _:
                raise AssertionError(write)
    return found


def _key(row: Row) -> tuple[str, int]:
    return row["clock"], row["cycle"]


def holder(log: Log) -> tuple[str | None, str | None]:
    """Of the ticket now: its type and who has it, as the board shows."""
    said = log.head.attributes
    return said.get("type"), said.get("assigned_to")


def stands(log: Log, clock: str = "resolution", number: int = 1) -> dict[str, Any]:
    """What a cycle counts under, as reports read it."""
    row = rows(log.stream)[clock, number]
    now = dict(zip(("type", "assigned_to"), holder(log), strict=True))
    if row["stood_at"] is None:
        row |= now
    names = ("rule", "team", "type", "customer_tier", "priority", "organization", "assigned_to")
    return {name: row[name] for name in (*names, "policy")}
