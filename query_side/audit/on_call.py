"""READ: who is on call, was, and will be, by what is known or was known at any instant."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, LiteralString

from fastapi import APIRouter, Path, Query
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field

from command_side.deciding.casefile import PolicyBook
from command_side.deciding.on_call import RotaBook
from command_side.on_call import book_of
from engine.sla.instants import micros, moment
from engine.sla.rotations import Plan, Rotation
from query_side.errors import NotFound
from query_side.reading import Asked, Instant, KnownAt

SOON = timedelta(days=14)
STALE_AFTER = timedelta(hours=24)
"""A calendar may be out of reach for a while; then it is said."""
ROWS: LiteralString = "select * from on_call_calendars"


class PersonOnCall(BaseModel):
    """Somebody who is on call."""

    person: str = Field(description="Key of the configuration's `people`")
    level: int = Field(description="From this escalation level on")
    until: Instant


class NextOnCall(BaseModel):
    """Somebody who is on call next."""

    person: str = Field(description="Key of the configuration's `people`")
    level: int = Field(description="From this escalation level on")
    since: Instant = Field(serialization_alias="from", description="The first instant of it")
    until: Instant


class GapOnCall(BaseModel):
    """A time at which nobody is on call."""

    since: Instant = Field(serialization_alias="from", description="The first instant of it")
    until: Instant


class UnknownPerson(BaseModel):
    """Somebody whom a calendar names, and the configuration does not."""

    said: str = Field(description="As the calendar says it")
    since: Instant = Field(serialization_alias="from", description="The first instant of it")


class OnCall(BaseModel):
    """One rotation at an instant."""

    name: str = Field(description="Of the rotation")
    at: Instant
    known_at: Instant | None = Field(description="By what was known then; null: now")
    now: list[PersonOnCall] = Field(description="On every level; empty: the fallback is told")
    next: list[NextOnCall] = Field(description="Who begins first after that")
    fallback: list[str] = Field(description="Whom it tells when nobody is on call, by key")
    gaps: list[GapOnCall] = Field(description="In the 14 days from then on")
    unknown: list[UnknownPerson] = Field(description="In the next 14 days")
    doubts: list[str] = Field(description="What else of the calendars was not understood")
    version: int | None = Field(description="Of what the calendars said; null: none was known yet")
    read_at: Instant | None = Field(description="When all its calendars could be read last")
    error: str | None = Field(description="Why they could not be read since")
    stale: bool = Field(description="They could not be read for more than 24 hours")


class Rotations(BaseModel):
    """All rotations of the configuration."""

    items: list[OnCall] = Field(description="In the order of the configuration")


At = Annotated[Asked | None, Query(description="Who is on call then; by default now")]


def build(
    pool: AsyncConnectionPool[AsyncConnection[Any]],
    book: PolicyBook,
    now: Callable[[], datetime],
) -> APIRouter:
    """The routes of who is on call."""
    router = APIRouter(prefix="/on-call", tags=["Queries"])

    async def read() -> tuple[RotaBook, dict[str, dict[str, Any]]]:
        async with pool.connection() as conn, conn.cursor(row_factory=dict_row) as cursor:
            rows = await (await cursor.execute(ROWS)).fetchall()
            return await book_of(conn), {row["rotation"]: row for row in rows}

    @router.get("", operation_id="list_on_call", summary="Who is on call")
    async def everybody() -> Rotations:
        """Every rotation now."""
        rotas, rows = await read()
        rotations, at = book.all[-1].rotations, now()
        return Rotations(
            items=[
                _on_call(one, rotas, rows.get(name), at, None, at)
                for name, one in rotations.items()
            ]
        )

    @router.get(
        "/{name:path}", operation_id="get_on_call", summary="Who is on call of one rotation"
    )
    async def one(
        name: Annotated[str, Path(description="Of the rotation, as the configuration has it")],
        at: At = None,
        known_at: KnownAt = None,
    ) -> OnCall:
        """At an instant, by default now, also one to come; with `known_at` by what the calendars
        said then: who should have been told last night, as it was known last night."""
        rotation = book.all[-1].rotations.get(name)
        if rotation is None:
            raise NotFound(f"there is no rotation {name!r}")
        rotas, rows = await read()
        then = at or known_at or now()
        return _on_call(rotation, rotas, rows.get(name), then, known_at, now())

    return router


def _on_call(
    rotation: Rotation,
    rotas: RotaBook,
    row: dict[str, Any] | None,
    at: datetime,
    known_at: datetime | None,
    now: datetime,
) -> OnCall:
    then = micros(at)
    version = rotas.version(rotation.name, then, micros(known_at or now))
    plan = Plan() if version is None else version.plan
    soon = micros(at + SOON)
    read_at = None if row is None else row["read_at"]
    return OnCall(
        name=rotation.name,
        at=at,
        known_at=known_at,
        now=[
            PersonOnCall(person=one.person, level=one.level, until=moment(plan.until(one, then)))
            for one in plan.standing(then)
        ],
        next=[
            NextOnCall(
                person=one.person, level=one.level, since=moment(one.start), until=moment(one.end)
            )
            for one in plan.coming(then)
        ],
        fallback=list(rotation.fallback),
        gaps=[
            GapOnCall(since=moment(start), until=moment(end))
            for start, end in plan.gaps(then, min(soon, version.until) if version else soon)
        ],
        unknown=[
            UnknownPerson(said=one["said"], since=moment(one["start"]))
            for one in (row["strangers"] if row else ())
        ],
        doubts=row["doubts"] if row else [],
        version=None if version is None else version.number,
        read_at=read_at,
        error=None if row is None else row["error"],
        stale=read_at is None or now - read_at > STALE_AFTER,
    )
