"""The route for Prometheus."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import psycopg
from fastapi import APIRouter
from fastapi.responses import Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from psycopg_pool import PoolClosed, PoolTimeout
from starlette.exceptions import HTTPException

from ops.metrics.meaning import Meaning, families
from ops.metrics.of_database import OF_DATABASE
from ops.metrics.of_process import OF_PROCESS, Parts
from ops.metrics.stored import Stored, stored
from query_side import health
from query_side.patience import within

logger = logging.getLogger(__name__)

REACHABLE: Meaning[bool] = Meaning(
    "gauge",
    "sla_database_reachable",
    "0: it does not answer, and all that stands in it is not said.",
    lambda reachable: reachable,
)
MEANINGS: Sequence[Meaning[Any]] = (*OF_PROCESS, REACHABLE, *OF_DATABASE)
"""All of ours; `process_…` are the client library's."""


@dataclass(frozen=True, slots=True, eq=False)
class _Numbers(Collector):
    parts: Parts
    stored: Stored | None

    def collect(self) -> Iterable[Metric]:
        found = self.stored
        return chain(
            families(OF_PROCESS, self.parts),
            families([REACHABLE], found is not None),
            () if found is None else families(OF_DATABASE, found),
        )


def build(parts: Parts) -> APIRouter:
    """A scrape is answered also while the database is away."""
    router = APIRouter(include_in_schema=False)
    process = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=process)

    @router.get("/metrics")
    async def metrics() -> Response:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Numbers(parts, await _answered(parts)))
        text = generate_latest(registry) + generate_latest(process)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return router


def elsewhere(port: int) -> APIRouter:
    """What the main port says of it where it is answered on this one."""
    router = APIRouter(include_in_schema=False)

    @router.get("/metrics")
    async def metrics() -> Response:
        raise HTTPException(404, f"Metrics are answered on port {port} (METRICS_PORT), not here.")

    return router


async def _answered(parts: Parts) -> Stored | None:
    """None when the database does not answer, or has no read tables yet."""
    try:
        return await within(health.PATIENCE_SECONDS, _stored(parts))
    except (psycopg.Error, PoolTimeout, PoolClosed, TimeoutError) as error:
        logger.warning("the database says nothing for metrics", extra={"error": str(error)})
        return None


async def _stored(parts: Parts) -> Stored:
    async with parts.reading.connection() as conn:
        return await stored(conn, now=parts.now(), policies=parts.book.all, desks=parts.desks())
