"""The routes of silences: made, and ended before their time."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Body, Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticKnownError

from command_side.bodies import Command, Name, Reason, Text
from command_side.deciding.problems import Problem
from command_side.excuses import MOST_WINDOWS
from command_side.intake.item import Malformed, Moment
from command_side.matching import impossible
from command_side.recurring import NoRule, occurrences
from command_side.silences import LONG_AGO, Quiet, Silences
from engine.sla.conditions import OWN, is_own
from engine.sla.excuses import Windows
from engine.sla.instants import micros
from engine.sla.matching import of_silences
from engine.sla.policy import Policy


def _matched(name: str) -> str:
    if name not in (known := of_silences()) and not is_own(name):
        expected = ", ".join(map(repr, (*known, f"{OWN}<name>")))
        raise PydanticKnownError("literal_error", {"expected": expected})
    return name


def _texts(accepted: object) -> object:
    """A number is a text, as in the routes of the file: `[3]` is a level."""
    if not isinstance(accepted, list):
        return accepted
    return [str(one) if type(one) is int else one for one in cast("list[object]", accepted)]


_NAMES = {
    "type": "string",
    "anyOf": [{"enum": of_silences()}, {"pattern": "^fields[.]."}],
}
Matchers = dict[
    Annotated[str, AfterValidator(_matched), WithJsonSchema(_NAMES)],
    Annotated[list[Name | None], BeforeValidator(_texts), Field(min_length=1, max_length=100)],
]


class NewSilence(Command):
    """Mutes matching alerts for a while, also again and again; they are recorded all the same."""

    matchers: Annotated[Matchers, Field(min_length=1)] = Field(
        description="What is muted: all of it must match, each by any of its values, as in"
        ' `match` of a route. Null: nothing; "*": something; a level also as ">=3".',
        examples=[{"customer_tier": ["standard"], "severity": ["warning", "critical"]}],
    )
    since: Moment | None = Field(
        None, alias="from", description="Nothing is muted before; null: it begins at once."
    )
    until: Moment = Field(description="Mutes no more from then on; of one that recurs, the first.")
    by: Name
    reason: Reason
    rrule: Annotated[Text, Field(min_length=1)] | None = Field(
        None,
        description="How it recurs (RFC 5545), with COUNT or UNTIL, in `time_zone`.",
        examples=["FREQ=WEEKLY;BYDAY=SU;COUNT=10"],
    )
    time_zone: Name | None = Field(
        None, description="In whose local time it recurs.", examples=["Europe/Berlin"]
    )


class SilenceRecorded(BaseModel):
    """It is in the log."""

    silence_id: UUID
    position: int


def build(
    silences: Silences,
    policies: Callable[[], Sequence[Policy]],
    now: Callable[[], datetime],
    *,
    correlation_id: Callable[[], str | None],
) -> APIRouter:
    """The routes over built parts."""
    router = APIRouter(tags=["Commands"])

    @router.post(
        "/silences",
        status_code=201,
        operation_id="create_silence",
        summary="Mute what matches, for a while",
    )
    async def silence(body: Annotated[NewSilence, Body()]) -> SilenceRecorded:
        """What matches within a window is recorded, and not sent; what is still so when the window
        ends, and that nobody has acknowledged, is told then: once, and of many tickets in one
        message."""
        at = now()
        quiet = await read(body, policies(), at)
        silence_id, position = await silences.create(quiet, now=at, correlation_id=correlation_id())
        return SilenceRecorded(silence_id=silence_id, position=position)

    @router.delete(
        "/silences/{silence_id}", operation_id="end_silence", summary="End a silence now"
    )
    async def end_silence(
        silence_id: UUID, by: Annotated[Name | None, Query(description="Who ends it.")] = None
    ) -> SilenceRecorded:
        """What it muted and is still so is told now, once, by the engine's next look. One that is
        planned never begins."""
        position = await silences.end(silence_id, now=now(), correlation_id=correlation_id(), by=by)
        return SilenceRecorded(silence_id=silence_id, position=position)

    return router


async def read(body: NewSilence, policies: Sequence[Policy], at: datetime) -> Quiet:
    """Raises Malformed with all that is wrong."""
    matchers = {str(name): values for name, values in body.matchers.items()}
    problems = impossible(matchers, policies)

    def wrong(member: str, what: str) -> None:
        problems.append(Problem(("body", member), what))

    if body.since is not None and body.until <= body.since:
        wrong("until", "must be after `from`")
    windows: Windows = (
        (LONG_AGO if body.since is None else micros(body.since), micros(body.until)),
    )
    if body.rrule is None:
        if body.time_zone is not None:
            wrong("time_zone", "is of those that recur: say how by `rrule`")
    elif body.since is None or body.time_zone is None:
        wrong("rrule", "needs a `from`, and the `time_zone` in which it recurs")
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
    if windows[-1][1] <= micros(at):
        is_one = body.rrule is None
        what = "must lie ahead" if is_one else "comes to windows that are all over"
        wrong(
            "until" if is_one else "rrule", f"{what}: it is {at.isoformat(timespec='seconds')} here"
        )
    if problems:
        raise Malformed(problems)
    return Quiet(matchers, windows, body.reason, body.by, body.rrule, body.time_zone)
