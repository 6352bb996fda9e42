"""What is hashed, and what is sealed: nothing of it can be computed again once the code differs."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import UUID

from command_side.deciding.events import Personal, ticket_id
from command_side.deciding.head import kept
from command_side.event_store import Append, NewEvent, encode
from command_side.event_store.binary import microseconds
from command_side.event_store.chain import GENESIS, event_hash, link
from command_side.event_store.personal import opened, sealed
from command_side.intake.item import TicketItem
from command_side.intake.reading import read
from engine.sla.instants import moment
from tests.support.formats import Sample
from tests.support.formats.events import BODIES, MINUTE, NINE, PERSONAL

SALT = bytes(range(16))
AT = moment(NINE)

# An observation's content
ITEM: dict[str, Any] = {
    "external_id": "TICKET-001",
    "source": "zendesk",
    "updated_at": "2026-01-05T10:00:00.000001+01:00",
    "revision": 4,
    "title": "Größe",
    "description": None,
    "priority": "P1",
    "status": "In Progress",
    "assigned_to": "john.doe",
    "created_at": "2026-01-05T08:50:00Z",
    "last_agent_reply_at": "2026-01-05T09:03:00Z",
    "tags": ["emea", "größer"],
    "zone": {"b": 1.5, "a": [1, -0.0, 1e22, None, True]},
    "account": None,
}
BIG = {**ITEM, "zone": {"b": 2**70, "a": [1, 1.5, None]}}
"""With a number for which the faster of two writers of JSON has no room."""

WITHDRAWN = {
    **ITEM,
    "withdrawn_replies": [
        "2026-01-05T09:03:00Z",
        "2026-01-05T10:01:00+01:00",
        "2026-01-05T09:03:00.000Z",
    ],
}
"""In no order, and one of them twice."""

# Tickets' ids
TICKETS = (("zendesk", "TICKET-001"), ("default", "größe/1"), ("a", "b c"), ("a b", "c"))


def _content(item: dict[str, Any], salt: bytes | None) -> bytes:
    received = read(TicketItem.model_validate(item))
    return received.content_hash(received.named_at or NINE, salt)


def _ids(_: object) -> bytes:
    return b"".join(f"{ticket_id(*one)}\n".encode() for one in TICKETS)


# Personal parts
def _random(count: int) -> bytes:
    return SALT * (count // len(SALT))


@contextmanager
def fixed_random() -> Generator[None]:
    """Personal parts are sealed with `SALT` instead of random bytes."""
    with mock.patch("command_side.event_store.appending.urandom", _random):
        yield


def _sealed(json: bytes) -> bytes:
    return sealed(json, SALT)[0] or b""


def _commitment(json: bytes | None) -> bytes:
    return sealed(json, SALT)[1] or b""


# The chain
def _event(topic: str, **columns: Any) -> NewEvent:
    said: dict[str, Any] = {"occurred_at": AT, **columns}
    return encode(BODIES[topic][0], **said)


FIRST, SECOND = ticket_id("zendesk", "TICKET-001"), ticket_id("default", "größe/1")
OBSERVED: dict[str, Any] = {
    "personal": PERSONAL["observation"],
    "content_hash": bytes(range(16, 32)),
    "correlation_id": "größer-1",
}
APPENDS: tuple[tuple[timedelta, tuple[Append, ...]], ...] = (
    (
        timedelta(0),
        (
            Append(
                FIRST,
                "zendesk",
                "TICKET-001",
                0,
                [
                    _event("ticket.opened.v1", observed_at=AT, revision=4, **OBSERVED),
                    _event("ticket.observed.v1", observed_at=AT, revision=5),
                    _event("ticket.conflicted.v1", **OBSERVED),
                ],
                b"head",
                None,
            ),
        ),
    ),
    (
        timedelta(seconds=1, microseconds=1),
        (
            Append(
                SECOND,
                "default",
                "größe/1",
                0,
                [_event("ticket.opened.v1", observed_at=AT - timedelta(days=20_000))],
                b"head",
                None,
            ),
            Append(
                FIRST,
                "zendesk",
                "TICKET-001",
                3,
                [
                    _event("ticket.alert_raised.v1", personal=PERSONAL["command"]),
                    _event("ticket.escalated.v1", occurred_at=moment(NINE + MINUTE)),
                    _event("ticket.retracted.v1", correlation_id=""),
                ],
                b"head",
                None,
            ),
        ),
    ),
    (
        timedelta(days=1),
        (
            Append(
                SECOND,
                "default",
                "größe/1",
                None,
                [
                    _event("ticket.acknowledged.v1", personal=PERSONAL["command"]),
                    _event("ticket.snoozed.v1", personal=PERSONAL["reason"]),
                    _event("ticket.delivered.v1", personal=Personal()),
                ],
                b"head",
                None,
            ),
        ),
    ),
)
"""Ten events in three appends, each so long after nine."""


def _hash(stream: UUID, event: NewEvent) -> bytes:
    _, commitment = sealed(event.personal, SALT)
    revision = None if event.observed_at is None else event.revision or 0
    return event_hash(
        stream.bytes,
        event.topic.encode(),
        event.state,
        commitment,
        microseconds(event.occurred_at),
        None if event.observed_at is None else microseconds(event.observed_at),
        revision,
        event.content_hash,
        None if event.correlation_id is None else event.correlation_id.encode(),
    )


def _in_order() -> list[tuple[timedelta, list[tuple[bytes, int]]]]:
    """Of each append its events' hashes and versions."""
    versions: dict[UUID, int] = {}
    found: list[tuple[timedelta, list[tuple[bytes, int]]]] = []
    for after, writes in APPENDS:
        events: list[tuple[bytes, int]] = []
        for write in writes:
            for event in write.events:
                version = versions[write.ticket_id] = versions.get(write.ticket_id, 0) + 1
                events.append((_hash(write.ticket_id, event), version))
        found.append((after, events))
    return found


def _lines(hashes: Sequence[bytes]) -> bytes:
    return b"".join(one.hex().encode() + b"\n" for one in hashes)


def _hashes(_: object) -> bytes:
    return _lines([hash for _, events in _in_order() for hash, _ in events])


def _links(_: object) -> bytes:
    links, first = [GENESIS], 1
    for after, events in _in_order():
        recorded_at = microseconds(AT + after)
        links.append(link(links[-1], events, recorded_at, first, len(events)))
        first += len(events)
    return _lines(links[1:])


HASHES = Sample("chain/hashes.hex", APPENDS, _hashes)
LINKS = Sample("chain/links.hex", APPENDS, _links)
SAMPLES = (
    Sample("hashes/content.bin", ITEM, lambda item: _content(item, SALT)),
    Sample("hashes/content_of_a_big_number.bin", BIG, lambda item: _content(item, SALT)),
    Sample("hashes/content_of_withdrawn.bin", WITHDRAWN, lambda item: _content(item, SALT)),
    Sample("hashes/content_by_another_salt.bin", ITEM, lambda item: _content(item, SALT[::-1])),
    Sample("hashes/content_without_salt.bin", ITEM, lambda item: _content(item, None)),
    Sample("hashes/kept.txt", ["emea", "größer"], lambda tags: kept("tags", tags).encode()),
    Sample("hashes/ticket_ids.txt", TICKETS, _ids),
    Sample("hashes/commitment.bin", b'{"by":"jane.roe"}', _commitment),
    Sample("personal/sealed.bin", b'{"by":"jane.roe"}', _sealed, opened),
    HASHES,
    LINKS,
)
