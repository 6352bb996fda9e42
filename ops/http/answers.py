"""The routes of the links in messages: a page that asks, and what is answered on it."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from command_side.connect.refusals import Refusals
from engine.notify.links import PATH
from engine.notify.plain_text import cut
from ops.http import answer_page, auth
from ops.http.answer_page import LONGEST_NAME, Frame
from ops.http.answering import Answering, Kind, Led
from ops.http.bodies import short
from query_side.web import guard

logger = logging.getLogger(__name__)

STATUS: Final[dict[Kind, int]] = {"unknown": 404, "gone": 404, "expired": 410, "stranger": 410}
"""Of what is no good; of all else 200."""
LONGEST_FORM: Final = 4096
NO_NAME = "Say who you are: it is kept with the answer, for those who come after you."
ELSEWHERE = "This did not come from this page. Nothing has changed: please press here."
AWAY = (
    "There is no answer right now, and what you pressed may not have been recorded."
    " Please open the link again in a minute."
)


def build(
    answering: Answering | None, *, app_name: str, public_url: str, now: Callable[[], datetime]
) -> APIRouter:
    """Without `answering` no link is any good. The link is all the proof that is asked for: no
    token, no session. Opening it changes nothing, since programs that look after mail open all."""
    router = APIRouter(include_in_schema=False)
    refusals, home = Refusals(now), public_url.rstrip("/")

    def bare() -> Frame:
        return Frame(app_name, home, now(), "UTC", timedelta())

    def shown(led: Led, *, status: int | None = None, wrong: str = "") -> Response:
        frame = bare()
        if answering:
            zone, holds = answering.zone(led.person), answering.holds_for()
            frame = Frame(app_name, home, now(), zone, holds, answering.name_of)
        html = answer_page.page(frame, led, wrong=wrong)
        return _html(html, status or STATUS.get(led.kind, 200))

    def said(title: str, text: str, status: int, **headers: str) -> Response:
        return _html(answer_page.notice(bare(), title, text), status, **headers)

    async def open_link(request: Request, token: str) -> Response:
        """What it is about, by now, and a button."""
        led = await look(token)
        return unless_refused(request, led) if isinstance(led, Led) else led

    async def press(request: Request, token: str) -> Response:
        """Has it take effect, if it still may."""
        led = await look(token)
        if not isinstance(led, Led):
            return led
        if led.kind == "done":
            return RedirectResponse(token, 303)
        if led.kind != "asks" or led.asked is None or answering is None:
            return unless_refused(request, led)
        # Every browser says of a form by whose page it was sent; robots seldom do.
        if not auth.is_own_page(request, home):
            return shown(led, status=403, wrong=ELSEWHERE)
        form = parse_qs((await short(request, LONGEST_FORM)).decode(errors="replace"))
        name = cut(form.get("name", [""])[0], LONGEST_NAME)
        if led.person is None and not name:
            return shown(led, status=422, wrong=NO_NAME)
        try:
            await answering.take(token, led.asked, led.person, name)
        except Exception as error:  # whatever it is: people get a page, not a problem in JSON
            logger.warning("an answer may not have been recorded", extra={"error": repr(error)})
            return said("No answer right now", AWAY, 503)
        return RedirectResponse(token, 303)

    async def look(token: str) -> Led | Response:
        if answering is None:
            return Led("unknown")
        try:
            return await answering.look(token)
        except Exception as error:  # as above
            logger.warning("a link could not be looked at", extra={"error": repr(error)})
            return said("No answer right now", AWAY, 503)

    def unless_refused(request: Request, led: Led) -> Response:
        who = request.client.host if request.client else ""
        if led.kind == "unknown" and refusals.too_many(who):
            text = "Too many links that are none of ours came from there. Try again in a minute."
            headers = {"Retry-After": "60"}
            return said("Please wait", text, 429, **headers)
        return shown(led)

    router.add_api_route(PATH + "{token}", open_link, methods=["GET", "HEAD"])
    router.add_api_route(PATH + "{token}", press, methods=["POST"])
    return router


def _html(text: str, status: int, **headers: str) -> Response:
    more = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}
    return HTMLResponse(text, status, {**guard.headers(text), **more, **headers})
