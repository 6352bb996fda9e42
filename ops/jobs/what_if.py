"""The kind of job that folds the past again under another configuration."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import AsyncConnection
from pydantic import BaseModel

from command_side import event_store, policies
from command_side.excuses import book_of
from config import loading
from config.loading import Loaded
from config.problems import ConfigError
from config.versions import PolicyBook
from engine.notify.channel_types import CHANNEL_TYPES
from engine.sla.instants import micros, moment
from ops.accepted import built
from ops.jobs.divided import divided
from ops.jobs.work import Refused, Say, Work
from ops.pools import connected
from query_side.audit.what_if import answer
from query_side.audit.what_if.simulating import SLICES, Supposing
from query_side.audit.what_if.sums import By, Grouping, Sums


class Given(BaseModel):
    """What a job is told."""

    config: str
    """The YAML that is supposed."""
    changes: dict[str, Any] | None = None
    """From which it was made, for whoever looks at the job."""
    since: datetime | None = None
    until: datetime | None = None
    group_by: list[Grouping] = ["tier", "priority", "clock"]
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class _Prepared:
    supposing: Supposing
    warnings: list[str]
    tickets: int
    pending: bool


def run(work: Work, say: Say) -> Any:
    """A `WhatIf`. Raises Refused."""
    given = Given.model_validate(work.input)
    prepared = asyncio.run(_prepared(work, given))
    supposing = prepared.supposing
    share = partial(_share, work.conninfo, supposing)
    sums = Sums()
    for found in divided(share, SLICES, prepared.tickets, say):
        sums.add(found)
    return answer.answer(
        sums,
        supposing.by,
        at=moment(supposing.at),
        position=supposing.position,
        since=supposing.since,
        until=supposing.until,
        policy_version=supposing.book.current.version,
        pending=prepared.pending,
        warnings=prepared.warnings,
    ).model_dump(mode="json", exclude_unset=True)


def as_csv(result: Any) -> str:
    """The groups, before and after."""
    return answer.as_csv(result)


async def _prepared(work: Work, given: Given) -> _Prepared:
    async with await connected(work.conninfo) as conn:
        # First how far the log counts: whatever it says until then, the books know. What was
        # recorded after the work was taken, and before it began, counts to when it was.
        position = await event_store.last_position(conn)
        newest = await event_store.last_recorded_at(conn)
        at = work.at if newest is None else max(work.at, micros(newest))
        book = await known(conn)
        loaded = supposed(work, given.config, book)
        supposing = Supposing(
            loaded.policy,
            book,
            await book_of(conn),
            at,
            position,
            By(given.group_by, ZoneInfo(given.time_zone)),
            given.since,
            given.until,
        )
        pending = await policies.last_applied(conn) < book.current.version
        tickets = await supposing.count(conn)
        return _Prepared(supposing, loaded.warnings, tickets, pending)


async def known(conn: AsyncConnection[Any]) -> PolicyBook:
    """Every version that was ever in force. Raises Refused."""
    book = PolicyBook()
    try:
        for one in await policies.accepted(conn):
            book.add(built(one))
    except ConfigError as error:
        raise Refused(str(error)) from error
    if book.newest is None:
        raise Refused("No configuration was ever in force here: there is nothing to compare.")
    return book


def supposed(work: Work, text: str, book: PolicyBook) -> Loaded:
    """The next version, accepted now. Whoever took the request has read it before, desks too."""
    return loading.load(
        text,
        version=book.current.version + 1,
        accepted_at=work.at,
        warning=work.warning,
        critical=work.critical,
        channel_types=CHANNEL_TYPES,
        name="config",
    )


def _share(
    conninfo: str, supposing: Supposing, slices: Iterator[int], done: Callable[[int], None]
) -> Sums:
    """In a process of its own."""

    async def simulated() -> Sums:
        async with await connected(conninfo) as conn:
            return await supposing.simulate(conn, slices, done)

    return asyncio.run(simulated())
