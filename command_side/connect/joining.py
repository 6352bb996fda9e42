"""Two tickets that turn out to be one: the younger is cancelled as merged, and what was said of it
is said of the elder, so that it does not matter in which order the desk told it all."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from command_side.connect.names import Found, Names
from command_side.deciding.events import Observation, ticket_id
from command_side.deciding.ingesting import Submission
from command_side.deciding.observed import ObservedItem
from command_side.deciding.records import Recorded
from command_side.event_store import read_streams
from engine.sla.instants import micros

MERGED = "merged"
"""The status of a ticket that is none of its own; known without being configured."""


async def kept_as(
    conn: AsyncConnection[Any], source: str, names: Names, asked: Sequence[str], now: datetime
) -> Found:
    """Under which external id the ticket of these names is kept, its own first. All lead there from
    now on; tickets that were taken for others are to be united."""
    found = names.find(asked)
    if found.others:
        first, *others = await eldest(conn, source, [found.external_id, *found.others])
        await names.lead(conn, others, first, now)
        found = Found(first, True, others)
    names.add(asked, found.external_id)
    return found


async def eldest(conn: AsyncConnection[Any], source: str, ids: Sequence[str]) -> list[str]:
    """The same, by when they were created, or first heard of."""
    by_ids = {ticket_id(source, one): one for one in ids}
    streams = await read_streams(conn, list(by_ids))
    return [
        by_ids[one] for one in sorted(by_ids, key=lambda one: (_begun(streams[one]), by_ids[one]))
    ]


def _begun(stream: Sequence[Recorded]) -> tuple[int, int]:
    told = list(_observations(stream))
    moments = [body.moments for _, body in told if body.moments is not None]
    created = [one["created_at"] for one in moments if "created_at" in one]
    seen = min((micros(event.occurred_at) for event, _ in told), default=2**63)
    return min(created, default=seen), seen


def deliveries_of(stream: Sequence[Recorded]) -> list[UUID]:
    """Those that told of it."""
    found: dict[UUID, None] = {}
    for event, _ in _observations(stream):
        if (delivery := _delivery(event)) is not None:
            found[delivery] = None
    return list(found)


def told_again(
    stream: Sequence[Recorded],
    source: str,
    external_id: str,
    read_again: Mapping[UUID, Sequence[Submission]],
) -> list[Submission]:
    """What a ticket's stream says, of another ticket; by its deliveries where they are still there,
    as these may say more of a ticket that is new than of one that is known."""
    found: list[Submission] = [one for each in read_again.values() for one in each]
    for event, body in _observations(stream):
        if _delivery(event) in read_again or _is_merged(body):
            continue
        received = ObservedItem(
            ticket_id(source, external_id),
            source,
            external_id,
            micros(event.occurred_at),
            body.revision,
            dict(body.given),
            dict(event.personal.given or {}),
            dict(body.moments or {}),
        )
        found.append(Submission(received, event.correlation_id))
    return found


def cancelled(stream: Sequence[Recorded], source: str, external_id: str) -> Submission | None:
    """It is over right after what was said of it last; None: it is already."""
    told = [(micros(event.occurred_at), body) for event, body in _observations(stream)]
    newest, last = max(told, key=lambda one: (one[0], one[1].revision))
    if _is_merged(last):
        return None
    received = ObservedItem(
        ticket_id(source, external_id),
        source,
        external_id,
        newest + 1,
        0,
        {"status": MERGED},
        {},
        {},
    )
    return Submission(received, None)


def _observations(stream: Sequence[Recorded]) -> Iterator[tuple[Recorded, Observation]]:
    for event in stream:
        if isinstance(event.body, Observation):
            yield event, event.body


def _is_merged(body: Observation) -> bool:
    return body.given == {"status": MERGED}


def _delivery(event: Recorded) -> UUID | None:
    try:
        return UUID(event.correlation_id or "")
    except ValueError:
        return None
