"""What goes out of the house: rows of the outbox, a webhook's requests, messages of the streams."""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import httpx

from command_side.deciding.events import Body, Personal, written
from command_side.event_store import Recorded
from engine.notify.message import Delivered, Message, Notice
from engine.notify.signing import signer
from engine.notify.webhook import SCHEMA_VERSION, Webhook
from engine.sla.instants import moment
from projections.alerts import Alerts
from projections.outbox import Outbox
from projections.protocol import Upsert
from query_side import messages
from tests.support.formats import Sample
from tests.support.formats.events import BODIES, MINUTE, NINE, PERSONAL
from tests.support.web import answering

TICKET = UUID("4f1c1d5e-3c7e-5c6b-9f43-0a2f1b6c7d8e")


def recorded(topic: str, body: Body, personal: Personal | None) -> Recorded:
    return Recorded(
        position=12,
        ticket_id=TICKET,
        version=3,
        topic=topic,
        state=written(body),
        said=None if personal is None else written(personal),
        occurred_at=moment(NINE + 53 * MINUTE),
        recorded_at=moment(NINE + 54 * MINUTE),
        correlation_id=None,
    )


# The outbox. Its bodies are jsonb: the order of their members is PostgreSQL's.
EXCUSED = recorded("ticket.retracted.v1", BODIES["ticket.retracted.v1"][4], PERSONAL["command"])
LEAVING = recorded("ticket.retracted.v1", BODIES["ticket.retracted.v1"][7], PERSONAL["command"])
RAISED = recorded("ticket.alert_raised.v1", BODIES["ticket.alert_raised.v1"][0], None)
UNMUTED = recorded(
    "ticket.unmuted.v1", BODIES["ticket.unmuted.v1"][0], Personal(title="Gr\0öße", assigned_to="jd")
)
INFORMED = recorded("ticket.informed.v1", BODIES["ticket.informed.v1"][0], PERSONAL["command"])
ALERTS: list[dict[str, Any]] = [
    {
        "type": "escalation",
        "alert_id": "4f1c:resolution:2:level:2:0",
        "clock": "resolution",
        "cycle": 2,
        "generation": 1,
        "milestone": "level:2",
        "escalation_level": 2,
        "occurred_at": NINE + 20 * MINUTE,
        "raised_at": NINE + 21 * MINUTE,
        "severity": "warning",
        "level_name": "Manager notified",
        "due_at": NINE + 61 * MINUTE,
        "remaining_seconds": 2340.001,
        "reason": "it was reopened",
        "muted": "snoozed",
    },
    {
        "type": "retracted",
        "alert_id": "4f1c:resolution:2:warning:0",
        "clock": "resolution",
        "cycle": 2,
        "generation": 0,
        "milestone": "warning",
        "escalation_level": 0,
        "occurred_at": NINE + 22 * MINUTE,
        "raised_at": NINE + 23 * MINUTE,
        "severity": None,
        "level_name": None,
        "due_at": None,
        "remaining_seconds": None,
        "reason": None,
        "muted": None,
    },
]
BODY: dict[str, Any] = {
    "position": 12,
    "ticket_id": "4f1c1d5e-3c7e-5c6b-9f43-0a2f1b6c7d8e",
    "source": "zendesk",
    "external_id": "TICKET-001",
    "priority": "P1",
    "customer_tier": "enterprise",
    "status": "In Progress",
    "title": "Größe",
    "assigned_to": "jd",
    "alerts": ALERTS,
}
# Of today: those above are what lies in outboxes since before withdrawals said `because`.
BODY_NOW: dict[str, Any] = {**BODY, "alerts": [{**one, "because": None} for one in ALERTS]}
BODY_EXCUSED: dict[str, Any] = {
    **BODY,
    "title": "Size",
    "assigned_to": "john.doe",
    "alerts": [{**ALERTS[1], "reason": "it is excused", "because": "excused"}],
}
BODY_LEAVING: dict[str, Any] = {
    **BODY_EXCUSED,
    "alerts": [
        {**BODY_EXCUSED["alerts"][0], "stands": "some"},
        {**BODY_EXCUSED["alerts"][0], "milestone": "critical", "because": None, "stands": "none"},
    ],
}
BODY_INFORMED: dict[str, Any] = {
    **BODY,
    "title": "Size",
    "assigned_to": "john.doe",
    "by": "jane.roe",
    "rule": "Payments outage",
    "team": "Payments",
    "organization": "ACME",
    "alerts": [
        {**ALERTS[1], "because": None, "type": "ended", "state": "met", "severity": "warning"},
        {**ALERTS[1], "because": None, "type": "acknowledged", "until": NINE + 90 * MINUTE},
        {**ALERTS[1], "because": None, "type": "snoozed", "until": NINE + 30 * MINUTE},
        {**ALERTS[0], "because": None, "type": "reminder", "count": 2},
    ],
}
ROW: dict[str, Any] = {
    "dedup_key": "4f1c:resolution:2:level:2:0:escalation:slack",
    "position": 12,
    "ticket_id": "4f1c1d5e-3c7e-5c6b-9f43-0a2f1b6c7d8e",
    "alert_id": "4f1c:resolution:2:level:2:0",
    "kind": "escalation",
    "channel": "slack",
    "next_attempt_at": "1970-01-01 00:00:00+00:00",
}


ROW_INFORMED: dict[str, Any] = {
    **ROW,
    "dedup_key": "4f1c:resolution:2:warning:0:ended:12:slack",
    "alert_id": "4f1c:resolution:2:warning:0",
    "kind": "ended",
}
ROW_RETRACTED: dict[str, Any] = {
    **ROW,
    "dedup_key": "4f1c:resolution:2:warning:0:retracted:slack",
    "alert_id": "4f1c:resolution:2:warning:0",
    "kind": "retracted",
}


def _json(value: Any) -> bytes:
    return json.dumps(value, default=str, ensure_ascii=False, sort_keys=True).encode()


def _first_row(event: Recorded) -> dict[str, Any]:
    return next(iter(Outbox().rows([event]))).row


def _body(event: Recorded) -> bytes:
    return _json(_first_row(event)["body"])


def _row(event: Recorded) -> bytes:
    return _json({name: value for name, value in _first_row(event).items() if name != "body"})


def without_personal(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "title": None, "assigned_to": None}


# A webhook
MEANWHILE: dict[str, Any] = {
    "4f1c:resolution:2:level:2:0": {"state": "met", "at": NINE + 58 * MINUTE}
}


def notice(body: dict[str, Any], channel: str = "Überwachung") -> Notice:
    key = f"4f1c:resolution:2:level:2:0:escalation:{channel}"
    return Notice(key, TICKET, channel, 1, body, MEANWHILE)


def _posted(notice: Notice) -> httpx.Request:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(204)

    async def deliver() -> None:
        async with httpx.AsyncClient(transport=answering(answer)) as client:
            webhook = Webhook(
                "https://example.com", client=client, now=lambda: moment(NINE), signer=SIGNER
            )
            if await webhook.deliver(Message((notice,))) != Delivered():
                raise ValueError("it was not delivered")

    asyncio.run(deliver())
    return requests[0]


SIGNER = signer("secret whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
VERSION = f'"schema_version": {SCHEMA_VERSION}, '.encode()
OF_BEFORE = ("Content-Type", "Idempotency-Key", "X-SLA-Signature")
STANDARD = ("webhook-id", "webhook-timestamp", "webhook-signature")


def _headers(headers: Mapping[str, str], names: Sequence[str]) -> bytes:
    return "".join(f"{name}: {headers[name]}\n" for name in names).encode()


def _sent_headers(notice: Notice) -> bytes:
    return _headers(_posted(notice).headers, (*OF_BEFORE, *STANDARD))


def _sent_body(notice: Notice) -> bytes:
    return _posted(notice).content


def _body_before_versions(notice: Notice) -> bytes:
    """All that had been in it is there still."""
    return _sent_body(notice).replace(VERSION, b"")


def _headers_before_the_standard(notice: Notice) -> bytes:
    """A body is still signed as it was."""
    sent = _posted(notice).headers
    sent.update(SIGNER.headers(sent["webhook-id"], moment(NINE), _body_before_versions(notice)))
    return _headers(sent, OF_BEFORE)


# The streams
COLUMNS = {name for names in (*messages.FIELDS.values(), messages.IF_ANY) for name in names}
TOLD_OF = ("alert_raised", "escalated", "retracted", "acknowledged")


def _message(event: Recorded) -> bytes:
    """As it comes out of `alerts`, into which the event was counted: with datetimes and floats."""
    (write,) = Alerts().rows([event])
    if not isinstance(write, Upsert):
        raise TypeError(f"{event.topic} makes no row")
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    for name, value in write.row.items():
        instant = name.endswith(("_at", "_until")) and isinstance(value, int)
        row[name] = moment(value) if instant else value
    if row["remaining_seconds"] is not None:
        row["remaining_seconds"] = float(row["remaining_seconds"])
    return messages.message(row).text.encode()


BECAUSE_CAME = 4
"""So many samples of withdrawals had been made before they said `because`."""


def _message_before_because(event: Recorded) -> bytes:
    """All that had been in it is there still."""
    return re.sub(rb',"because":(null|"\w+")', b"", _message(event))


def _stream(topic: str) -> Iterator[tuple[int, Recorded]]:
    for number, body in enumerate(BODIES[f"ticket.{topic}.v1"]):
        yield number, recorded(f"ticket.{topic}.v1", body, PERSONAL["command"])


SAMPLES = (
    Sample("outbox/body.json", BODY, None, json.loads),
    Sample("outbox/body_without_personal.json", without_personal(BODY), None, json.loads),
    Sample("outbox/body.1.json", BODY_NOW, lambda _: _body(UNMUTED), json.loads),
    Sample(
        "outbox/body_without_personal.1.json",
        without_personal(BODY_NOW),
        lambda _: _body(RAISED),
        json.loads,
    ),
    Sample("outbox/body_excused.json", BODY_EXCUSED, lambda _: _body(EXCUSED), json.loads),
    Sample("outbox/body_leaving.json", BODY_LEAVING, lambda _: _body(LEAVING), json.loads),
    Sample("outbox/body_informed.json", BODY_INFORMED, lambda _: _body(INFORMED), json.loads),
    Sample("outbox/row_informed.json", ROW_INFORMED, lambda _: _row(INFORMED)),
    Sample("outbox/row.json", ROW, lambda _: _row(UNMUTED), json.loads),
    Sample("outbox/row_retracted.json", ROW_RETRACTED, lambda _: _row(EXCUSED), json.loads),
    Sample("webhook/body.json", notice(BODY), _body_before_versions),
    Sample("webhook/body_excused.json", notice(BODY_EXCUSED), _body_before_versions),
    Sample("webhook/headers.txt", notice(BODY), _headers_before_the_standard),
    Sample("webhook/body_schema.1.json", notice(BODY_NOW), _sent_body),
    Sample("webhook/body_leaving.json", notice(BODY_LEAVING), _sent_body),
    Sample("webhook/headers_standard.txt", notice(BODY_NOW), _sent_headers),
    *(
        Sample(f"streams/{topic}.{number}.json", event, _message)
        for topic in TOLD_OF
        for number, event in _stream(topic)
        if topic != "retracted"
    ),
    *(
        Sample(f"streams/retracted.{number}.json", event, _message_before_because)
        for number, event in _stream("retracted")
        if number < BECAUSE_CAME
    ),
    *(
        Sample(f"streams/retracted_because.{number}.json", event, _message)
        for number, event in _stream("retracted")
    ),
    Sample("streams/heartbeat.json", 12, lambda at: messages.heartbeat(at, moment(NINE)).encode()),
    Sample("streams/reset.json", 12, lambda at: messages.reset(at).encode()),
)
