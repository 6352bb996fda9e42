"""READ: the dashboard page, served as it is: no build step, nothing from other hosts."""

import html
from collections.abc import Awaitable, Callable
from importlib.resources import files

from fastapi import APIRouter, Response

from query_side.web import guard

SCRIPTS = (
    "address",
    "api",
    "app",
    "board",
    "drawer",
    "excuse_form",
    "excuse_words",
    "excuses",
    "feed",
    "filters",
    "keep",
    "keyed",
    "panel",
    "refused",
    "silences",
    "sources",
    "token",
    "troubles",
    "typed",
    "words",
)
FILES = {
    "/": ("index.html", "text/html"),
    "/web/style.css": ("style.css", "text/css"),
    **{f"/web/{name}.js": (f"{name}.js", "text/javascript") for name in SCRIPTS},
}
APP_NAME = b"{app_name}"
"""In the page, where its name belongs."""


def _serve(content: bytes, media_type: str) -> Callable[[], Awaitable[Response]]:
    page = content.decode() if media_type == "text/html" else ""
    headers = {"Cache-Control": "no-cache", **guard.headers(page)}

    async def serve() -> Response:
        return Response(content, media_type=media_type, headers=headers)

    return serve


def build(app_name: str) -> APIRouter:
    """The page, under this name, and its files, read once."""
    router = APIRouter(include_in_schema=False)
    for path, (name, media_type) in FILES.items():
        content = files("query_side.web").joinpath(name).read_bytes()
        if path == "/":
            content = content.replace(APP_NAME, html.escape(app_name).encode())
        router.add_api_route(path, _serve(content, media_type), methods=["GET", "HEAD"])
    return router
