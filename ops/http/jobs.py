"""The routes of jobs: how far they are, and what came of them; any process answers for each."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from ops.jobs import table
from ops.jobs.kinds import KINDS
from ops.jobs.planned import OpenTickets
from ops.jobs.table import Jobs, State
from query_side.audit.what_if.answer import WhatIf
from query_side.reading import Instant
from query_side.reports.attainment import Attainment
from query_side.reports.cycles import CyclePage
from query_side.reports.worst import Worst

MANY: Final[dict[int | str, dict[str, Any]]] = {
    429: {"description": "So many jobs wait already that it would take long."}
}
"""What the OpenAPI document says of an operation that asks for one."""


class Job(BaseModel):
    """Long work that somebody has asked for."""

    job_id: UUID
    kind: str = Field(description=f"What kind of work: {', '.join(KINDS)}")
    state: State = Field(description="waiting, running, done, failed or cancelled")
    created_at: Instant = Field(description="When it was asked for")
    started_at: Instant | None = Field(description="By whoever does it; null: it waits")
    ended_at: Instant | None = Field(description="Null: it is not over")
    done: int = Field(description="How much of `total` is done")
    total: int | None = Field(description="Tickets, where it counts tickets; null: not known yet")
    remaining_seconds: float | None = Field(
        description="Until it is done, by how long it took so far; null: it does not run, or it is"
        " too early to say"
    )
    error: str | None = Field(description="Why it failed; null: it has not")
    href: str = Field(description="Its address; whoever may read may be sent it")

    @classmethod
    def of(cls, job: table.Job, now: datetime) -> "Job":
        """As it stands at `now`."""
        return cls(
            job_id=job.job_id,
            kind=job.kind,
            state=job.state,
            created_at=job.created_at,
            started_at=job.started_at,
            ended_at=job.ended_at,
            done=job.done,
            total=job.total,
            remaining_seconds=job.remaining_seconds(now),
            error=job.error,
            href=f"/jobs/{job.job_id}",
        )


class WholeJob(Job):
    """One job with what was asked, and what came of it."""

    input: Any = Field(description="What was asked, as its kind has it")
    result: WhatIf | OpenTickets | Attainment | CyclePage | Worst | None = Field(
        description="The answer, as its kind has it; null: there is none (yet)"
    )


class JobList(BaseModel):
    """Those asked for last come first."""

    items: list[Job]


class Asked(BaseModel):
    """In which form."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["json", "csv"] = Field(
        "json", description="csv: the table of the result, for a spreadsheet"
    )


class Newest(BaseModel):
    """How many."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=500)


class Asking:
    """How a job is asked for: whoever asks is told its address, and does not wait for it."""

    def __init__(self, jobs: Jobs, now: Callable[[], datetime], asked: Callable[[], None]) -> None:
        """`asked` is called once there is a job more."""
        self._jobs, self.now, self._asked = jobs, now, asked

    async def ask(self, kind: str, given: dict[str, Any], response: Response) -> Job:
        """The job, waiting. Raises TooManyJobs."""
        at = self.now()
        found = Job.of(await self._jobs.ask(kind, given, at), at)
        self._asked()
        response.headers["Location"] = found.href
        return found


def build(jobs: Jobs, now: Callable[[], datetime]) -> APIRouter:
    """The routes over built parts."""
    router = APIRouter(prefix="/jobs", tags=["Jobs"])

    @router.get("", operation_id="list_jobs", summary="What was asked for, and how far it is")
    async def newest(question: Annotated[Newest, Query()]) -> JobList:
        """Without what was asked and what came of it: each job's own address has that."""
        at = now()
        return JobList(items=[Job.of(job, at) for job in await jobs.newest(question.limit)])

    @router.get(
        "/{job_id}",
        operation_id="get_job",
        summary="How far a job is, and what came of it",
        response_model=WholeJob,
        responses={
            200: {"content": {"text/csv": {"schema": {"type": "string"}}}},
            409: {"description": "There is no table: it is not done."},
        },
    )
    async def one(job_id: UUID, asked: Annotated[Asked, Query()]) -> Response:
        """Jobs that are over are kept for 30 days, the newest 500 of them. Ask again every second
        or so while it is under way."""
        found = await jobs.find(job_id)
        if asked.format == "json":
            # As it was stored, perhaps by an earlier release: it is not read again.
            known = Job.of(found, now()).model_dump(mode="json")
            return JSONResponse({**known, "input": found.input, "result": found.result})
        if found.result is None:
            raise HTTPException(409, f"This job is {found.state}: there is no table yet.")
        name = f"{found.kind}-{found.job_id}.csv"
        return Response(
            KINDS[found.kind]().as_csv(found.result),
            media_type="text/csv",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    @router.delete("/{job_id}", operation_id="cancel_job", summary="Cancel a job")
    async def cancel(job_id: UUID) -> Job:
        """Whoever does it stops within a second or two. One that is over stays as it is. All jobs
        wait in one queue, so that whoever may ask for one may cancel any: nothing is lost by it
        that cannot be asked for again."""
        await jobs.cancel(job_id, now())
        return Job.of(await jobs.find(job_id), now())

    return router
