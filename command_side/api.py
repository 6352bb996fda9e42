"""The POST routes: parse, call one thing, answer."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Path, Query, Request
from fastapi.responses import Response
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect

from command_side import silence_api
from command_side.addressing import resolve
from command_side.bodies import Command, Name, Text, refuse_past
from command_side.deciding.as_json import as_json
from command_side.deciding.ingesting import Outcome, Submission
from command_side.deciding.observed import ObservedItem
from command_side.desk import TicketDesk
from command_side.intake.item import (
    BodyTooLarge,
    Moment,
    Refused,
    TicketItem,
    suggestions,
)
from command_side.intake.reading import read_body
from command_side.intake.writer import Writer
from command_side.silences import Silences

COUNTED = {
    "accepted": "accepted",
    "duplicate": "duplicates",
    "unchanged": "unchanged",
    "conflict": "conflicts",
    "rejected": "rejected",
}
GOOD = ("accepted", "duplicate", "unchanged")


class Batch(Command):
    """Observations, in any order."""

    tickets: list[TicketItem] = Field(
        examples=[
            [
                {
                    "external_id": "TICKET-001",
                    "title": "Checkout is down",
                    "priority": "P0",
                    "customer_tier": "enterprise",
                    "status": "open",
                    "updated_at": "2026-01-05T09:00:00Z",
                }
            ]
        ]
    )


class ItemProblem(BaseModel):
    """What is wrong with an item, and where in it."""

    loc: list[str | int]
    msg: str


class ItemResult(BaseModel):
    """What became of one item."""

    index: int
    external_id: str | None
    ticket_id: UUID | None
    outcome: Outcome
    late: bool = Field(description="Older than the newest observation known before it.")
    error: str | None
    errors: list[ItemProblem] | None = None
    ignored: list[str] | None = Field(
        None, description="Members that nothing reads; absent where there are none."
    )
    suggestions: dict[str, str] | None = Field(
        None, description="By an ignored member, the one that it was most likely meant to be."
    )


class BatchResult(BaseModel):
    """What became of every item; what was accepted is durable."""

    accepted: int
    duplicates: int
    unchanged: int
    conflicts: int
    rejected: int
    position: int | None = Field(description="For `wait_for`; null when nothing was written.")
    results: list[ItemResult]


TicketKey = Annotated[
    str,
    Path(description="The ticket id, or an external id (with `source` if it is not unique)."),
]
Source = Annotated[str | None, Query(description="The source system of an external id.")]


class Acknowledge(Command):
    """Someone takes it on."""

    by: Name
    note: Text | None = None


class Snooze(Command):
    """Nothing is sent before `until`."""

    until: Moment
    by: Name
    reason: Text | None = None


class Recorded(BaseModel):
    """The command is in the log."""

    ticket_id: UUID
    position: int


def build(
    pool: AsyncConnectionPool[AsyncConnection[Any]],
    desk: TicketDesk,
    writer: Writer,
    silences: Silences,
    now: Callable[[], datetime],
    *,
    max_items: int,
    max_bytes: int,
    correlation_id: Callable[[], str | None],
) -> APIRouter:
    """The routes over built parts."""
    router = APIRouter(tags=["Commands"])

    async def address(id: TicketKey, source: Source = None) -> UUID:
        async with pool.connection() as conn:
            return await resolve(conn, id, source)

    @router.post(
        "/tickets",
        operation_id="report_tickets",
        summary="Report the state of tickets",
        response_model=BatchResult,
        responses={
            207: {"model": BatchResult, "description": "Some items were not accepted."},
            413: {"description": "Too many items, or too large."},
            422: {"description": "Malformed, or every item was a conflict or rejected."},
            503: {"description": "The database is away or the queue is full; see Retry-After."},
        },
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Batch"}}},
            }
        },
    )
    # Else `/tickets/` would be taken for the path of a ticket, which takes no batch.
    @router.post("/tickets/", include_in_schema=False)
    async def ingest(request: Request) -> Response:
        """Every item has an outcome of its own, and one bad item never blocks the others. The same
        item again is a `duplicate`; other content under the same key is a `conflict`, kept under
        `/conflicts`. What is accepted is durable when the answer is sent. A ticket's first item
        needs `priority`, `customer_tier` and `status`."""
        items = read_body(await _body(request, max_bytes), limit=max_items)
        correlation = correlation_id()
        submissions = [
            None if isinstance(item, Refused) else Submission(item, correlation) for item in items
        ]
        understood = [one for one in submissions if one is not None]
        if understood:
            await writer.submit(understood)
        return _answer(items, submissions, correlation)

    @router.post(
        "/tickets/{id:path}/acknowledge",
        operation_id="acknowledge_ticket",
        summary="Take it on: escalation holds",
    )
    async def acknowledge(
        ticket: Annotated[UUID, Depends(address)], body: Annotated[Acknowledge, Body()]
    ) -> Recorded:
        """Nobody higher up is told until `ack_timeout_minutes` have passed, or the ticket
        breaches."""
        position = await desk.acknowledge(
            ticket, by=body.by, note=body.note, now=now(), correlation_id=correlation_id()
        )
        return Recorded(ticket_id=ticket, position=position)

    @router.post(
        "/tickets/{id:path}/snooze",
        operation_id="snooze_ticket",
        summary="Send nothing about it for a while",
    )
    async def snooze(
        ticket: Annotated[UUID, Depends(address)], body: Annotated[Snooze, Body()]
    ) -> Recorded:
        """What is raised before `until` is recorded, and not sent. What is still so then, and that
        nobody has acknowledged, is told once."""
        at = now()
        refuse_past("until", body.until, at)
        position = await desk.snooze(
            ticket,
            until=body.until,
            by=body.by,
            reason=body.reason,
            now=at,
            correlation_id=correlation_id(),
        )
        return Recorded(ticket_id=ticket, position=position)

    router.include_router(
        silence_api.build(silences, desk.policies, now, correlation_id=correlation_id)
    )
    return router


async def _body(request: Request, limit: int) -> bytes:
    """Raises BodyTooLarge as soon as it is known, without reading on.

    Nearly all bodies come in one piece, which is taken as it is.
    """
    if int(request.headers.get("content-length") or 0) > limit:
        raise BodyTooLarge(limit)
    received: bytes | bytearray = b""
    more = True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        piece: bytes = message.get("body", b"")
        if not received:
            received = piece
        else:
            if isinstance(received, bytes):
                received = bytearray(received)
            received += piece
        if len(received) > limit:
            raise BodyTooLarge(limit)
        more = message.get("more_body", False)
    return bytes(received)


def _answer(
    items: Sequence[ObservedItem | Refused],
    submissions: Sequence[Submission | None],
    correlation: str | None,
) -> Response:
    counts = dict.fromkeys(COUNTED.values(), 0)
    meant = suggestions(name for item in items for name in item.ignored)
    results: list[dict[str, Any]] = []
    position: int | None = None
    for index, (item, one) in enumerate(zip(items, submissions, strict=True)):
        if one is None or isinstance(item, Refused):
            outcome, late, ticket = "rejected", False, None
            problems = item.problems if isinstance(item, Refused) else []
        else:
            outcome, late = one.outcome or "rejected", one.late
            problems, ticket = one.problems, one.received.ticket_id
            if one.position is not None:
                position = max(position or 0, one.position)
        counts[COUNTED[outcome]] += 1
        result: dict[str, Any] = {
            "index": index,
            "external_id": item.external_id,
            "ticket_id": ticket,
            "outcome": outcome,
            "late": late,
            "error": None,
        }
        if problems:
            result["error"] = "; ".join(
                f"{'.'.join(map(str, problem.loc))}: {problem.msg}" if problem.loc else problem.msg
                for problem in problems
            )
            result["errors"] = [{"loc": one.loc, "msg": one.msg} for one in problems]
        if unread := item.ignored:
            result["ignored"] = unread
            if near := {name: meant[name] for name in unread if name in meant}:
                result["suggestions"] = near
        results.append(result)
    body: dict[str, Any] = {**counts, "position": position, "results": results}
    good = sum(counts[COUNTED[outcome]] for outcome in GOOD)
    if good == len(items):
        return Response(as_json(body), media_type="application/json")
    if good:
        return Response(as_json(body), 207, media_type="application/json")
    problem = {
        "type": "about:blank",
        "title": "Nothing was accepted",
        "status": 422,
        "detail": "Every item was a conflict or rejected; `results` says why.",
        "correlation_id": correlation,
        "errors": [
            {"loc": ["body", "tickets", result["index"], *problem["loc"]], "msg": problem["msg"]}
            for result in results
            for problem in result.get("errors", ())
        ],
    }
    return Response(as_json(problem | body), 422, media_type="application/problem+json")
