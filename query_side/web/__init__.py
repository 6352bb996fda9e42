"""READ: the page: five views under one bar, served as they lie here: no build step, no other host.

Each view is a document of its own, so that the address and the way back are the browser's. It has a
folder: `view.html` (what stands under the bar), `view.js` (what runs) and, where it has a look of
its own, `view.css`. `shared` holds what several use, `vendor` what others have written.
"""

import gzip
import html
import posixpath
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Response

from query_side.web import guard

VIEWS = {
    "now": "Now",
    "forecast": "Forecast",
    "attainment": "Attainment",
    "what_if": "What-if",
    "audit": "Audit",
}
"""The folder of each, and what the bar calls it."""
KINDS = {".js": "text/javascript", ".css": "text/css"}
FOR_EVER = "public, max-age=31536000, immutable"
_IMPORTED = re.compile(r'(?:\bfrom|^import) "(\.\.?/[^"]+)";$', re.MULTILINE)


def address(view: str) -> str:
    """Where a view is."""
    return "/" if view == "now" else f"/views/{view.replace('_', '-')}"


def _walk(folder: Traversable, path: str = "") -> Iterator[tuple[str, bytes]]:
    for one in sorted(folder.iterdir(), key=lambda one: one.name):
        if one.is_dir():
            yield from _walk(one, f"{path}{one.name}/")
        elif posixpath.splitext(one.name)[1] in KINDS:
            yield f"{path}{one.name}", one.read_bytes()


def _read(name: str) -> str:
    return files("query_side.web").joinpath(name).read_text(encoding="utf-8")


FILES: Mapping[str, bytes] = dict(_walk(files("query_side.web")))
"""Every script and style, by its path within this folder."""
VERSION = sha256(repr(sorted(FILES.items())).encode()).hexdigest()[:12]
"""Of all of them: it is in their addresses, and a browser asks for each of them once."""


@cache
def _imports(name: str) -> list[str]:
    """What a script names; most are of every view."""
    folder = posixpath.dirname(name)
    named = _IMPORTED.findall(FILES[name].decode())
    return [posixpath.normpath(posixpath.join(folder, other)) for other in named]


def _modules(entry: str) -> list[str]:
    """A script and all that it imports, each once."""
    found = [entry]
    for name in found:
        found += [path for path in dict.fromkeys(_imports(name)) if path not in found]
    return found


def _page(view: str, app_name: str) -> bytes:
    """The whole document of a view."""
    here = f"/web/{VERSION}"
    entry, *others = _modules(f"{view}/view.js")
    beside = {posixpath.dirname(name) for name in others if name.startswith("vendor/")}
    styles = ["shared/style.css", f"{view}/view.css"]
    styles += [name for name in FILES if posixpath.dirname(name) in beside]
    head = [
        f'<link rel="stylesheet" href="{here}/{name}">'
        for name in styles
        if name in FILES and name.endswith(".css")
    ]
    head += [f'<script src="{here}/shared/first.js"></script>']
    head += [f'<script type="module" src="{here}/{entry}"></script>']
    # Else the browser would learn of each only from the one that imports it.
    head += [f'<link rel="modulepreload" href="{here}/{name}">' for name in others]
    current = {view: ' aria-current="page"'}
    bar = [
        f'<a href="{address(one)}"{current.get(one, "")}>{words}</a>'
        for one, words in VIEWS.items()
    ]
    name = html.escape(app_name)
    parts = {
        "head": "\n  ".join(head),
        "bar": "\n      ".join(bar),
        "view": _read(f"{view}/view.html"),
        "name": view,
        "title": name if view == "now" else f"{VIEWS[view]} · {name}",
        "app_name": name,
    }
    page = _read("shared/page.html")
    return re.sub(r"\{(\w+)\}", lambda found: parts[found[1]], page).encode()


@cache
def _packed(content: bytes) -> bytes:
    """For those who take it so; once, when the first of them asks: a start need not wait for it."""
    return gzip.compress(content, mtime=0)


def _answer(content: bytes, media_type: str, keep: str) -> Callable[[str], Response]:
    page = content.decode() if media_type == "text/html" else ""
    headers = {"Cache-Control": keep, "Vary": "Accept-Encoding", **guard.headers(page)}

    def answer(taken: str) -> Response:
        if "gzip" not in taken:
            return Response(content, media_type=media_type, headers=headers)
        return Response(
            _packed(content), media_type=media_type, headers={**headers, "Content-Encoding": "gzip"}
        )

    return answer


Taken = Annotated[str, Header(alias="Accept-Encoding")]


def _serve(answer: Callable[[str], Response]) -> Callable[..., Awaitable[Response]]:
    async def serve(taken: Taken = "") -> Response:
        return answer(taken)

    return serve


def build(app_name: str) -> APIRouter:
    """The views, under this name, and their files, read once."""
    router = APIRouter(include_in_schema=False)
    for view in VIEWS:
        page = _answer(_page(view, app_name), "text/html", "no-cache")
        router.add_api_route(address(view), _serve(page), methods=["GET", "HEAD"])
    answers = {
        (name, keep): _answer(content, KINDS[posixpath.splitext(name)[1]], keep)
        for name, content in FILES.items()
        for keep in (FOR_EVER, "no-cache")
    }

    @router.api_route("/web/{version}/{name:path}", methods=["GET", "HEAD"])
    async def file(version: str, name: str, taken: Taken = "") -> Response:
        """While a service is replaced, a page of the one may ask the other: it gets what is there,
        and does not keep it."""
        if name not in FILES:
            raise HTTPException(404, "There is no such file.")
        return answers[name, FOR_EVER if version == VERSION else "no-cache"](taken)

    return router
