"""Every event, with all that it may say and with as little as it has to."""

from typing import Any

from msgspec.structs import replace

from command_side.deciding import events
from command_side.deciding.events import (
    AlertTold,
    Body,
    CycleFacts,
    Facts,
    Notice,
    Personal,
    Ticket,
    Told,
    ToldAfterAll,
    written,
)
from tests.support.formats import Sample
from tests.support.formats.others import MINUTE, NINE, OTHERS

# Each number is another one: two that change places show. Where the bytes leave a member out, its
# value is spelled here all the same: a default that changes would change what old bytes say.
RUNNING = CycleFacts(
    clock="resolution",
    cycle=2,
    state="running",
    severity="warning",
    calendar="office",
    policy=3,
    started_at=NINE + 1 * MINUTE,
    counted_at=NINE + 2 * MINUTE,
    elapsed=1 * MINUTE,
    target=60 * MINUTE,
    stopped_at=NINE + 3 * MINUTE,
    first_stopped_at=NINE + 4 * MINUTE,
    due_at=NINE + 61 * MINUTE,
    warning_at=NINE + 52 * MINUTE,
    critical_at=NINE + 58 * MINUTE,
    breached_at=NINE + 62 * MINUTE,
    overdue_from=NINE + 63 * MINUTE,
)
UNTRACKED = CycleFacts(
    clock="response",
    cycle=1,
    state="met",
    severity="compliant",
    calendar="24x7",
    policy=1,
    started_at=NINE,
    counted_at=NINE + MINUTE,
    elapsed=30_000_001,
    target=None,
    stopped_at=None,
    first_stopped_at=None,
    due_at=None,
    warning_at=None,
    critical_at=None,
    breached_at=None,
    overdue_from=None,
    uncounted=0,
    breached_at_unexcused=None,
    overdue_from_unexcused=None,
)
EXCUSED = CycleFacts(
    clock="resolution",
    cycle=1,
    state="met",
    severity="compliant",
    calendar="24x7",
    policy=1,
    started_at=NINE,
    counted_at=NINE + MINUTE,
    elapsed=2 * MINUTE,
    uncounted=3 * MINUTE,
    breached_at_unexcused=NINE + 4 * MINUTE,
    overdue_from_unexcused=NINE + 5 * MINUTE,
)
ALL_FACTS = Facts(
    at=NINE + 5 * MINUTE,
    status="In Progress",
    phase="active",
    priority="P1",
    customer_tier="enterprise",
    created_at=NINE - 10 * MINUTE,
    newest_at=NINE + 4 * MINUTE,
    observations=7,
    policy=3,
    state="warning",
    late=2,
    warning_at=NINE + 52 * MINUTE,
    critical_at=NINE + 58 * MINUTE,
    breached_at=NINE + 61 * MINUTE + 1,
    due_at=NINE + 61 * MINUTE,
    level=1,
    cycles=(RUNNING, UNTRACKED),
    all_cycles=True,
)
FEW_FACTS = Facts(
    at=NINE,
    status="open",
    phase="waiting",
    priority="P4",
    customer_tier="standard",
    created_at=NINE - 1,
    newest_at=NINE + 1,
    observations=1,
    policy=0,
    state="untracked",
    late=0,
    warning_at=None,
    critical_at=None,
    breached_at=None,
    due_at=None,
    level=0,
    cycles=(),
    all_cycles=False,
    excuses=0,
)
EXCUSED_FACTS = Facts(
    at=NINE,
    status="resolved",
    phase="done",
    priority="P4",
    customer_tier="standard",
    created_at=NINE - 1,
    newest_at=NINE + 1,
    observations=1,
    policy=1,
    state="compliant",
    cycles=(EXCUSED,),
    all_cycles=True,
    excuses=7,
)
PAUSED_FACTS = replace(
    FEW_FACTS,
    resumes_at=NINE + 64 * MINUTE,
    cycles=(replace(RUNNING, resumes_at=NINE + 65 * MINUTE),),
)
TOLD = Told(
    type="escalation",
    alert_id="4f1c:resolution:2:level:2:0",
    clock="resolution",
    cycle=2,
    generation=1,
    milestone="level:2",
    escalation_level=2,
    occurred_at=NINE + 20 * MINUTE,
    raised_at=NINE + 21 * MINUTE,
    severity="warning",
    level_name="Manager notified",
    due_at=NINE + 61 * MINUTE,
    remaining=39 * MINUTE + 1_500,
    reason="it was reopened",
    muted="snoozed",
)
TOLD_IN_SHORT = Told(
    type="retracted",
    alert_id="4f1c:resolution:2:warning:0",
    clock="resolution",
    cycle=2,
    generation=0,
    milestone="warning",
    escalation_level=0,
    occurred_at=NINE + 22 * MINUTE,
    raised_at=NINE + 23 * MINUTE,
    severity=None,
    level_name=None,
    due_at=None,
    remaining=None,
    reason=None,
    muted=None,
)
NOTICES = (Notice(to=("slack", "Überwachung"), alerts=(TOLD, TOLD_IN_SHORT)),)
# What a source says is kept as it came: any JSON.
GIVEN: dict[str, Any] = {
    "priority": "P1",
    "customer_tier": "enterprise",
    "status": "In Progress",
    "tags": ["emea", "größer"],
    "extra": {"big": 2**70, "nested": {"b": None, "a": [1, 1.5, -0.0, 1e22, True]}},
}
MOMENTS = {"created_at": NINE - 10 * MINUTE, "last_agent_reply_at": NINE + 3 * MINUTE}
CURRENT: dict[str, Any] = {"priority": "P0", "tags": None}
RAISED: dict[str, Any] = {
    "alert_id": "4f1c:resolution:2:warning:0",
    "source": "zendesk",
    "external_id": "TICKET-001",
    "clock": "resolution",
    "cycle": 2,
    "cycle_started_at": NINE + 1 * MINUTE,
    "generation": 1,
    "ordinal": 3,
    "raised_at": NINE + 53 * MINUTE,
    "escalation_level": 4,
    "priority": "P1",
    "customer_tier": "enterprise",
    "status": "In Progress",
    "policy": 5,
}
"""What all milestones have in common."""
WHOM: dict[str, Any] = {"to": ("slack", "pager"), "notices": NOTICES}
NOBODY: dict[str, Any] = {"to": (), "notices": ()}
NOTHING_ELSE: dict[str, Any] = {
    "revision": 0,
    "phase": None,
    "moments": None,
    "late": False,
    "current": None,
}
"""Of an observation."""

BODIES: dict[str, tuple[Body, ...]] = {
    "ticket.opened.v1": (
        Ticket.Opened(
            source="zendesk",
            external_id="TICKET-001",
            given=GIVEN,
            facts=ALL_FACTS,
            policy=3,
            revision=4,
            phase="active",
            moments=MOMENTS,
            late=True,
            current=CURRENT,
        ),
        Ticket.Opened(
            source="default",
            external_id="größe/1",
            given={},
            facts=FEW_FACTS,
            policy=0,
            **NOTHING_ELSE,
        ),
    ),
    "ticket.observed.v1": (
        Ticket.Observed(
            given=GIVEN,
            facts=ALL_FACTS,
            policy=3,
            revision=4,
            phase="active",
            moments=MOMENTS,
            late=True,
            current=CURRENT,
        ),
        Ticket.Observed(given={}, facts=FEW_FACTS, policy=0, **NOTHING_ELSE),
    ),
    "ticket.conflicted.v1": (
        Ticket.Conflicted(given=GIVEN, revision=4, moments=MOMENTS),
        Ticket.Conflicted(given={}, revision=0, moments=None),
    ),
    "ticket.alert_raised.v1": (
        Ticket.AlertRaised(
            **RAISED,
            **WHOM,
            severity="warning",
            remaining=9 * MINUTE,
            due_at=NINE + 61 * MINUTE,
            suppressed="silenced",
        ),
        Ticket.AlertRaised(
            **RAISED, **NOBODY, severity="breached", remaining=-1, due_at=None, suppressed=None
        ),
    ),
    "ticket.escalated.v1": (
        Ticket.Escalated(
            **RAISED,
            **WHOM,
            level=2,
            level_name="Manager notified",
            severity="warning",
            remaining=9 * MINUTE,
            due_at=NINE + 61 * MINUTE,
            suppressed="acknowledged",
        ),
        Ticket.Escalated(
            **RAISED,
            **NOBODY,
            level=9,
            level_name="9",
            severity="compliant",
            remaining=0,
            due_at=None,
            suppressed=None,
        ),
    ),
    "ticket.retracted.v1": (
        Ticket.Retracted(
            **RAISED, **WHOM, milestone="level:2", reason="it was resolved before", because=None
        ),
        Ticket.Retracted(**RAISED, **NOBODY, milestone="warning", reason=""),
        Ticket.Retracted(**RAISED, **NOBODY, milestone="warning", reason="", suppressed="backfill"),
        Ticket.Retracted(
            **RAISED, **NOBODY, milestone="critical", reason="it is excused", because="excused"
        ),
    ),
    "ticket.unmuted.v1": (
        Ticket.Unmuted(
            source="zendesk",
            external_id="TICKET-001",
            alerts=(
                ToldAfterAll(
                    clock="resolution",
                    milestone="warning",
                    alert_id="4f1c:resolution:2:warning:0",
                    type="alert",
                    to=("slack",),
                ),
            ),
            escalation_level=4,
            priority="P1",
            customer_tier="enterprise",
            status="In Progress",
            policy=5,
            notices=NOTICES,
        ),
        Ticket.Unmuted(
            source="zendesk",
            external_id="TICKET-001",
            alerts=(),
            escalation_level=0,
            priority="P4",
            customer_tier="standard",
            status="open",
            policy=1,
            notices=(),
        ),
    ),
    "ticket.acknowledged.v1": (
        Ticket.Acknowledged(
            until=NINE + 90 * MINUTE,
            level=2,
            priority="P1",
            customer_tier="enterprise",
            external_id="TICKET-001",
        ),
    ),
    "ticket.snoozed.v1": (Ticket.Snoozed(until=NINE + 30 * MINUTE),),
    "ticket.retargeted.v1": (Ticket.Retargeted(previous_policy=2, policy=3, facts=ALL_FACTS),),
    "ticket.moved.v1": (
        Ticket.Moved(policy=3, facts=ALL_FACTS, current=CURRENT),
        Ticket.Moved(policy=3, facts=FEW_FACTS, current=None),
        Ticket.Moved(policy=3, facts=PAUSED_FACTS, current=None, resumed=("resolution",)),
    ),
    "ticket.delivered.v1": (
        Ticket.Delivered(
            alerts=(AlertTold(type="alert", alert_id="4f1c:resolution:2:warning:0"),),
            channel="slack",
            dedup_key="4f1c:resolution:2:warning:0:alert:slack",
            delivered_at=NINE + 54 * MINUTE,
            attempts=3,
        ),
    ),
    "ticket.excused.v1": (Ticket.Excused(previous_excuses=6, facts=EXCUSED_FACTS),),
    **OTHERS,
}
PERSONAL = {
    "observation": Personal(
        given={"title": "Größe", "description": None, "assigned_to": "john.doe"},
        current={"title": "Size", "updated_by": "jane.roe"},
        salt=bytes(range(16)),
    ),
    "command": Personal(by="jane.roe", note="on it", title="Size", assigned_to="john.doe"),
    "reason": Personal(by="jane.roe", reason="lunch"),
    "nothing": Personal(
        given=None,
        current=None,
        title=None,
        assigned_to=None,
        salt=None,
        by=None,
        note=None,
        reason=None,
    ),
}


def _body(topic: str, number: int, body: Body) -> Sample:
    return Sample(f"events/{topic}.{number}.json", body, written, lambda b: events.read(topic, b))


SAMPLES = (
    *(_body(topic, n, body) for topic, bodies in BODIES.items() for n, body in enumerate(bodies)),
    *(
        Sample(f"personal/{name}.json", value, written, events.read_personal)
        for name, value in PERSONAL.items()
    ),
)
