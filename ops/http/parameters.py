"""What a request asks by its query: all of it is read, or the answer says what is not.

Somebody who asks for `prority=P0` would else be answered as if for everything, and believe it.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, get_origin

from fastapi import params
from fastapi.dependencies.utils import get_flat_params
from fastapi.exceptions import RequestValidationError
from starlette.requests import HTTPConnection

from command_side.intake.wording import unread
from engine.notify.links import PATH

PAGE: Final = "/"
VIEWS: Final = "/views/"
"""The page's own scripts read what stands behind the addresses of its views."""
LINKS: Final = PATH
"""What programs that look after mail put behind an address is nothing that people can mend."""
TOKEN: Final = "token"
"""`ops.http.auth` reads it of a WebSocket, before any route does."""
TOLD: Final = 10
"""Parameters that are named at most: to find what each was meant to be takes time."""
ELSEWHERE: Final = (params.Path, params.Header, params.Cookie)


async def refuse_unread(connection: HTTPConnection) -> None:
    """Refuses a parameter that the route does not read, or of which it would read one value alone.

    A coroutine, though it waits for nothing: a plain function would take a thread a request.
    """
    scope = connection.scope
    path = scope["path"]
    if not scope["query_string"] or path == PAGE or path.startswith((VIEWS, LINKS)):
        return
    read = _read_by(scope["route"])
    if scope["type"] == "websocket":
        read[TOKEN] = False
    given = Counter(name for name, _ in connection.query_params.multi_items())
    errors: list[Mapping[str, Any]] = []
    for name, times in given.items():
        if name not in read:
            errors.append({"loc": ("query", name), "msg": unread(name, read)})
        elif times > 1 and not read[name]:
            errors.append({"loc": ("query", name), "msg": f"is given {times} times: say it once"})
        if len(errors) == TOLD:
            break
    if errors:
        raise RequestValidationError(errors)


def _read_by(route: Any) -> dict[str, bool]:
    """The query parameters of a route and of all that it depends on; whether it may be repeated."""
    return {
        field.alias: get_origin(field.field_info.annotation) is list
        for field in get_flat_params(route.dependant)
        if not isinstance(field.field_info, ELSEWHERE)
    }
