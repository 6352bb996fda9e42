"""Errors as RFC 9457 problems: the one table from what went wrong to what clients see."""

import logging
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from asgi_correlation_id import correlation_id
from fastapi import FastAPI, Request, WebSocket
from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from psycopg import OperationalError
from psycopg.errors import ReadOnlySqlTransaction
from psycopg_pool import PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.routing import BaseRoute, Match
from starlette.status import WS_1008_POLICY_VIOLATION
from starlette.types import Receive, Scope, Send

from command_side.addressing import Ambiguous
from command_side.desk import TicketUnknown
from command_side.excuses import ExcuseOver, ExcuseUnknown, TooManyWindows
from command_side.intake.batches import Contended
from command_side.intake.item import NUL, BodyTooLarge, Malformed, TooManyItems
from command_side.intake.wording import unread, worded
from command_side.intake.writer import QueueFull, StoreAway
from command_side.silences import SilenceUnknown
from command_side.tokens import TokenNameTaken, TokenUnknown
from config.problems import ConfigError
from engine.sla.policy import UnknownVersion
from ops.http.headers import ALWAYS
from ops.jobs.table import JobUnknown, TooManyJobs
from ops.logging import loggable
from query_side.web import guard

logger = logging.getLogger(__name__)

STATUS: Mapping[type[Exception], int] = {
    TicketUnknown: 404,
    SilenceUnknown: 404,
    ExcuseUnknown: 404,
    JobUnknown: 404,
    TokenUnknown: 404,
    TokenNameTaken: 409,
    ExcuseOver: 409,
    TooManyWindows: 422,
    Ambiguous: 409,
    Contended: 409,
    UnknownVersion: 503,
    ConfigError: 503,
    BodyTooLarge: 413,
    TooManyItems: 413,
    TooManyJobs: 429,
    Malformed: 422,
    QueueFull: 503,
    StoreAway: 503,
    OperationalError: 503,
    PoolTimeout: 503,
    ReadOnlySqlTransaction: 503,
}
TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}
RETRY_AFTER: Final = {503: "1", 429: "10"}
"""Seconds, where nothing else is said: what is full empties more slowly than what was away."""
GUARDED: Final = {name.decode(): value.decode() for name, value in ALWAYS}
"""Said here, too: some problems are answered outside of all middleware."""
MOST_TOLD: Final = 100
"""Things that are wrong with one request: to find what each was meant to be takes time, in which
nobody else is answered, and a body has room for a million."""
LONGEST_REASON = 123
"""Bytes with which a WebSocket may be closed."""
NOT_JSON = "is read as JSON only where it says so: send Content-Type: application/json"
MALFORMED = "The request is malformed; `errors` says where."
AWAY = "The database does not answer. Send the request again; repeating it does no harm."
READ_ONLY = (
    "The database takes no writes just now. Send the request again; repeating it does no harm."
)
DETAIL: Mapping[type[Exception], str] = {
    StoreAway: "The database does not answer. What was sent may be stored or not: send it again; "
    "repeating it does no harm.",
    OperationalError: AWAY,
    PoolTimeout: AWAY,
    ReadOnlySqlTransaction: READ_ONLY,
    QueueFull: "More is waiting than can be written soon. Send the request again in a moment.",
    UnknownVersion: "A newer configuration is being read. Send the request again in a moment.",
    ConfigError: "The newest configuration cannot be read here; /health says why. Send the request "
    "again: another process may take it.",
    Contended: "Others kept changing the same. Send the request again.",
    SilenceUnknown: "There is no such silence in force.",
    ExcuseUnknown: "There is no such excuse, or it was withdrawn before.",
    TokenUnknown: "There is no such token, or it was revoked before.",
}


async def refuse_nul(connection: HTTPConnection) -> None:
    """No name and no filter holds a NUL: PostgreSQL has no such text, and would fail.

    A coroutine, though it waits for nothing: a plain function would take a thread a request.
    """
    if "\0" in connection.scope["path"]:
        raise RequestValidationError([{"loc": ("path",), "msg": NUL}])
    if b"%00" in connection.scope["query_string"]:
        raise RequestValidationError([{"loc": ("query",), "msg": NUL}])


class Closing(Response):
    """The answer to a WebSocket that asks for what cannot be: accepts it in order to refuse.

    No browser shows its page why a handshake failed, but every one the reason of a close.
    """

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in errors)
        self._reason = told.encode()[:LONGEST_REASON].decode(errors="ignore")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        offered: list[str] = scope.get("subprotocols", [])
        await socket.accept(subprotocol=offered[0] if offered else None)
        await socket.close(WS_1008_POLICY_VIOLATION, self._reason)


def problem(
    status: int,
    detail: str,
    *,
    errors: Sequence[Mapping[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES.get(status, HTTPStatus(status).phrase),
        "status": status,
        "detail": detail,
        "correlation_id": correlation_id.get(),
    }
    if errors is not None:
        body["errors"] = list(errors)
    all_headers = {**GUARDED, **(headers or {})}
    if status in RETRY_AFTER:
        all_headers.setdefault("Retry-After", RETRY_AFTER[status])
    return JSONResponse(body, status, all_headers, media_type="application/problem+json")


def install(app: FastAPI, more: Mapping[type[Exception], int], nowhere: str = "") -> None:
    """Registers the handlers; `more` adds the errors of other rooms. `nowhere` is the page for a
    person whose browser asks for an address that is none of ours."""
    for kind, status in {**STATUS, **more}.items():
        app.add_exception_handler(kind, _handler(status, DETAIL.get(kind)))
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(WebSocketRequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _unless_lost(nowhere) if nowhere else _http)
    # Starlette's names a whole address, with the scheme that is spoken behind a proxy: http.
    app.router.redirect_slashes = False
    app.router.default = _nothing_there
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _fault)


def _handler(status: int, detail: str | None) -> Any:
    async def handle(asked: Request, error: Exception) -> Response:
        if status == HTTPStatus.NOT_FOUND and (meant := _without_slash(asked.scope)) is not None:
            return RedirectResponse(meant, 307)
        if isinstance(error, Malformed):
            errors = [{"loc": one.loc, "msg": one.msg} for one in error.problems]
            return problem(status, str(error), errors=errors)
        if isinstance(error, TicketUnknown):
            return problem(status, f"There is no ticket {error}.")
        return problem(status, detail or str(error) or type(error).__name__)

    return handle


async def _invalid(asked: HTTPConnection, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError | WebSocketRequestValidationError):
        raise error
    wrong = error.errors()[:MOST_TOLD]
    errors = [{"loc": _where(one), "msg": _said(asked, one)} for one in wrong]
    if isinstance(asked, WebSocket):
        return Closing(errors)
    return problem(422, MALFORMED, errors=errors)


KEY: Final = "[key]"
"""How pydantic ends the place of a name that a member may not have."""


def _where(wrong: Any) -> list[Any]:
    return [part for part in wrong["loc"] if part != KEY]


def _said(asked: HTTPConnection, wrong: Any) -> str:
    """In words, and for a name that nothing reads, what it was meant to be."""
    if wrong["loc"][-1] == KEY and wrong.get("type") == "literal_error":
        return unread(str(wrong["input"]), re.findall("'([^']*)'", wrong["ctx"]["expected"]))
    if wrong["loc"] == ("body",) and isinstance(wrong.get("input"), bytes):
        return NOT_JSON  # whatever it is, it was not looked at
    body = getattr(asked.scope.get("route"), "body_field", None)
    if wrong.get("type") != "extra_forbidden" or body is None:
        return worded(wrong)
    return unread(str(wrong["loc"][-1]), body.field_info.annotation.model_fields)


async def _nothing_there(scope: Scope, receive: Receive, send: Send) -> None:
    """Where no route is; a WebSocket would be refused as if it lacked a token."""
    if scope["type"] == "websocket":
        await problem(404, "There is no WebSocket at this address.")(scope, receive, send)
    elif (meant := _without_slash(scope)) is not None:
        await RedirectResponse(meant, 307)(scope, receive, send)
    else:
        raise HTTPException(404)


def _without_slash(scope: Scope) -> str | None:
    """The path and the query alone, if a route is there that has no slash at its end: who follows
    stays with the scheme and the host that were asked, and sends a token nowhere else.

    A name may end in a slash: where it is part of the path, it is looked for as it is first."""
    path: str = scope["path"].rstrip("/")
    routes: Sequence[BaseRoute] = scope["app"].router.routes
    if path == scope["path"] or not path or path.startswith("//"):
        return None
    if all(route.matches({**scope, "path": path})[0] is not Match.FULL for route in routes):
        return None
    query = scope["query_string"].decode("latin-1")
    return f"{quote(path)}?{query}" if query else quote(path)


def _unless_lost(nowhere: str) -> Any:
    headers = {**guard.headers(nowhere), "Vary": "Accept"}

    async def handle(asked: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException) and _is_lost(asked, error):
            return HTMLResponse(nowhere, HTTPStatus.NOT_FOUND, headers)
        return await _http(asked, error)

    return handle


def _is_lost(asked: Request, error: HTTPException) -> bool:
    """Whether no route is asked, and by somebody: no program names HTML unless it shows it."""
    return (
        error.status_code == HTTPStatus.NOT_FOUND
        and "endpoint" not in asked.scope
        and asked.method in ("GET", "HEAD")
        and "text/html" in asked.headers.get("accept", "")
    )


async def _http(asked: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    method = error.status_code == HTTPStatus.METHOD_NOT_ALLOWED  # all below /tickets/ may be a name
    if method and (meant := _without_slash(asked.scope)) is not None:
        return RedirectResponse(meant, 307)
    if error.status_code == HTTPStatus.BAD_REQUEST:  # FastAPI's word for a body in no encoding
        errors = [{"loc": ["body"], "msg": "not valid JSON"}]
        return problem(422, MALFORMED, errors=errors)
    return problem(error.status_code, str(error.detail), headers=error.headers)


async def _gone(_: Request, __: Exception) -> Response:
    """Somebody left while sending. Nothing was done, nothing is wrong, and nobody hears this."""
    return Response(status_code=400)


async def _fault(request: Request, error: Exception) -> Response:
    logger.error("a request failed", exc_info=error, extra={"path": loggable(request.url.path)})
    detail = "Something is wrong on our side; the log has it under this correlation id."
    # Starlette answers for what nobody expected outside of all middleware.
    given = correlation_id.get()
    return problem(500, detail, headers={"X-Correlation-ID": given} if given else None)
