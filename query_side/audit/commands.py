"""AUDIT: what people have done: who, what, when, and by what it was shown who they are."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, ConfigDict, Field

from command_side.acting import TOKEN
from command_side.deciding.events import (
    ExcuseEnded,
    ExcuseGranted,
    ExcuseWithdrawn,
    OperatorActed,
    PolicyAccepted,
    SilenceCreated,
    SilenceEnded,
    Ticket,
    TokenMade,
    TokenRevoked,
)
from command_side.event_store import Recorded, read_commands
from query_side.reading import Asked, Instant
from query_side.spreadsheet import as_csv

Names = Literal[
    "acknowledge",
    "apply_config",
    "create_silence",
    "end_excuse",
    "end_silence",
    "grant_excuse",
    "make_token",
    "operate",
    "revoke_token",
    "snooze",
    "withdraw_excuse",
]
NAMES: Final[Mapping[str, Names]] = {
    Ticket.Acknowledged.TOPIC: "acknowledge",
    Ticket.Snoozed.TOPIC: "snooze",
    SilenceCreated.TOPIC: "create_silence",
    SilenceEnded.TOPIC: "end_silence",
    ExcuseGranted.TOPIC: "grant_excuse",
    ExcuseEnded.TOPIC: "end_excuse",
    ExcuseWithdrawn.TOPIC: "withdraw_excuse",
    PolicyAccepted.TOPIC: "apply_config",
    TokenMade.TOPIC: "make_token",
    TokenRevoked.TOPIC: "revoke_token",
    OperatorActed.TOPIC: "operate",
}
AT_ONCE: Final = 1000
"""Events that are looked at together."""
MOST: Final = 100_000
"""Rows of one file: it is made while somebody waits."""
NAMED: Final = "SELECT ticket_id, external_id FROM heads WHERE ticket_id = ANY(%s)"
COLUMNS: Final = (
    *("position", "recorded_at", "command", "by", "through", "about", "ticket_id", "reason"),
    "correlation_id",
)


class CommandGiven(BaseModel):
    """Something that somebody has done."""

    position: int = Field(description="In the log of everything")
    recorded_at: Instant
    command: Names = Field(description="What was done")
    by: str | None = Field(
        description="Who it was, as they said; null: nobody said, or it has been erased"
    )
    through: str | None = Field(
        description="By what that was shown: `token:` and the name of the token; `proxy`: that it"
        " was `by`, a proxy has sworn; `cli`: by having the database; null: nobody was asked, as"
        " for a file that was saved, or a press in a message"
    )
    about: str = Field(
        description="The external id, the silence, the excuse, the version, the token, or what an"
        " operator did"
    )
    ticket_id: UUID | None = Field(description="Null: it is about no ticket alone")
    reason: str | None = Field(description="Why, or the note; null: nothing was said")
    correlation_id: str | None


class CommandsGiven(BaseModel):
    """A page of them, the oldest first."""

    items: list[CommandGiven]
    next_after: int = Field(description="Pass as `after` for the next page")


class Question(BaseModel):
    """Which are asked for."""

    model_config = ConfigDict(extra="forbid")

    who: str | None = Field(
        None, description="Only what was done by this one, or through the token of this name"
    )
    command: list[Names] = Field(default_factory=list[Names], description="Only these; none: all")
    since: Asked | None = Field(None, description="Only what was recorded from then on")
    until: Asked | None = Field(None, description="Only what was recorded before then")
    after: int = Field(0, ge=0, description="Only what comes after this position")
    limit: int = Field(1000, ge=1, le=10_000)
    format: Literal["json", "csv"] = Field(
        "json", description="csv: for a spreadsheet, all of them unless `limit` is given"
    )

    @property
    def is_whole(self) -> bool:
        """Whether all are asked for: of a file nobody sees that it has another page."""
        return self.format == "csv" and "limit" not in self.model_fields_set


def build(pool: AsyncConnectionPool) -> APIRouter:
    """The route of what was done."""
    router = APIRouter(tags=["Audit"])

    @router.get(
        "/audit/commands",
        operation_id="list_commands",
        summary="Who did what, and when",
        response_model=CommandsGiven,
        responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    )
    async def commands(question: Annotated[Question, Query()]) -> Response:
        """Every command that people or their programs gave, from the log itself: tickets that were
        acknowledged and snoozed, silences, excuses, versions of the configuration, tokens, and what
        operators had done again. What sources report of tickets is not among them: each ticket's
        own events have that."""
        items = list[CommandGiven]()
        async with pool.connection() as conn:
            async for one in _given(conn, question):
                if len(items) == MOST:
                    wrong = f"more than {MOST:,} commands; ask for a shorter time"
                    raise RequestValidationError([{"loc": ("query", "since"), "msg": wrong}])
                items.append(one)
                if len(items) == question.limit and not question.is_whole:
                    break
            await _name_tickets(conn, items)
        if question.format == "csv":
            rows = [one.model_dump(mode="json") for one in items]
            return Response(as_csv(COLUMNS, rows), media_type="text/csv; charset=utf-8")
        after = items[-1].position if items else question.after
        page = CommandsGiven(items=items, next_after=after)
        return Response(page.model_dump_json(), media_type="application/json")

    return router


async def _name_tickets(conn: AsyncConnection, items: Sequence[CommandGiven]) -> None:
    """By what the desk calls them, where the event of it does not say that itself."""
    unnamed = {one.ticket_id for one in items if one.ticket_id and not one.about}
    if not unnamed:
        return
    found = await conn.execute(NAMED, [list(unnamed)])
    names: Mapping[UUID, str] = dict(await found.fetchall())
    for one in items:
        if one.ticket_id and not one.about:
            one.about = names.get(one.ticket_id, str(one.ticket_id))


async def _given(conn: AsyncConnection, asked: Question) -> AsyncIterator[CommandGiven]:
    after, more = asked.after, True
    wanted = None if asked.who is None else asked.who.casefold()
    while more:
        events = await read_commands(conn, after, AT_ONCE, since=asked.since, until=asked.until)
        more = len(events) == AT_ONCE
        for event in events:
            after = event.position
            if asked.command and NAMES[event.topic] not in asked.command:
                continue
            one = _command(event)
            if wanted is None or wanted in _names(one):
                yield one


def _names(one: CommandGiven) -> set[str]:
    through = one.through or ""
    known = (one.by or "", through, through.removeprefix(TOKEN))
    return {name.casefold() for name in known if name}


def _command(event: Recorded) -> CommandGiven:
    """Who did it and what it is about, as far as it is known."""
    body, said = event.body, event.personal
    by, about, reason, ticket = said.by, "", said.reason or said.note, None
    match body:
        case Ticket.Acknowledged():
            about, ticket = body.external_id, event.ticket_id
        case Ticket.Snoozed():
            ticket = event.ticket_id
        case SilenceCreated():
            about, reason = str(body.silence_id), body.reason
        case SilenceEnded():
            about = str(body.silence_id)
        case ExcuseGranted() | ExcuseWithdrawn():
            about, reason = str(body.excuse_id), body.reason
        case ExcuseEnded():
            about = str(body.excuse_id)
        case PolicyAccepted():
            by, about, reason = by or body.author, f"version {body.version}", body.reason or None
        case TokenMade():
            about = f"{body.name} ({body.token_id}): {', '.join(body.scopes)}"
        case TokenRevoked():
            about, reason = body.token_id, body.reason
        case OperatorActed():
            about = f"{body.what} {body.about}".strip() + (f": {body.count}" if body.count else "")
        case _:
            pass  # nothing else is read: NAMES has these topics alone
    return CommandGiven(
        position=event.position,
        recorded_at=event.recorded_at,
        command=NAMES[event.topic],
        by=by,
        through=said.through,
        about=about,
        ticket_id=ticket,
        reason=reason,
        correlation_id=event.correlation_id,
    )
