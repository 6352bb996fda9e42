"""FOLD: the board, one row a ticket."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from command_side.deciding.events import Facts, Milestone, Observation, Personal, Ticket
from command_side.event_store import Recorded
from engine.sla.instants import micros
from projections.protocol import Change, Row, Table, Upsert, Write

KEPT_WHEN_NULL = ("title", "updated_by", "type")
CLEARED_BY_NULL = ("description", "assigned_to", "tags", "team", "organization")


class Tickets:
    """Copies each event's facts, and the attributes that it names."""

    name = "tickets"
    version = 4
    tables = (Table("tickets", key=("ticket_id",)),)
    once = False

    def rows(self, events: Sequence[Recorded]) -> Iterator[Write]:
        """Events after the first only change a row: without its opening a ticket is not shown."""
        for event in events:
            body = event.body
            if isinstance(body, Observation):
                row = _row(event, body.facts)
                if isinstance(body, Ticket.Opened):
                    row |= _attributes(body, event.personal)
                    row["source"] = body.source
                    row["external_id"] = body.external_id
                    yield Upsert("tickets", row)
                else:
                    if body.current is not None or _in_effect(event, body.facts):
                        row |= _attributes(body, event.personal)
                    yield Change("tickets", row)
            elif isinstance(body, Ticket.Moved):
                row = _row(event, body.facts)
                if body.current is not None:
                    row |= _folded(body.current, event.personal)
                yield Change("tickets", row)
            elif isinstance(body, Ticket.Retargeted | Ticket.Excused):
                yield Change("tickets", _row(event, body.facts))
            elif isinstance(body, Milestone):
                level = {"ticket_id": event.ticket_id, "level": body.escalation_level}
                yield Change("tickets", {**level, "position": event.position})
            elif isinstance(body, Ticket.Acknowledged):
                yield Change(
                    "tickets",
                    {
                        "ticket_id": event.ticket_id,
                        "acknowledged_at": event.occurred_at,
                        "acknowledged_by": event.personal.by,
                        "acknowledged_until": body.until,
                        "position": event.position,
                    },
                )
            elif isinstance(body, Ticket.Snoozed):
                yield Change(
                    "tickets",
                    {
                        "ticket_id": event.ticket_id,
                        "snoozed_until": body.until,
                        "position": event.position,
                    },
                )


def _row(event: Recorded, facts: Facts) -> Row:
    # Spelled out: a comprehension over the names takes three times the time.
    return {
        "ticket_id": event.ticket_id,
        "status": facts.status,
        "phase": facts.phase,
        "priority": facts.priority,
        "customer_tier": facts.customer_tier,
        "created_at": facts.created_at,
        "newest_at": facts.newest_at,
        "observations": facts.observations,
        "late": facts.late,
        "policy": facts.policy,
        "state": facts.state,
        "warning_at": facts.warning_at,
        "critical_at": facts.critical_at,
        "breached_at": facts.breached_at,
        "due_at": facts.due_at,
        "resumes_at": facts.resumes_at,
        "rule": facts.rule,
        "on_purpose": facts.on_purpose,
        "level": facts.level,
        "position": event.position,
    }


def _in_effect(event: Recorded, facts: Facts) -> bool:
    """An observation dated ahead waits for its instant, which a `Moved` then tells of."""
    return micros(event.occurred_at) <= facts.newest_at


def _attributes(body: Observation, personal: Personal) -> Row:
    """What an observation says about columns that no fact covers.

    A late one carries all attributes as folded after it; any other those that it names."""
    if body.current is not None:
        return _folded(body.current, personal)
    given: Row = {**body.given, **(personal.given or {})}
    row = {name: given[name] for name in KEPT_WHEN_NULL if given.get(name) is not None}
    row |= {name: given[name] for name in CLEARED_BY_NULL if name in given}
    return _as_shown(row)


def _folded(current: Mapping[str, Any], personal: Personal) -> Row:
    folded: Row = {**current, **(personal.current or {})}
    return _as_shown({name: folded.get(name) for name in KEPT_WHEN_NULL + CLEARED_BY_NULL})


def _as_shown(row: Row) -> Row:
    if "tags" in row and row["tags"] is None:
        row["tags"] = []
    if row.get("assigned_to") == "":  # as it was kept before an empty name was nobody's
        row["assigned_to"] = None
    return row
