"""The route of what somebody acknowledges in PagerDuty, and what becomes of it here."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Header, HTTPException, Path, Request
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field

from command_side.connect.refusals import Refusals
from command_side.deciding.people import TicketOver
from command_side.desk import TicketDesk, TicketUnknown
from config.loading import Loaded
from engine.notify.pagerduty import key_of
from engine.notify.pagerduty_api import Away, PagerDutyApi, Refused
from engine.notify.pagerduty_webhook import (
    MOST_BYTES,
    Acknowledged,
    Nothing,
    NotUnderstood,
    is_pagerdutys,
    read,
    ticket_of,
)
from ops.http.bodies import short
from ops.http.people import addressed
from query_side.tickets import Folded

logger = logging.getLogger(__name__)

WITHIN_SECONDS: Final = 4.0
"""PagerDuty waits for five."""
MOST_TICKETS: Final = 20
"""Of one incident: more were put together by a rule there, and nobody has looked at each."""
NOT_YET = "Not now. Send it again."


class PagerDutyTaken(BaseModel):
    """What became of an event of PagerDuty's."""

    taken: int = Field(description="Tickets that are acknowledged by it, now or before.")
    because: list[str] = Field(description="Why nothing, or not all, was taken.")


@dataclass(frozen=True, slots=True)
class Account:
    """A channel's PagerDuty."""

    secrets: Sequence[str]
    """What its webhooks are signed with, two while one is replaced."""
    api: PagerDutyApi


@dataclass(frozen=True, slots=True)
class PagerDutyAnswers:
    """Takes what is acknowledged there."""

    account: Callable[[str], Account | None]
    """By channel; None: it takes none."""
    desk: TicketDesk
    pool: AsyncConnectionPool[AsyncConnection[Any]]
    """Its connections must not be in autocommit mode."""
    folded: Folded
    newest: Callable[[], Loaded | None]
    now: Callable[[], datetime]

    async def take(self, channel: str, api: PagerDutyApi, event: Acknowledged) -> PagerDutyTaken:
        """Acknowledge each ticket whose alerts the incident has; all but that channel are told.
        Raises Away, Refused, and what the database does."""
        async with asyncio.TaskGroup() as tasks:
            who = tasks.create_task(self._who(api, event.user_id))
            asked = tasks.create_task(_keys(api, event.incident_id))
        keys, wrong = asked.result()
        if wrong is not None:
            raise wrong
        tickets: dict[UUID, set[str]] = {}
        for key in keys:
            if ticket := ticket_of(key):
                tickets.setdefault(ticket, set()).add(key)
        if not tickets:
            return PagerDutyTaken(taken=0, because=["none of its alerts is of a ticket here"])
        if len(tickets) > MOST_TICKETS:
            because = f"it is of {len(tickets)} tickets at once: acknowledge each by itself"
            return PagerDutyTaken(taken=0, because=[because])
        taken, because = 0, dict[str, None]()
        for ticket, theirs in tickets.items():
            if not await self._goes_on(ticket, theirs):
                because["what it is about is over here, or not known"] = None
                continue
            try:
                await self.desk.acknowledge(
                    ticket,
                    by=who.result(),
                    note=None,
                    now=self.now(),
                    correlation_id=event.once,
                    once=True,
                    but=channel,
                )
            except TicketUnknown:
                because["its ticket is not known here"] = None
            except TicketOver:  # since it was looked at
                because["what it is about is over here, or not known"] = None
            else:
                taken += 1
        return PagerDutyTaken(taken=taken, because=[*because])

    async def _who(self, api: PagerDutyApi, user: str) -> str:
        """The key of a person of the configuration, else who it is there."""
        try:
            email = await api.email(user)
        except (Away, Refused) as error:
            about = {"user": user, "reason": str(error)}
            logger.warning("who acknowledged in PagerDuty goes by their id", extra=about)
            email = ""
        person = addressed(self.newest(), email)
        return person.key if person else f"pagerduty:{user}"

    async def _goes_on(self, ticket: UUID, keys: set[str]) -> bool:
        """Whether a cycle that one of the keys names runs still."""
        async with self.pool.connection() as conn:
            rows = await self.folded(conn, ticket)
        return any(
            row["stopped_at"] is None and key_of(ticket, row["clock"], row["cycle"]) in keys
            for row in rows["ticket_clocks"]
        )


async def _keys(api: PagerDutyApi, incident: str) -> tuple[list[str], Away | Refused | None]:
    try:
        return await api.keys(incident), None
    except (Away, Refused) as error:
        return [], error


RESPONSES: Final[Mapping[int | str, dict[str, Any]]] = {
    401: {"description": "PagerDuty has not signed it, or the channel takes nothing."},
    413: {"description": "Larger than anything that PagerDuty sends."},
    422: {"description": "It is signed, and no event that could be understood."},
    429: {"description": "Too many requests of this address were not signed."},
    503: {"description": "PagerDuty's REST API, or the database, is away: it may be sent again."},
}


def build(answers: PagerDutyAnswers) -> APIRouter:
    """It asks for PagerDuty's signature, and for no token of ours."""
    router = APIRouter(tags=["Commands"])
    refusals = Refusals(answers.now)

    @router.post(
        "/pagerduty/{channel:path}",
        operation_id="answer_from_pagerduty",
        summary="What somebody acknowledged in PagerDuty",
        responses={**RESPONSES},
        openapi_extra={
            "security": [{}],  # the signature says who it is: no token is wanted
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
        },
    )
    async def act(
        request: Request,
        channel: Annotated[str, Path(description="Its name in the configuration.")],
        x_pagerduty_signature: Annotated[
            str,
            Header(
                alias="X-PagerDuty-Signature",
                description="`v1=` and the HMAC-SHA256 of the body, in hex; several with commas"
                " between.",
            ),
        ] = "",
    ) -> PagerDutyTaken:
        """For PagerDuty's servers (webhooks of version 3): what a person has acknowledged there is
        acknowledged here, in the name of the one whose e-mail the configuration knows. The same
        event again changes nothing, and the channel that it came from is not told."""
        body = await short(request, MOST_BYTES)
        account = answers.account(channel)
        if account is None:  # a slash too many, and a webhook goes where it is sent
            channel = channel.rstrip("/")
            account = answers.account(channel)
        secrets = account.secrets if account else ()
        if account is None or not is_pagerdutys(secrets, body, x_pagerduty_signature):
            who = request.client.host if request.client else ""
            if refusals.too_many(who):
                raise HTTPException(429, "Try again in a minute.", {"Retry-After": "60"})
            raise HTTPException(401, "Not accepted.")
        try:
            event = read(body, answers.now())
        except NotUnderstood as error:
            raise HTTPException(422, f"It is not understood: {error}.") from error
        if isinstance(event, Nothing):
            return PagerDutyTaken(taken=0, because=[event.because])
        try:
            async with asyncio.timeout(WITHIN_SECONDS):
                return await answers.take(channel, account.api, event)
        except Refused as error:  # to send it again would change nothing
            about = {"channel": channel, "incident": event.incident_id, "reason": str(error)}
            logger.error("what was acknowledged in PagerDuty is not taken", extra=about)
            return PagerDutyTaken(taken=0, because=[str(error)])
        except (Away, TimeoutError) as error:
            about = {"channel": channel, "incident": event.incident_id, "reason": str(error)}
            logger.warning("what was acknowledged in PagerDuty has to wait", extra=about)
            raise HTTPException(503, NOT_YET, {"Retry-After": "60"}) from error

    return router
