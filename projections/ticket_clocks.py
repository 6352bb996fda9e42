"""FOLD: the cycles of every clock, as decided."""

from collections.abc import Iterator, Sequence

from command_side.deciding.events import DECISIONS, CycleFacts, Facts, Ticket, seconds
from command_side.event_store import Recorded
from projections.protocol import Change, Replace, Row, Table, Upsert, Write


class TicketClocks:
    """One row a cycle."""

    name = "ticket_clocks"
    version = 5
    tables = (Table("ticket_clocks", key=("ticket_id", "clock", "cycle"), parent=("ticket_id",)),)
    once = False

    def rows(self, events: Sequence[Recorded]) -> Iterator[Write]:
        """Facts that name all cycles drop those that are no more."""
        for event in events:
            body = event.body
            if not isinstance(body, DECISIONS):
                if isinstance(body, Ticket.Acknowledged):
                    yield from _acknowledged(event, body)
                continue
            rows = [_row(event, body.facts, cycle) for cycle in body.facts.cycles]
            if rows and event.personal.had:
                had = {(clock, number): name for clock, number, name in event.personal.had}
                for row in rows:
                    row["assigned_to"] = had.get((row["clock"], row["cycle"]))
            if body.facts.all_cycles:
                yield Replace("ticket_clocks", {"ticket_id": event.ticket_id}, rows)
            else:
                for row in rows:
                    yield Upsert("ticket_clocks", row)


def _acknowledged(event: Recorded, body: Ticket.Acknowledged) -> Iterator[Write]:
    for clock, number in body.of:
        key = {"ticket_id": event.ticket_id, "clock": clock, "cycle": number}
        yield Change("ticket_clocks", {**key, "acknowledged_at": event.occurred_at})


def _row(event: Recorded, facts: Facts, cycle: CycleFacts) -> Row:
    # Spelled out: a comprehension over the names takes three times the time.
    return {
        "ticket_id": event.ticket_id,
        "clock": cycle.clock,
        "cycle": cycle.cycle,
        "state": cycle.state,
        "severity": cycle.severity,
        "calendar": cycle.calendar,
        "policy": cycle.policy,
        "started_at": cycle.started_at,
        "stopped_at": cycle.stopped_at,
        "first_stopped_at": cycle.first_stopped_at,
        "target_seconds": None if cycle.target is None else seconds(cycle.target),
        "elapsed_seconds": seconds(cycle.elapsed),
        "counted_at": cycle.counted_at,
        "due_at": cycle.due_at,
        "warning_at": cycle.warning_at,
        "critical_at": cycle.critical_at,
        "breached_at": cycle.breached_at,
        "overdue_from": cycle.overdue_from,
        "uncounted_seconds": seconds(cycle.uncounted),
        "breached_at_unexcused": cycle.breached_at_unexcused,
        "overdue_from_unexcused": cycle.overdue_from_unexcused,
        "resumes_at": cycle.resumes_at,
        "team": cycle.team,
        "rule": cycle.rule,
        "customer_tier": cycle.customer_tier or facts.customer_tier,
        "priority": cycle.priority or facts.priority,
        "organization": cycle.organization,
        "type": cycle.type,
        "assigned_to": None,
        "stood_at": cycle.stood_at,
        "paused_seconds": seconds(cycle.paused),
        "excused_seconds": seconds(cycle.excused),
        "out_of_hours_seconds": seconds(cycle.out_of_hours),
        "acknowledged_at": cycle.acknowledged_at,
    }
