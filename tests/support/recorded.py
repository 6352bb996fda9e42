"""Ticket events for tests of what is downstream of the log: built by hand, appended for real."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from command_side.deciding.events import Personal, Ticket, ticket_id, written
from command_side.event_store import Append, NewEvent, append
from tests.support.bodies import bytes_of

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
SOURCE = "zendesk"


def at(minutes: float) -> datetime:
    """That many minutes after nine o'clock."""
    return NINE + timedelta(minutes=minutes)


def text(instant: datetime | None) -> str | None:
    """As events spell instants."""
    return None if instant is None else instant.isoformat().replace("+00:00", "Z")


def cycle(**changes: Any) -> dict[str, Any]:
    """The facts of a running resolution clock of one hour, begun at nine."""
    return {
        "clock": "resolution",
        "cycle": 1,
        "state": "running",
        "severity": "compliant",
        "calendar": "24x7",
        "policy": 1,
        "started_at": text(NINE),
        "stopped_at": None,
        "first_stopped_at": None,
        "target_seconds": 3600.0,
        "elapsed_seconds": 0.0,
        "counted_at": text(NINE),
        "due_at": text(at(60)),
        "warning_at": text(at(51)),
        "critical_at": text(at(57)),
        "breached_at": text(at(60)),
        "overdue_from": text(at(60)),
        **changes,
    }


def facts(**changes: Any) -> dict[str, Any]:
    """A ticket due at ten, with warning at 9:51 and critical at 9:57."""
    return {
        "at": text(NINE),
        "status": "open",
        "phase": "waiting",
        "priority": "P1",
        "customer_tier": "enterprise",
        "created_at": text(NINE),
        "newest_at": text(NINE),
        "observations": 1,
        "late": 0,
        "policy": 1,
        "state": "compliant",
        "warning_at": text(at(51)),
        "critical_at": text(at(57)),
        "breached_at": text(at(60) + timedelta(microseconds=1)),
        "due_at": text(at(60)),
        "level": 0,
        "cycles": [cycle()],
        "all_cycles": False,
        **changes,
    }


def _event(
    topic: str,
    when: datetime,
    body: Mapping[str, Any],
    personal: Mapping[str, Any] | None,
    *,
    revision: int | None = None,
) -> NewEvent:
    return NewEvent(
        topic=topic,
        state=bytes_of(topic, dict(body)),
        personal=None if personal is None else written(Personal(**personal)),
        occurred_at=when,
        observed_at=when if revision is not None else None,
        revision=revision,
        content_hash=b"x" * 32 if revision is not None else None,
        correlation_id="test",
    )


def opened(
    external_id: str,
    when: datetime = NINE,
    *,
    source: str = SOURCE,
    said: Mapping[str, Any] | None = None,
    **changes: Any,
) -> NewEvent:
    """`said` comes with what every ticket says; `changes` are facts."""
    given: dict[str, Any] = {"status": "open", "priority": "P1", "customer_tier": "enterprise"}
    given |= {"tags": ["emea"], **(said or {})}
    personal = {"title": f"Outage {external_id}", "description": "down", "assigned_to": "john.doe"}
    body = {
        "source": source,
        "external_id": external_id,
        "revision": 0,
        "phase": "waiting",
        "policy": 1,
        "given": given,
        "facts": facts(all_cycles=True, **changes),
        "late": False,
        "current": None,
    }
    return _event(
        Ticket.Opened.TOPIC, when, body, {"given": {**personal, "updated_by": "jane"}}, revision=0
    )


def observed(
    when: datetime,
    given: Mapping[str, Any],
    personal: Mapping[str, Any] | None = None,
    *,
    phase: str | None = None,
    late: bool = False,
    current: Mapping[str, Any] | None = None,
    personal_current: Mapping[str, Any] | None = None,
    revision: int = 0,
    **changes: Any,
) -> NewEvent:
    """`changes` are facts."""
    body = {
        "revision": revision,
        "phase": phase,
        "policy": 1,
        "given": given,
        "late": late,
        "current": current,
        "facts": facts(**{"newest_at": text(max(when, NINE)), **changes}),
    }
    private: dict[str, Any] = {"given": personal or {}}
    if current is not None:
        private["current"] = personal_current or {}
    return _event(Ticket.Observed.TOPIC, when, body, private, revision=revision)


def moved(
    when: datetime,
    current: Mapping[str, Any] | None = None,
    personal_current: Mapping[str, Any] | None = None,
    **changes: Any,
) -> NewEvent:
    """`changes` are facts."""
    body = {"policy": 1, "facts": facts(**changes), "current": current}
    return _event(Ticket.Moved.TOPIC, when, body, {"current": personal_current or {}})


def _milestone(external_id: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "alert_id": f"{external_id}-resolution-warning",
        "source": SOURCE,
        "external_id": external_id,
        "clock": "resolution",
        "cycle": 1,
        "cycle_started_at": text(NINE),
        "generation": 0,
        "ordinal": 0,
        "raised_at": text(at(51)),
        "priority": "P1",
        "customer_tier": "enterprise",
        "status": "open",
        "policy": 1,
        "to": ["slack"],
        **changes,
    }


def raised(external_id: str, when: datetime | None = None, **changes: Any) -> NewEvent:
    """A warning, unless `changes` say otherwise."""
    body = {
        "severity": "warning",
        "due_at": text(at(60)),
        "remaining_seconds": 540.0,
        "escalation_level": 1,
        "suppressed": None,
        **_milestone(external_id, changes),
    }
    personal = {"title": f"Outage {external_id}", "assigned_to": "john.doe"}
    return _event(Ticket.AlertRaised.TOPIC, when or at(51), body, personal)


def retracted(external_id: str, **changes: Any) -> NewEvent:
    """The withdrawal of `raised`."""
    body = {
        "milestone": "warning",
        "escalation_level": 0,
        "reason": "it was resolved before",
        **_milestone(external_id, changes),
    }
    personal = {"title": f"Outage {external_id}", "assigned_to": None}
    return _event(Ticket.Retracted.TOPIC, at(52), body, personal)


def escalated(external_id: str, level: int, when: datetime, **changes: Any) -> NewEvent:
    """A rung of the ladder."""
    body = {
        "level": level,
        "level_name": f"Level {level}",
        "escalation_level": level,
        "severity": "compliant",
        "due_at": text(at(60)),
        "remaining_seconds": 540.0,
        "suppressed": None,
        **_milestone(external_id, {"alert_id": f"{external_id}-level-{level}", **changes}),
    }
    personal = {"title": f"Outage {external_id}", "assigned_to": "john.doe"}
    return _event(Ticket.Escalated.TOPIC, when, body, personal)


def delivered(external_id: str, when: datetime, kind: str = "alert", **changes: Any) -> NewEvent:
    """A channel took the message about `raised`."""
    alert_id = changes.get("alert_id", f"{external_id}-resolution-warning")
    body = {
        "alerts": [{"type": kind, "alert_id": alert_id}],
        "channel": (channel := changes.get("channel", "slack")),
        "dedup_key": f"{alert_id}:{kind}:{channel}",
        "delivered_at": text(when),
        "attempts": 1,
    }
    return _event(Ticket.Delivered.TOPIC, when, body, None)


def acknowledged(external_id: str, when: datetime) -> NewEvent:
    """By jane, for an hour."""
    body = {
        "until": text(when + timedelta(hours=1)),
        "level": 1,
        "priority": "P1",
        "customer_tier": "enterprise",
        "external_id": external_id,
    }
    return _event(
        Ticket.Acknowledged.TOPIC, when, body, {"by": "jane", "note": "on it", "title": "Outage"}
    )


def plain(
    topic: str, body: Mapping[str, Any], personal: Mapping[str, Any] | None = None
) -> NewEvent:
    """Any other event, at nine."""
    return _event(topic, NINE, body, personal)


async def write(
    conn: AsyncConnection[Any],
    external_id: str,
    events: Sequence[NewEvent],
    *,
    source: str = SOURCE,
    now: datetime = NINE,
) -> tuple[UUID, int]:
    """Append and commit; the ticket's id and the last position."""
    ticket = ticket_id(source, external_id)
    for event in events:
        if event.topic == Ticket.Conflicted.TOPIC:
            event.content_hash = b"y" * 32
    outcomes = await append(
        conn,
        [Append(ticket, source, external_id, None, list(events), b"{}", None)],
        now=now,
    )
    await conn.commit()
    position = outcomes[0].position
    if position is None:
        raise AssertionError("nothing was appended")
    return ticket, position
