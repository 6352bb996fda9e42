"""Every event, with all that it may say and with as little as it has to."""

from typing import Any

from command_side.deciding import events
from command_side.deciding.events import (
    AlertTold,
    Body,
    Notice,
    Personal,
    Ticket,
    written,
)
from tests.support.formats import Sample
from tests.support.formats.facts import (
    ALL_FACTS,
    DATED_FACTS,
    EXCUSED_FACTS,
    FEW_FACTS,
    LEFT_FACTS,
    PAUSED_FACTS,
    RULED_FACTS,
    STOOD_FACTS,
)
from tests.support.formats.notices import (
    BY_OFFICE_HOURS,
    FOLLOWING,
    KEPT_BACK,
    KEPT_BACK_BY,
    LEAVING,
    NOTICES,
    OF_ONE,
    REMINDED,
    REPEATS,
    RULED,
    SEVERAL,
    SILENCED,
    TELL,
    TOLD_EXCUSED,
    TURNED,
)
from tests.support.formats.on_call import NAMED
from tests.support.formats.others import MINUTE, NINE, OTHERS
from tests.support.formats.unmuted import UNMUTED

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
    "assigned": None,
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
        Ticket.Opened(
            source="zendesk",
            external_id="TICKET-001",
            given={"team": "billing", "organization": None, "type": "incident"},
            facts=FEW_FACTS,
            policy=0,
            assigned=True,
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
        Ticket.Observed(given={"team": None}, facts=FEW_FACTS, policy=0, assigned=False),
        Ticket.Observed(given={}, facts=LEFT_FACTS, policy=0),
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
        Ticket.AlertRaised(**RAISED, **NOBODY, **RULED, severity="warning", remaining=1),
        Ticket.AlertRaised(**RAISED, **WHOM, severity="warning", remaining=1, tell=TELL),
        Ticket.AlertRaised(**RAISED, **WHOM, severity="warning", remaining=1, repeats=REPEATS),
        Ticket.AlertRaised(**RAISED, **SILENCED, severity="warning", remaining=1),
        Ticket.AlertRaised(**RAISED, **WHOM, severity="warning", remaining=1, repeats=SEVERAL),
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
        Ticket.Escalated(
            **RAISED,
            **NOBODY,
            **RULED,
            level=1,
            level_name="1",
            severity="compliant",
            remaining=0,
        ),
        Ticket.Escalated(
            **RAISED,
            **WHOM,
            level=1,
            level_name="1",
            severity="compliant",
            remaining=0,
            tell=TELL,
        ),
        Ticket.Escalated(
            **RAISED,
            **WHOM,
            level=1,
            level_name="1",
            severity="compliant",
            remaining=0,
            repeats=REPEATS,
        ),
        Ticket.Escalated(**RAISED, **SILENCED, **OF_ONE, severity="warning", remaining=0),
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
        Ticket.Retracted(
            **RAISED,
            to=("slack",),
            notices=(Notice(to=("slack",), alerts=(TOLD_EXCUSED,)),),
            milestone="warning",
            reason="it is excused",
            because="excused",
        ),
        Ticket.Retracted(**RAISED, **NOBODY, **RULED, milestone="critical", reason="late"),
        Ticket.Retracted(**RAISED, notices=(NAMED,), milestone="warning", reason="late"),
        Ticket.Retracted(**RAISED, notices=(LEAVING,), milestone="warning", reason="late"),
    ),
    "ticket.unmuted.v1": UNMUTED,
    "ticket.informed.v1": (
        Ticket.Informed(
            source="zendesk",
            external_id="TICKET-001",
            priority="P1",
            customer_tier="enterprise",
            status="In Progress",
            policy=5,
            notices=(Notice(to=("slack",), alerts=FOLLOWING),),
            **RULED,
        ),
        Ticket.Informed(
            source="default",
            external_id="größe/1",
            priority="P4",
            customer_tier="standard",
            status="open",
            policy=1,
            notices=(Notice(to=("slack",), alerts=(TURNED,)),),
        ),
        Ticket.Informed(
            source="zendesk",
            external_id="TICKET-001",
            priority="P1",
            customer_tier="enterprise",
            status="In Progress",
            policy=5,
            notices=(Notice(to=("slack",), alerts=(BY_OFFICE_HOURS,)),),
        ),
        Ticket.Informed(
            source="default",
            external_id="größe/1",
            priority="P4",
            customer_tier="standard",
            status="open",
            policy=1,
            notices=(Notice(to=("slack",), alerts=(REMINDED,)),),
        ),
    ),
    "ticket.not_reminded.v1": (
        Ticket.NotReminded(reminders=KEPT_BACK),
        Ticket.NotReminded(reminders=KEPT_BACK_BY),
    ),
    "ticket.acknowledged.v1": (
        Ticket.Acknowledged(
            until=NINE + 90 * MINUTE,
            level=2,
            priority="P1",
            customer_tier="enterprise",
            external_id="TICKET-001",
        ),
        Ticket.Acknowledged(
            until=NINE + 90 * MINUTE,
            level=2,
            priority="P1",
            customer_tier="enterprise",
            external_id="TICKET-001",
            of=(("response", 1), ("resolution", 2)),
        ),
    ),
    "ticket.snoozed.v1": (Ticket.Snoozed(until=NINE + 30 * MINUTE),),
    "ticket.retargeted.v1": (Ticket.Retargeted(previous_policy=2, policy=3, facts=ALL_FACTS),),
    "ticket.moved.v1": (
        Ticket.Moved(policy=3, facts=ALL_FACTS, current=CURRENT),
        Ticket.Moved(policy=3, facts=FEW_FACTS, current=None),
        Ticket.Moved(policy=3, facts=PAUSED_FACTS, current=None, resumed=("resolution",)),
        Ticket.Moved(policy=3, facts=DATED_FACTS),
        Ticket.Moved(policy=3, facts=RULED_FACTS),
        Ticket.Moved(policy=3, facts=STOOD_FACTS),
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
    "decided": Personal(had=(("response", 1, "john.doe"), ("resolution", 2, "Größe"))),
    "observation": Personal(
        given={"title": "Größe", "description": None, "assigned_to": "john.doe"},
        current={"title": "Size", "updated_by": "jane.roe"},
        salt=bytes(range(16)),
    ),
    "command": Personal(by="jane.roe", note="on it", title="Size", assigned_to="john.doe"),
    "reason": Personal(by="jane.roe", reason="lunch"),
    "through": Personal(by="jane.roe", through="token:grafana", reason="lunch"),
    "nothing": Personal(
        given=None,
        current=None,
        title=None,
        assigned_to=None,
        salt=None,
        by=None,
        through=None,
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
