"""The kind of job that answers a report as it stood, however many tickets have to be replayed."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, Literal, cast

from psycopg.errors import InvalidParameterValue
from pydantic import BaseModel

from engine.sla.instants import moment
from ops.jobs.what_if import known
from ops.jobs.work import Refused, Say, Work
from ops.pools import connected
from query_side import spreadsheet
from query_side.audit.reported.filling import filled
from query_side.reports import attainment, cycles, worst
from query_side.reports.filtering import CycleFilters
from query_side.reports.then import UNKNOWN_THERE, Rows, Stretch

Report = Literal["attainment", "cycles", "worst"]
QUESTIONS: Final[Mapping[Report, type[CycleFilters]]] = {
    "attainment": attainment.Question,
    "cycles": cycles.Question,
    "worst": worst.Question,
}


class Given(BaseModel):
    """What a job is told."""

    report: Report
    question: dict[str, Any]
    """Its parameters, by their names."""


def run(work: Work, say: Say) -> Any:
    """What the report would answer, were it asked. Raises Refused where the time zone is one that
    the database does not know."""
    given = Given.model_validate(work.input)
    question = QUESTIONS[given.report].model_validate(given.question)
    try:
        return asyncio.run(_answer(work, question, say))
    except InvalidParameterValue as error:
        raise Refused(f"time_zone: {question.time_zone} {UNKNOWN_THERE}") from error


async def _answer(work: Work, question: CycleFilters, say: Say) -> Any:
    now = moment(work.at)
    at = question.instant(now)
    since, until = question.period(at)
    asked = Stretch(since, until, at, question.known_at)
    async with await connected(work.conninfo) as conn:
        book = await known(conn)
        async with filled(conn, book, asked, now, done=say) as rows:
            found = await _of(question, rows, asked)
    return found.model_dump(mode="json", by_alias=True, exclude_unset=True)


async def _of(question: CycleFilters, rows: Rows, asked: Stretch) -> BaseModel:
    about: dict[str, Any] = {
        "since": asked.since,
        "until": asked.until,
        "now": rows.now,
        "cycles": rows.cycles,
    }
    match question:
        case attainment.Question():
            return await attainment.attainment(rows.conn, rows.policy, question, **about)
        case cycles.Question():
            return await cycles.listed(rows.conn, question, **about)
        case worst.Question():
            return await worst.worst(rows.conn, question, **about)
        case _:
            raise TypeError(f"{type(question)} is of no report")


def as_csv(result: Any) -> str:
    """The groups, or the rows; addresses and what is nested left out."""
    rows = cast("list[dict[str, Any]]", result.get("groups", result.get("items")))
    names = [
        name
        for name in dict.fromkeys(name for row in rows for name in row)
        if name != "href" and not any(isinstance(row.get(name), dict) for row in rows)
    ]
    names.sort(key=lambda name: name not in attainment.COLUMNS)  # what groups are told by, first
    return spreadsheet.as_csv(names, rows)
