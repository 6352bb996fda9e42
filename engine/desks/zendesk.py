"""Zendesk: the incremental export by cursor, and the audits of each ticket in it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from engine.desks.calling import Api, NotThere, Page, listed

PER_PAGE: Final = 100
TOO_RECENT: Final = timedelta(minutes=2)
"""Zendesk exports nothing of the last minute, nor from a time within it."""


async def page(api: Api, cursor: Mapping[str, Any], of: Sequence[str]) -> Page:
    """The next tickets that have changed, each as `{"ticket", "audits"}`. A cursor that is not
    known any more begins again where it had come to. Raises Refused and Later."""
    token: str | None = cursor.get("token")
    since = datetime.fromisoformat(cursor["since"])
    start = int(min(since, api.now() - TOO_RECENT).timestamp())
    path = "/api/v2/incremental/tickets/cursor.json"
    asked: dict[str, object] = {"start_time": start} if token is None else {"cursor": token}
    try:
        answer = await api.get(path, **asked, per_page=PER_PAGE)
    except NotThere:
        if token is None:
            raise
        answer = await api.get(path, start_time=start, per_page=PER_PAGE)
    tickets = listed(answer.body, "tickets")
    newest = [
        datetime.fromtimestamp(one["generated_timestamp"], since.tzinfo)
        for one in tickets
        if isinstance(one.get("generated_timestamp"), int)
    ]
    after = {
        "since": max([since, *newest]).isoformat(),
        "token": answer.body.get("after_cursor") or token,
    }
    objects = [await _with_audits(api, one) for one in tickets]
    return Page(objects, after, done=bool(answer.body.get("end_of_stream", True)))


async def _with_audits(api: Api, ticket: dict[str, Any]) -> Any:
    """A ticket that was deleted has none any more."""
    if ticket.get("status") == "deleted":
        return ticket
    audits: list[dict[str, Any]] = []
    users: dict[Any, Any] = {}
    after: str | None = None
    while True:
        asked: dict[str, object] = {"include": "users", "page[size]": 100, "page[after]": after}
        try:
            answer = await api.get(f"/api/v2/tickets/{ticket['id']}/audits.json", **asked)
        except NotThere:
            return ticket
        audits += listed(answer.body, "audits")
        users |= {one["id"]: one for one in answer.body.get("users") or ()}
        meta: dict[str, Any] = answer.body.get("meta") or {}
        before, after = after, meta.get("after_cursor")
        if not meta.get("has_more") or after in (None, before):
            break
    for audit in audits:
        for event in audit.get("events") or ():
            if str(event.get("type")).endswith("Comment"):  # of a call or a chat as well
                event["author"] = users.get(event.get("author_id") or audit.get("author_id"))
    return {"ticket": ticket, "audits": audits}
