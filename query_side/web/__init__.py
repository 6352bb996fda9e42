"""READ: the dashboard page, served as it is: no build step, nothing from other hosts."""

import html
from collections.abc import Awaitable, Callable
from importlib.resources import files

from fastapi import APIRouter, Response

FILES = {
    "/": ("index.html", "text/html"),
    "/web/style.css": ("style.css", "text/css"),
    **{
        f"/web/{name}": (name, "text/javascript")
        for name in ("app.js", "api.js", "board.js", "drawer.js", "feed.js", "words.js")
    },
}
APP_NAME = b"{app_name}"
"""In the page, where its name belongs."""
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'self'; connect-src 'self' ws: wss:; "
    "img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
}


def _serve(content: bytes, media_type: str) -> Callable[[], Awaitable[Response]]:
    async def serve() -> Response:
        return Response(content, media_type=media_type, headers=HEADERS)

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
