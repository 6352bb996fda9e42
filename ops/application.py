"""The HTTP application: routes with their scopes, errors as problems, correlation ids, logs."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from fastapi import APIRouter, Depends, FastAPI

from ops import auth, http, openapi
from ops.auth import Token
from ops.correlation import CorrelationId
from ops.logging import AccessLog
from query_side import errors
from query_side.api import Routers

QUESTIONS: Mapping[type[Exception], int] = {
    errors.NotFound: 404,
    errors.Ambiguous: 409,
    errors.NotYet: 504,
    errors.TooManyStreams: 503,
}


@dataclass(frozen=True, slots=True)
class Routes:
    """What is served."""

    commands: APIRouter
    queries: Routers
    replays: Sequence[APIRouter]
    metrics: APIRouter


def application(
    routes: Routes,
    tokens: Sequence[Token],
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    *,
    probes_only: bool,
    debug: bool,
) -> FastAPI:
    """Everything behind one port; without tokens nobody is asked for one.

    `probes_only` is for a process without the parts that answer: a command would wait for ever.
    """
    app = FastAPI(
        title="SLA Tracker API",
        summary="Watches every ticket's service-level clocks.",
        version="0.1.0",
        lifespan=lifespan,
        dependencies=[Depends(http.refuse_nul)],
        debug=debug,
    )
    app.add_middleware(AccessLog)
    app.add_middleware(CorrelationId)
    may = {scope: [Depends(auth.requires(tokens, scope))] for scope in auth.SCOPES}
    if not probes_only:
        app.include_router(routes.commands, dependencies=may["write"])
        app.include_router(routes.queries.read, dependencies=may["read"])
        for router in routes.replays:
            app.include_router(router, dependencies=may["read"])
        app.include_router(routes.queries.audit, dependencies=may["audit"])
    app.include_router(routes.queries.open)
    app.include_router(routes.metrics)
    http.install(app, QUESTIONS)
    openapi.install(app)
    return app
