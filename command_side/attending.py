"""Deciding about what people say of a ticket: acknowledged, snoozed.

Pure: what is known of one ticket comes in, what is to be appended goes out.
"""

from typing import Any

from command_side.casefile import Casefile
from command_side.encoding import encode
from command_side.event_store import Append
from command_side.ticket import Ticket
from engine.sla.instants import moment


def acknowledge(
    case: Casefile, *, by: str, note: str | None, now: int, correlation_id: str | None
) -> Append:
    """Holds the escalation for as long as the policy says. Needs the stream."""
    fold = case.refold(now)
    until = now + fold.policy.ack_timeout
    case.head.acknowledged = True
    attributes = case.head.attributes
    event = Ticket.Acknowledged(
        **_common(case, now),
        until=moment(until),
        level=case.level(fold, now),
        priority=fold.priority,
        customer_tier=fold.tier,
        external_id=case.head.external_id,
        personal={"by": by, "note": note, "title": attributes.get("title")},
    )
    return _append(case, event, now, correlation_id)


def snooze(
    case: Casefile,
    *,
    until: int,
    by: str,
    reason: str | None,
    now: int,
    correlation_id: str | None,
) -> Append:
    """Nothing is sent before `until`; the last one said counts."""
    case.head.snoozed_until = until
    event = Ticket.Snoozed(
        **_common(case, now), until=moment(until), personal={"by": by, "reason": reason}
    )
    return _append(case, event, now, correlation_id)


def _common(case: Casefile, now: int) -> dict[str, Any]:
    return {
        "originator_id": case.ticket,
        "originator_version": case.version + 1,
        "timestamp": moment(now),
    }


def _append(case: Casefile, event: Ticket.Event, now: int, correlation_id: str | None) -> Append:
    """The next tick finds out when it is really due."""
    return Append(
        case.ticket,
        case.head.source,
        case.head.external_id,
        case.version,
        [encode(event, correlation_id=correlation_id)],
        case.head.dump(),
        moment(now),
    )
