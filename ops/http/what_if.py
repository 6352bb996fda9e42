"""The route by which a configuration is supposed: what would have been, as a job."""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel, Field
from pydantic_core import to_json

from command_side.bodies import Command, Members
from command_side.deciding.problems import Problem
from command_side.intake.item import Malformed, Moment
from config.changes import NAME, changed
from config.movable import movable
from config.problems import ConfigError
from config.versions import PolicyBook
from engine.sla.policy import UnknownVersion
from ops.applying import Applying
from ops.http.jobs import MANY, Asking, Job
from query_side.audit.what_if.sums import Grouping
from query_side.time_zones import Zone

CONFIG = "config"
MOST_CHANGES = 100_000
"""Bytes."""


class Supposed(Command):
    """A configuration, whole or by what is other than in the one in force."""

    config: str | None = Field(
        None, description="The YAML, as the file would have it; null: `changes` says what is other."
    )
    changes: Members | None = Field(
        None,
        description="A JSON merge patch of the configuration in force: keys that are named change,"
        " null takes one away. Blocks in a list, such as `rules`, go by their names.",
        examples=[{"sla_targets": {"ENTERPRISE": {"P0": {"resolution": "2h"}}}}],
    )
    about: Literal["past", "open_tickets"] = Field(
        "past",
        description="past: what would have been, had it always been in force. open_tickets: what"
        " would become of the tickets as they are, were it in force now.",
    )
    since: Moment | None = Field(None, description="Tickets opened since then; null: all.")
    until: Moment | None = Field(None, description="Tickets opened before then; null: all.")
    group_by: list[Grouping] = Field(
        default_factory=lambda: ["tier", "priority", "clock"],
        min_length=1,
        max_length=10,
        description="What groups are told by, in this order.",
    )
    time_zone: Zone = Field("UTC", description="Of days, weeks and months.")


class Target(BaseModel):
    """What one clock is promised somewhere."""

    path: list[str] = Field(description="The way to it in `changes`")
    instead_of: str | None = Field(
        description="A key beside it that has to become null: resolution_minutes; null: none"
    )
    promised: str = Field(description="The tier or the rule")
    priority: str
    clock: str
    team: str | None = Field(description="Where a team has a target of its own; null: everybody")
    value: str = Field(description="As it is written: 4h, 2bd")
    seconds: int | None = Field(description="Null: it counts working days")


class CalendarOf(BaseModel):
    """By which calendar is counted somewhere."""

    path: list[str] = Field(description="The way to it in `changes`")
    promised: str | None = Field(description="The tier or the rule; null: everywhere else")
    value: str | None = Field(description="Its name; null: that of everywhere else")


class Movables(BaseModel):
    """What of the configuration in force can be moved without its text."""

    policy_version: int = Field(description="Of the configuration in force")
    config: str = Field(description="The YAML in force")
    targets: list[Target] = Field(description="By tier or rule, priority and clock")
    calendars: list[CalendarOf] = Field(description="Of everywhere, then by tier or rule")
    calendar_names: list[str] = Field(description="Those that there are")
    warning_percent: float = Field(description="Of a target, that remains at a warning")
    critical_percent: float = Field(description="The same when it becomes critical")


def build(applying: Applying, book: PolicyBook, asking: Asking) -> APIRouter:
    """The routes over built parts."""
    router = APIRouter(tags=["Jobs"])
    shown: Movables | None = None

    @router.get(
        "/what-if",
        operation_id="get_what_if",
        summary="What of the configuration can be moved without its text",
    )
    async def movables() -> Movables:
        """Targets, calendars and thresholds, each with the way to it in `changes`."""
        nonlocal shown
        newest = book.newest
        if newest is None:
            raise UnknownVersion("no configuration has been accepted yet")
        version = newest.policy.version
        if shown is None or shown.policy_version != version:  # a large one is long in reading
            found = asdict(await asyncio.to_thread(movable, newest))
            shown = Movables(policy_version=version, config=newest.content, **found)
        return shown

    @router.post(
        "/what-if",
        status_code=202,
        operation_id="ask_what_if",
        summary="What another configuration would have made of the past",
        responses=MANY,
    )
    async def suppose(body: Annotated[Supposed, Body()], response: Response) -> Job:
        """Every ticket of the time is folded twice, as it was and as if this configuration had
        always been in force; nothing is written but the job, whose address says how far it is, and
        what came of it: attainment by group, the cycles whose verdict would be another one, alerts
        and escalations by day, breaches by team, and whether the past, counted again as it was,
        has the verdicts that it had. About `open_tickets` it says what `/config/preview` does, and
        whose deadline would be another one."""
        text = await _read(applying, book, body)
        if body.about == "open_tickets" and (body.since or body.until):
            raise Malformed([Problem(("body", "since"), "is of the past, as is `until`")])
        if body.since and body.until and body.since >= body.until:
            raise Malformed([Problem(("body", "until"), "must be after `since`")])
        given: dict[str, Any] = {"config": text, "changes": body.changes}
        if body.about == "open_tickets":
            return await asking.ask("planned_change", given, response)
        given |= {
            "since": body.since,
            "until": body.until,
            "group_by": list(dict.fromkeys(body.group_by)),
            "time_zone": body.time_zone,
        }
        return await asking.ask("what_if", given, response)

    return router


async def _read(applying: Applying, book: PolicyBook, body: Supposed) -> str:
    """The YAML, which holds. Raises Malformed with all that is wrong."""
    if body.config is None and body.changes is None:
        raise Malformed([Problem(("body", CONFIG), "say what is supposed, or give `changes`")])
    if body.config is not None and body.changes is not None:
        raise Malformed([Problem(("body", NAME), "are of the configuration in force: no `config`")])
    if len(to_json(body.changes)) > MOST_CHANGES:
        message = f"have more than {MOST_CHANGES:,} bytes: give the whole YAML as `config`"
        raise Malformed([Problem(("body", NAME), message)])
    try:
        text = body.config
        if text is None:
            newest = book.newest
            text = "{}" if newest is None else newest.content
            text = await asyncio.to_thread(changed, text, body.changes or {})
        await applying.read(text, None, by="", reason="", name=CONFIG)
    except ConfigError as error:
        if error.name not in (CONFIG, NAME):  # one that is in the log
            raise
        raise Malformed(list(_wrong(error, body))) from error
    return text


def _wrong(error: ConfigError, body: Supposed) -> Iterator[Problem]:
    """Each at its line, or at its key: nobody has seen the lines of what was changed."""
    for one in error.problems:
        if body.config is not None:
            yield Problem(("body", CONFIG), one.sentence(CONFIG))
        else:
            yield Problem(("body", NAME, *one.key.split(".")), one.message)
