"""Traces for OpenTelemetry. Only if somebody asks for them the rest of this room is imported, with
the libraries that it needs."""

import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

if TYPE_CHECKING:
    from ops.tracing.recording import Tracing

logger = logging.getLogger(__name__)

VARIABLES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""Either says where traces go: OpenTelemetry's own, as all others that it reads."""
EXTRA = "pip install 'sla-tracker[otel]'"


def asked(environment: Mapping[str, str]) -> bool:
    """Whether traces are to be sent."""
    off = environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    return not off and any(environment.get(name, "").strip() for name in VARIABLES)


def of(
    app: FastAPI,
    environment: Mapping[str, str],
    pool: AsyncConnectionPool[AsyncConnection[Any]],
    owner: str,
    nanoseconds: Callable[[], int],
) -> "Tracing | None":
    """What records them, and the requests of `app` with them; None: nobody asks for any, or the
    extra is not there, which is said."""
    if not asked(environment):
        return None
    try:
        from ops.tracing.recording import Tracing
    except ImportError:
        logger.warning("traces are asked for, and cannot be sent", extra={"needs": EXTRA})
        return None
    found = Tracing(environment, pool, owner, nanoseconds)
    found.around(app)
    return found


@asynccontextmanager
async def kept(tracing: "Tracing | None") -> AsyncGenerator[None]:
    """As long as this lasts; the database must be there."""
    if tracing is None:
        yield
        return
    tracing.start()
    try:
        yield
    finally:
        await tracing.close()
