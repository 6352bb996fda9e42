"""The routes of excused time: whoever may grant it ends and withdraws it, too."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from itertools import islice
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field

from command_side import excuse_preview
from command_side.bodies import Command, Members, Name, Reason, Text
from command_side.deciding.casefile import PolicyBook
from command_side.deciding.problems import Problem
from command_side.excuses import MOST_WINDOWS, Excuses, Offer
from command_side.intake.item import Malformed, Moment
from command_side.intake.wording import hint, near
from command_side.previewed import Previewed
from command_side.recurring import NoRule, occurrences
from engine.sla.calendar import FAR_FUTURE
from engine.sla.conditions import FIELDS, UnknownField, condition
from engine.sla.excuses import Windows
from engine.sla.instants import micros
from engine.sla.policy import Policy

MOST_CONDITIONS = MOST_WARNINGS = 100
Words = Annotated[list[Name], Field(min_length=1, max_length=100)]


class NewExcuse(Command):
    """Time that shall not count, half-open."""

    since: Moment = Field(alias="from", description="The first instant that does not count.")
    until: Moment | None = Field(None, description="Counts again; null: it is going on.")
    match: Members = Field(
        default_factory=dict[str, Any],
        description="What a ticket must say of itself within the window, as in `when` of a rule:"
        ' all of it; a list: any of them, null: nothing, "*": something.',
        examples=[{"team": "payments", "priority": ["P0", "P1"]}],
    )
    unless: Members = Field(
        default_factory=dict[str, Any], description="What it must not say, none of it."
    )
    everything: bool = Field(False, description="True: every ticket; `match` is empty then.")
    clocks: Words | None = Field(None, description="Null: all of them.")
    reason: Reason
    by: Name
    rrule: Annotated[Text, Field(min_length=1)] | None = Field(
        None,
        description="How the window recurs (RFC 5545), with COUNT or UNTIL, in `time_zone`.",
        examples=["FREQ=WEEKLY;BYDAY=SU;COUNT=10"],
    )
    time_zone: Name | None = Field(
        None, description="In whose local time it recurs.", examples=["Europe/Berlin"]
    )


class EndExcuse(Command):
    """Time counts again."""

    at: Moment | None = Field(None, description="From then on; null: from now on.")
    by: Name


class ExcuseRecorded(BaseModel):
    """It is in the log, and will be applied to every ticket that it concerns."""

    excuse_id: UUID
    position: int
    warnings: list[str] = Field(
        default_factory=list[str], description="Such as a tier that no ticket is promised by."
    )


class ExcusePreviewed(Previewed):
    """What would become of the tickets that it concerns; nothing is written."""

    warnings: list[str] = Field(description="Such as a tier that no ticket is promised by.")


def build(
    pool: AsyncConnectionPool[AsyncConnection[Any]],
    book: PolicyBook,
    excuses: Excuses,
    now: Callable[[], datetime],
    *,
    correlation_id: Callable[[], str | None],
) -> APIRouter:
    """The routes over built parts."""
    router = APIRouter(tags=["Excuses"])

    @router.post(
        "/excuses/preview",
        operation_id="preview_excuse",
        summary="What an excuse would change, before it is granted",
    )
    async def preview(body: Annotated[NewExcuse, Body()]) -> ExcusePreviewed:
        """Every ticket that it may concern is counted twice: this takes a while where they are
        many."""
        offer, at = await read(body, book.all), now()
        excuses.refuse_too_many(offer)
        async with pool.connection() as conn:
            found = await excuse_preview.preview(
                conn, book, excuses.book, offer.agreement(at), now=at
            )
        return ExcusePreviewed.of(found, warnings=unlikely(offer.match, book.all))

    @router.post(
        "/excuses",
        status_code=201,
        operation_id="grant_excuse",
        summary="Agree that some time does not count",
    )
    async def grant(body: Annotated[NewExcuse, Body()]) -> ExcuseRecorded:
        """Deadlines move behind it, of every cycle that it overlaps: those that have ended, too. A
        window that is known beforehand counts in deadlines at once. Alerts that are no longer true
        are withdrawn."""
        offer = await read(body, book.all)
        excuse_id, position = await excuses.grant(offer, now=now(), correlation_id=correlation_id())
        return ExcuseRecorded(
            excuse_id=excuse_id, position=position, warnings=unlikely(offer.match, book.all)
        )

    @router.post(
        "/excuses/{excuse_id}/end",
        operation_id="end_excuse",
        summary="Let time count again",
        responses={409: {"description": "It was ended before, or its time is over by then."}},
    )
    async def end(excuse_id: UUID, body: Annotated[EndExcuse, Body()]) -> ExcuseRecorded:
        """Once; what lies before stays excused."""
        at = now()
        position = await excuses.end(
            excuse_id, at=body.at or at, by=body.by, now=at, correlation_id=correlation_id()
        )
        return ExcuseRecorded(excuse_id=excuse_id, position=position)

    @router.delete(
        "/excuses/{excuse_id}",
        operation_id="withdraw_excuse",
        summary="Withdraw an excuse whole",
    )
    async def withdraw(
        excuse_id: UUID,
        by: Annotated[Name, Query(description="Who withdraws it.")],
        reason: Annotated[Name, Query(description="Why.")],
    ) -> ExcuseRecorded:
        """All is as if it had never been, but for the log."""
        position = await excuses.withdraw(
            excuse_id, reason=reason, by=by, now=now(), correlation_id=correlation_id()
        )
        return ExcuseRecorded(excuse_id=excuse_id, position=position)

    return router


async def read(body: NewExcuse, policies: Collection[Policy]) -> Offer:
    """Raises Malformed with all that is wrong."""
    problems: list[Problem] = []

    def wrong(member: str, what: str) -> None:
        problems.append(Problem(("body", member), what))

    if body.until is not None and body.until <= body.since:
        wrong("until", "must be after `from`")
    conditions = bool(body.match or body.unless)
    if body.everything and conditions:
        wrong("everything", "and conditions are a contradiction")
    elif not body.everything and not conditions:
        wrong("match", "names no condition: say `everything: true` if every ticket is meant")
    for member, written in (("match", body.match), ("unless", body.unless)):
        if len(written) > MOST_CONDITIONS:
            wrong(member, f"has more than {MOST_CONDITIONS} conditions")
        for field, accepted in islice(written.items(), MOST_CONDITIONS):
            try:
                condition(field, accepted)
            except UnknownField:
                wrong(member, _unknown("condition", field, (*FIELDS, "fields.<name>")))
            except ValueError as error:
                wrong(member, f"{field} {error}")
    known = {clock for policy in policies for clock in policy.clocks}
    for name in body.clocks or ():
        if name not in known:
            wrong("clocks", _unknown("clock", name, known))
    windows: Windows = (
        (micros(body.since), FAR_FUTURE if body.until is None else micros(body.until)),
    )
    if body.rrule is None:
        if body.time_zone is not None:
            wrong("time_zone", "is of those that recur: say how by `rrule`")
    elif body.until is None or body.time_zone is None:
        wrong("rrule", "needs an `until`, and the `time_zone` in which it recurs")
    elif not problems:
        try:
            windows = await asyncio.to_thread(
                occurrences,
                body.since,
                body.until,
                body.rrule,
                body.time_zone,
                most=MOST_WINDOWS,
            )
        except NoRule as error:
            wrong(error.member, str(error))
    if problems:
        raise Malformed(problems)
    return Offer(
        windows,
        body.match,
        body.unless,
        body.clocks,
        body.reason,
        body.by,
        body.rrule,
        body.time_zone,
    )


def _unknown(kind: str, name: str, known: Collection[str]) -> str:
    return f"there is no {kind} {name[:100]!r}; {hint(name, known)}"


def unlikely(match: Mapping[str, Any], policies: Collection[Policy]) -> list[str]:
    """Values that no promise names, each with what it may mean: the excuse matches nothing then."""
    promised: dict[str, set[str]] = {"customer_tier": set(), "priority": set()}
    for policy in policies:
        for tier, priority in policy.plans:
            promised["customer_tier"].add(tier)
            promised["priority"].add(priority)
    found = (
        f"nothing is promised to the {name.replace('_', ' ')} {value[:100]!r}"
        + (f"; did you mean {meant!r}?" if (meant := near(value, known)) else "")
        for name, accepted in match.items()
        if (known := promised.get(name)) is not None
        for value in condition(name, accepted).written
        if value.casefold() not in known
    )
    return list(islice(found, MOST_WARNINGS))
