"""The routes of connected desks: what they send, and what became of it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field

from command_side import operations
from command_side.bodies import Command, Name, Text
from command_side.connect import counting, letting_be, progress
from command_side.connect.acquainted import Acquainted
from command_side.connect.catching_up import CatchingUp
from command_side.connect.inbox import Inbox, NotVerified
from command_side.connect.reading import Observed, Read
from command_side.connect.refusals import Refusals
from command_side.connect.shown import (
    ConnectedSource,
    ParkedReason,
    connected_sources,
    parked_reasons,
)
from command_side.connect.signatures import Request as Sent
from command_side.deciding.problems import Problem
from command_side.intake.item import Malformed, Moment
from engine.sla.instants import micros, rfc3339

DAY = timedelta(days=1)
MOST_PARKED = 200


class DeliveryTaken(BaseModel):
    """What became of a delivery; it is stored."""

    delivery_id: UUID = Field(description="Under which it is kept.")
    taken: int = Field(description="Observations of tickets that are in the log, now or before.")
    ignored: int = Field(description="Parts that hold nothing for the clocks.")
    parked: int = Field(description="Parts that no reading understands yet: kept.")
    because: list[str] = Field(description="Why something was ignored, parked, or left out.")
    duplicate: bool = Field(description="The desk had sent it before.")


class DeliveryTriedOut(BaseModel):
    """What a delivery would become; nothing is stored."""

    observed: list[dict[str, Any]] = Field(
        description="`item` for certain; `first` besides, and `before` as it was until then, where"
        " the ticket is not known yet; `remarks` of what is left out."
    )
    because: list[str] = Field(description="Why something would be ignored or parked.")


class BackfillAsked(Command):
    """From when on."""

    since: Moment = Field(description="Tickets that have changed since then, with their history.")


class BackfillBegun(BaseModel):
    """It is read in the background, and goes on after a restart."""

    begun: bool = Field(description="False: one is under way already.")


class Connections(BaseModel):
    """The desks that may send."""

    sources: list[ConnectedSource] = Field(description="As the configuration names them.")


class ParkedDelivery(BaseModel):
    """A delivery that waits for a reading that understands it."""

    delivery_id: UUID = Field(description="Under which it is kept.")
    source: str = Field(description="Which desk sent it.")
    received_at: str = Field(description="When it came.")
    because: list[str] = Field(description="What is missing.")
    body: str = Field(description="The first 2,000 characters of it.")
    let_be_at: str | None = Field(description="When somebody has let it be; null: it waits.")
    let_be_reason: str | None = Field(description="Why, as they said.")


class ParkedDeliveries(BaseModel):
    """What no reading understands yet."""

    reasons: list[ParkedReason] = Field(
        description="Why, the most frequent first, 200 at most; one delivery may have several."
        " Of what was let be, none."
    )
    deliveries: list[ParkedDelivery] = Field(
        description="Those that wait, and then those that were let be; each the oldest first, 200"
        " at most."
    )


class Replayed(BaseModel):
    """What became of what was parked."""

    tried: int = Field(description="How many were parked.")
    parked: int = Field(description="Of these, such as still are.")
    failed: int = Field(description="Of these, such as failed: the service's log says of what.")
    position: int


class LetBe(Command):
    """Which of what is parked is of no use: what a desk has sent, or these alone."""

    source: Name | None = Field(None, description="All that is parked of this desk.")
    deliveries: list[UUID] | None = Field(
        None,
        description="These, as `GET /connect/parked` lists them.",
        min_length=1,
        max_length=200,
    )
    reason: Text | None = Field(None, description="Why; the audit of commands tells it.")
    by: Name | None = Field(None, description="Who says so.")


class WasLetBe(BaseModel):
    """They stay, and ask for nobody."""

    let_be: int = Field(description="How many.")
    left_alone: list[UUID] = Field(
        description="Of those that were named, such as are not parked, or were let be before."
    )
    position: int | None = Field(description="Of this in the log; null: there was nothing to do.")


def build(
    inbox: Inbox,
    now: Callable[[], datetime],
    acquainted: Acquainted,
    *,
    public_url: str,
    max_bytes: int,
) -> APIRouter:
    """What desks call: it asks for their signature, and for no token of ours."""
    router = APIRouter(tags=["Desks"])
    refusals = Refusals(now)

    @router.post(
        "/connect/{source}",
        operation_id="take_delivery",
        summary="Take a delivery of a connected desk",
        response_model=DeliveryTaken | DeliveryTriedOut,
        responses={
            401: {"description": "Not signed by the desk, or no such source."},
            413: {"description": "Too large."},
            429: {"description": "Too many requests of this address were not signed."},
            503: {"description": "The database is away; the desk may send it again."},
        },
        openapi_extra={
            "security": [{}],  # the signature says who it is: no token is wanted
            "requestBody": {"content": {"application/json": {"schema": {}}}},
        },
    )
    async def take(
        source: Annotated[str, Path(description="Its name in the configuration.")],
        request: Request,
        dry_run: Annotated[bool, Query(description="Says what it would become.")] = False,
        token: Annotated[
            str | None, Query(description="The secret, of a desk that signs nothing.")
        ] = None,
    ) -> DeliveryTaken | DeliveryTriedOut:
        """Answered once it is stored. What cannot be read is kept (`parked`), and read again once
        the configuration says how."""
        sent = _sent(request, await _body(request, max_bytes), public_url)
        who = request.client.host if request.client else ""
        try:
            if dry_run:
                return _tried_out(await inbox.try_out(source, sent))
            taken = await inbox.take(source, sent)
        except NotVerified:
            if refusals.too_many(who):
                raise HTTPException(429, "Try again in a minute.", {"Retry-After": "60"}) from None
            raise HTTPException(401, "Not accepted.") from None
        if not inbox.connected[source].source.unsigned:
            acquainted.met(who)
        return DeliveryTaken(
            delivery_id=taken.delivery_id,
            taken=taken.taken,
            ignored=taken.ignored,
            parked=taken.parked,
            because=taken.because,
            duplicate=taken.duplicate,
        )

    @router.head("/connect/{source}", include_in_schema=False)
    async def is_there(
        source: Annotated[str, Path()], token: Annotated[str | None, Query()] = None
    ) -> Response:
        """As Intercom asks before it takes an address. It says nothing of who is connected."""
        return Response()

    return router


def build_reads(
    inbox: Inbox, pool: AsyncConnectionPool[AsyncConnection[Any]], now: Callable[[], datetime]
) -> APIRouter:
    """What people ask about the desks."""
    router = APIRouter(tags=["Desks"])

    @router.get("/connect", operation_id="list_connected_desks", summary="List the connected desks")
    async def connected() -> Connections:
        """When each sent last, and what became of it."""
        known = inbox.connected
        async with pool.connection() as conn:
            counted = await counting.counts(conn, list(known), now() - DAY)
            unmapped, reasons = await counting.unmapped(conn), await counting.reasons(conn, None)
            readings = await progress.all_of(conn)
        return Connections(
            sources=connected_sources(
                known,
                inbox.policy(),
                counted,
                unmapped,
                reasons,
                readings,
                inbox.turned_away.lately(),
            )
            if known
            else []
        )

    return router


def build_commands(
    inbox: Inbox,
    pool: AsyncConnectionPool[AsyncConnection[Any]],
    catching_up: CatchingUp,
    now: Callable[[], datetime],
    *,
    correlation_id: Callable[[], str | None],
) -> APIRouter:
    """What an administrator does about them."""
    router = APIRouter(tags=["Desks"])

    async def acted(
        what: str, about: str, count: int = 0, by: str | None = None, reason: str | None = None
    ) -> int:
        async with pool.connection() as conn:
            return await operations.record(
                *(conn, what, about, count),
                now=now(),
                by=by,
                reason=reason,
                correlation_id=correlation_id(),
            )

    @router.get(
        "/connect/parked",
        operation_id="list_parked_deliveries",
        summary="List what could not be read",
    )
    async def parked(
        source: Annotated[str | None, Query(description="Of this desk alone.")] = None,
    ) -> ParkedDeliveries:
        """It is kept until a reading understands it, also what somebody has let be."""
        async with pool.connection() as conn:
            found = await letting_be.listed(conn, source, MOST_PARKED)
            reasons = await counting.reasons(conn, source)
        return ParkedDeliveries(
            reasons=parked_reasons(reasons, inbox.connected, inbox.policy()) if reasons else [],
            deliveries=[
                ParkedDelivery(
                    delivery_id=one.delivery_id,
                    source=one.source,
                    received_at=rfc3339(micros(one.received_at)),
                    because=one.because,
                    body=one.body.decode(errors="replace")[:2_000],
                    let_be_at=None if one.let_be_at is None else rfc3339(micros(one.let_be_at)),
                    let_be_reason=one.reason,
                )
                for one in found
            ],
        )

    @router.post(
        "/connect/parked/replay",
        operation_id="replay_parked_deliveries",
        summary="Read again what could not be read",
    )
    async def replay(
        source: Annotated[str | None, Query(description="Of this desk alone.")] = None,
        delivery: Annotated[
            list[UUID] | None, Query(description="These alone, also such as were let be.")
        ] = None,
    ) -> Replayed:
        """In order of receipt, by the readings that are in force now. What somebody has let be is
        read again only where it is named, and asks for somebody from then on if that is in vain."""
        again = await inbox.replay(source, delivery)
        position = await acted("replay_parked_deliveries", _about(source, delivery), again.tried)
        return Replayed(
            tried=again.tried, parked=again.parked, failed=again.failed, position=position
        )

    @router.post(
        "/connect/parked/let-be",
        operation_id="let_deliveries_be",
        summary="Let be what is of no use",
    )
    async def let_be(asked: LetBe) -> WasLetBe:
        """A ping of a desk, a record of another kind: somebody has looked, and nobody else needs
        to. It stays as long as what is parked stays, is listed with the reason, and can be read
        again; health and metrics count it no longer."""
        if asked.source is None and asked.deliveries is None:
            raise Malformed([Problem(("body", "source"), "name a desk, or `deliveries`")])
        async with pool.connection() as conn:
            found = await letting_be.let_be(
                conn, asked.source, asked.deliveries, now=now(), reason=asked.reason
            )
        position = None
        if found:
            about = _about(asked.source, asked.deliveries and sorted(found))
            what = "let_deliveries_be"
            position = await acted(what, about, len(found), asked.by, asked.reason)
        left = [one for one in asked.deliveries or () if one not in found]
        return WasLetBe(let_be=len(found), left_alone=left, position=position)

    @router.post(
        "/connect/{source}/backfill",
        operation_id="backfill_from_desk",
        summary="Read what was before from the desk's API",
        status_code=202,
        responses={404: {"description": "No such source, or none whose API can be asked."}},
    )
    async def backfill(
        source: Annotated[str, Path(description="Its name in the configuration.")],
        asked: BackfillAsked,
    ) -> BackfillBegun:
        """`GET /connect` tells how far it has come. What is past raises no alarm; what is known
        already is recognised, so that it may be repeated."""
        try:
            begun = await catching_up.backfill(source, asked.since)
        except LookupError:
            raise HTTPException(
                404,
                f"The API of {source!r} cannot be asked: either no source of that name says where"
                " and as whom (api_url, api_user_env, api_token_env), or a variable that these name"
                " is not set where the service runs: its log says which.",
            ) from None
        if begun:
            await acted("backfill", source)
        return BackfillBegun(begun=begun)

    return router


def _about(source: str | None, which: Sequence[UUID] | None) -> str:
    """Of what, as the audit has it."""
    return source or "" if which is None else ", ".join(map(str, which))


def _sent(request: Request, body: bytes, public_url: str) -> Sent:
    url = request.url
    address = f"{public_url.rstrip('/')}{url.path}" if public_url else str(url.replace(query=""))
    query = f"?{url.query}" if url.query else ""
    return Sent(request.method, address + query, dict(request.headers), body)


async def _body(request: Request, limit: int) -> bytes:
    body = await request.body()
    if len(body) > limit:
        raise HTTPException(413, f"At most {limit} bytes are taken at once.")
    return body


def _tried_out(read: Sequence[Read]) -> DeliveryTriedOut:
    return DeliveryTriedOut(
        observed=[
            {
                "item": dict(one.item),
                "first": dict(one.first),
                "before": dict(one.before),
                "remarks": list(one.remarks),
            }
            for one in read
            if isinstance(one, Observed)
        ],
        because=[one.because for one in read if not isinstance(one, Observed)],
    )
