"""The HTTP application: routes with their scopes, errors as problems, correlation ids, logs."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import APIRouter, Depends, FastAPI, Request, Response, params
from fastapi.routing import APIRoute
from starlette.routing import Route

from command_side.deciding.tokens import SCOPES
from ops import VERSION
from ops.http import answer_page, openapi, parameters, problems
from ops.http.bodies import BoundedBody
from ops.http.door import Door
from ops.http.headers import Headers
from ops.http.held import Held, Streams
from ops.http.in_time import InTime
from ops.http.nearby import Nearby
from ops.logging import AccessLog
from query_side import errors
from query_side.api import Routers
from query_side.behind import Choice

LONGEST_ID = 128
STRAIGHT = ("/tickets",)
"""What is asked most: its writer sees to it that whoever waits is answered."""
PATIENT = ("/excuses/preview", "/config/preview")
"""They count many tickets twice."""
QUESTIONS: Mapping[type[Exception], int] = {
    errors.NotFound: 404,
    errors.Ambiguous: 409,
    errors.NotYet: 504,
    errors.Lost: 410,
}


@dataclass(frozen=True, slots=True)
class Desks:
    """Of the desks that are connected."""

    deliveries: APIRouter
    """They sign what they send, and need no token."""
    read: APIRouter
    admin: APIRouter
    knows: Callable[[str], bool] = lambda address: False
    """Whether an address has sent what was verified, lately."""


@dataclass(frozen=True, slots=True)
class Routes:
    """What is served."""

    commands: APIRouter
    agreements: APIRouter
    """Of what both sides agree not to count."""
    configuration: APIRouter
    """Of what is put into force."""
    desks: Desks
    queries: Routers
    replays: Sequence[APIRouter]
    metrics: APIRouter
    signed: APIRouter = field(default_factory=APIRouter)
    """Whose requests show by a signature whom they come from, and have no token."""
    jobs: APIRouter = field(default_factory=APIRouter)
    """Of long work that is asked for."""
    tokens: APIRouter = field(default_factory=APIRouter)
    """Of who may come in."""


def application(
    routes: Routes,
    door: Door,
    streams: Streams,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    *,
    max_bytes: int,
    app_name: str,
    probes_only: bool,
    debug: bool,
    replica: Callable[[], Choice | None],
) -> FastAPI:
    """Everything behind one port; `door` says who may do what, `streams` which may go on.

    `max_bytes` is the most that a request may bring; `replica` says for a question that may be a
    little behind where it is asked.
    `probes_only` is for a process without the parts that answer: a command would wait for ever.
    """
    app = FastAPI(
        title=app_name,
        summary="Watches every ticket's service-level clocks.",
        description=openapi.ABOUT,
        version=VERSION,
        generate_unique_id_function=lambda route: route.name,
        openapi_url=None,  # ours is asked like any other route, and loads nothing from elsewhere
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        dependencies=[Depends(problems.refuse_nul), Depends(parameters.refuse_unread)],
        debug=debug,
        # FastAPI would look for its providers at every request; ours are /metrics and the logs.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.add_middleware(Nearby, choice=replica)
    app.add_middleware(Held, streams=streams)
    app.add_middleware(InTime, but=(*STRAIGHT, *PATIENT))
    app.add_middleware(BoundedBody, limit=max_bytes, door=door, knows=routes.desks.knows)
    _around(app, https=door.is_https)
    may = {scope: [Depends(door.requires(scope))] for scope in SCOPES}
    if not probes_only:
        for path in STRAIGHT:
            straight(app, routes.commands, path, may["write"])
        app.include_router(routes.commands, dependencies=may["write"])
        app.include_router(routes.signed)
        app.include_router(routes.agreements, dependencies=may["admin"])
        app.include_router(routes.configuration, dependencies=may["admin"])
        app.include_router(routes.tokens, dependencies=may["admin"])
        app.include_router(routes.jobs, dependencies=may["read"])
        app.include_router(routes.desks.admin, dependencies=may["admin"])
        app.include_router(routes.desks.read, dependencies=may["read"])
        app.include_router(routes.desks.deliveries)
        app.include_router(routes.queries.read, dependencies=may["read"])
        for router in routes.replays:
            app.include_router(router, dependencies=may["read"])
        app.include_router(routes.queries.audit, dependencies=may["audit"])
        app.include_router(routes.queries.ticket, dependencies=may["read"])
    app.include_router(routes.queries.open)
    app.include_router(routes.metrics)
    problems.install(app, QUESTIONS, answer_page.nowhere(app_name))
    openapi.install(app)
    return app


def metrics_alone(metrics: APIRouter) -> FastAPI:
    """Everything behind the port of METRICS_PORT: whoever reaches it is answered, and learns
    nothing of the service but its numbers."""
    app = FastAPI(
        openapi_url=None,
        dependencies=[Depends(problems.refuse_nul), Depends(parameters.refuse_unread)],
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.add_middleware(InTime, but=())
    _around(app, https=False)
    app.include_router(metrics)
    problems.install(app, QUESTIONS)
    return app


def _around(app: FastAPI, *, https: bool) -> None:
    app.add_middleware(AccessLog)
    app.add_middleware(Headers, https=https)
    app.add_middleware(CorrelationIdMiddleware, header_name="X-Correlation-ID", validator=_is_sane)


def straight(
    app: FastAPI, router: APIRouter, path: str, included_with: Sequence[params.Depends] = ()
) -> None:
    """A short cut to the router's POST at this path, ahead of all other routes.

    Its endpoint wants the request and nothing else, as do the checks that it depends on, so that
    nothing is solved for them: that, and finding the route among the others, takes longer than
    reading what it is sent. The router still describes it.
    """
    route = next(
        one
        for one in router.routes
        if isinstance(one, APIRoute) and one.path == path and "POST" in (one.methods or ())
    )
    depends = (*app.router.dependencies, *included_with, *route.dependencies)
    checks: list[Any] = [one.dependency for one in depends]
    for one in (*checks, route.endpoint):
        if len(inspect.signature(one).parameters) != 1:
            raise TypeError(f"{path} wants more than the request: it needs FastAPI to solve that")

    async def endpoint(request: Request) -> Response:
        request.scope["route"] = route  # as FastAPI would, for the checks
        for check in checks:
            await check(request)
        return await route.endpoint(request)

    app.router.routes.insert(0, Route(path, endpoint, methods=route.methods))


def _is_sane(given: str) -> bool:
    """A sender's own id is echoed and logged as it is, if it is one."""
    return 0 < len(given) <= LONGEST_ID and given.isascii() and given.isprintable()
