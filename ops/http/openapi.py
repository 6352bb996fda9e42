"""What the OpenAPI document says about errors: RFC 9457 problems, wherever they can happen."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from fastapi import FastAPI, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from pydantic.json_schema import models_json_schema
from pydantic_core import to_json

from command_side.api import Batch
from ops.http import glossary
from query_side.web import guard

Json = dict[str, Any]

DOCUMENT: Final = "/openapi.json"
OPEN = frozenset({"/health", "/ready", "/metrics", "/webhooks/schema.json"})
"""Asked without a token; probes are answered in words of their own while nothing else is."""
PROBLEM: Json = {
    "type": "object",
    "title": "Problem",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail", "correlation_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "correlation_id": {"type": ["string", "null"], "description": "As the log has it."},
        "errors": {
            "type": "array",
            "description": "Of bad input: what is wrong, and where.",
            "items": {
                "type": "object",
                "required": ["loc", "msg"],
                "properties": {
                    "loc": {"type": "array", "items": {"type": ["string", "integer"]}},
                    "msg": {"type": "string"},
                },
            },
        },
    },
}
ABOUT = (
    "Instants are RFC 3339 in UTC, `_seconds` are durations. A query parameter that nothing reads"
    " is refused. An answer with the header `X-As-Of-Position` is a replica's: all up to there is"
    " in it. A WebSocket at `/ws/alerts` takes the parameters of `/alerts/stream` and sends"
    " the same, one JSON object a message; its token may also come as `?token=`, or as the second"
    " subprotocol after `bearer`. What it cannot read it closes with 1008 and the reason."
)
UI = "/docs/ui"
"""Swagger UI's own files, served from here: /docs needs no internet."""
REF = "#/components/schemas/{model}"
TOKEN: Json = {
    "type": "http",
    "scheme": "bearer",
    "description": "Only where there are tokens: by API_TOKENS or API_TOKENS_FILE, or made by `sla"
    " tokens create` or here. Commands need the scope `write`; excuses, configurations, parked"
    " deliveries and tokens `admin`; a ticket's stored events `audit`; all else `read`. `admin` may"
    " do everything.",
}
CONTENT: Json = {
    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
}
RETRY_AFTER: Json = {
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}}
}


def install(app: FastAPI) -> None:
    """Once all routes are in; the document is made, and spelled, when it is first asked for."""
    generate = app.openapi

    def document() -> Json:
        if app.openapi_schema is None:
            _describe(generate())
        return generate()

    app.openapi = document
    spelled = cache(lambda: to_json(document()))

    @app.get(DOCUMENT, include_in_schema=False)
    async def openapi() -> Response:
        return Response(spelled(), media_type="application/json")

    app.mount(UI, StaticFiles(packages=[("fastapi_offline", "static")]))

    page = get_swagger_ui_html(
        openapi_url=DOCUMENT,
        title=app.title,
        swagger_js_url=f"{UI}/swagger-ui-bundle.js",
        swagger_css_url=f"{UI}/swagger-ui.css",
        swagger_favicon_url=f"{UI}/favicon.png",
    )
    page.headers.update(guard.headers(bytes(page.body).decode(), styled_by_script=True))

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return page


def _describe(document: Json) -> None:
    components: Json = document.setdefault("components", {})
    components["securitySchemes"] = {"token": TOKEN}
    schemas: Json = components.setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    # Its route reads the body by itself: FastAPI does not know of it.
    schemas |= models_json_schema([(Batch, "validation")], ref_template=REF)[1]["$defs"]
    for path, operations in document["paths"].items():
        if path in OPEN:
            continue
        for method, operation in operations.items():
            operation.setdefault("security", [{}, {"token": []}])
            answers: Json = operation["responses"]
            for status, description in _problems(path, method, operation):
                told = answers.get(status, {}).get("description", description)
                told = description if told == "Validation Error" else told
                answers[status] = {"description": told, "content": CONTENT}
                if status in ("429", "503"):
                    answers[status]["headers"] = RETRY_AFTER
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    glossary.explain(document)


def _problems(path: str, method: str, operation: Json) -> Iterator[tuple[str, str]]:
    """Status and description of each problem that the operation may answer with."""
    asked = {parameter["name"] for parameter in operation.get("parameters", ())}
    yield "401", "A token is needed, or is not known."
    yield "403", "The token lacks the scope."
    if "{id}" in path:
        yield "404", "There is no such ticket."
        conflict = "Several sources have a ticket of this external id; say which with `source`."
        if method == "post":
            conflict += " Or others kept changing the ticket."
        yield "409", conflict
    elif "{" in path:
        yield "404", "There is no such thing."
    if "wait_for" in asked:
        yield "410", "The position asked for was lost when the database was restored."
    if "413" in operation["responses"]:
        yield "413", "Too much at once."
    if "409" in operation["responses"]:
        yield "409", "Not now."
    yield "429", "More requests than this token may send; see Retry-After."
    if method == "post":
        yield "415", "The body is compressed; send it as it is."
    yield "421", "Asked under a host name that is not known here; only while there are no tokens."
    yield "422", "Malformed; `errors` says where."
    yield "503", "The database is away; send it again."
    if "wait_for" in asked:
        yield "504", "The position asked for is not applied yet."
