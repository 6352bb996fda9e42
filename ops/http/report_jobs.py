"""The routes by which a report that takes long is asked for: as a job."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from ops.http.jobs import MANY, Asking, Job
from ops.jobs.report import Report
from query_side.reports import attainment, cycles, worst
from query_side.reports.filtering import CycleFilters, written


def build(asking: Asking) -> APIRouter:
    """The routes over built parts."""
    router = APIRouter(prefix="/reports", tags=["Jobs"])

    async def ask(report: Report, question: CycleFilters, response: Response) -> Job:
        at = asking.now()
        question.period(question.instant(at))
        given: dict[str, Any] = question.model_dump(
            mode="json", by_alias=True, exclude_defaults=True, exclude={"wait_for", "format"}
        )
        if question.is_now:
            given["as_of"] = at.isoformat()
        asked = {"report": report, "question": written(given)}
        return await asking.ask("report", asked, response)

    @router.post(
        "/attainment/jobs",
        status_code=202,
        operation_id="ask_attainment",
        summary="How many promises were kept, as a job",
        responses=MANY,
    )
    async def of_attainment(
        question: Annotated[attainment.Question, Query()], response: Response
    ) -> Job:
        """The same question as by GET, for any number of tickets that have to be replayed. The
        job's address says how far it is, and has the answer, also as CSV; `format` says nothing
        here."""
        return await ask("attainment", question, response)

    @router.post(
        "/cycles/jobs",
        status_code=202,
        operation_id="ask_cycles",
        summary="The cycles that reports count, as a job",
        responses=MANY,
    )
    async def of_cycles(question: Annotated[cycles.Question, Query()], response: Response) -> Job:
        """One page of them, as by GET, for any number of tickets that have to be replayed."""
        return await ask("cycles", question, response)

    @router.post(
        "/worst/jobs",
        status_code=202,
        operation_id="ask_worst",
        summary="Who missed most, as a job",
        responses=MANY,
    )
    async def of_the_worst(question: Annotated[worst.Question, Query()], response: Response) -> Job:
        """As by GET, for any number of tickets that have to be replayed."""
        return await ask("worst", question, response)

    return router
