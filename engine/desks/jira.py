"""Jira Cloud: the search by JQL, with all changelogs and comments of what it finds."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from engine.desks.calling import Api, NotThere, Page, listed

PER_PAGE: Final = 100
OVERLAP: Final = timedelta(minutes=10)
"""What is found may be that old: an index answers, that follows the issues at some distance."""


async def page(api: Api, cursor: Mapping[str, Any], of: Sequence[str]) -> Page:
    """The next issues of the projects (none: of all) that have changed, in order of that. A token
    that is not known any more begins again where it had come to. Raises Refused and Later."""
    asked = _asked(api, cursor, of)
    try:
        answer = await api.post("/rest/api/3/search/jql", asked)
    except NotThere:
        if "nextPageToken" not in asked:
            raise
        asked = _asked(api, {"since": cursor["newest"]}, of)
        answer = await api.post("/rest/api/3/search/jql", asked)
    issues: list[dict[str, Any]] = listed(answer.body, "issues")
    await _add_changelogs(api, issues)
    for issue in issues:
        await _add_comments(api, issue)
    newest = max(
        [cursor.get("newest", cursor["since"]), *(_updated(one) for one in issues)],
        key=datetime.fromisoformat,
    )
    token = answer.body.get("nextPageToken")
    if token is None or answer.body.get("isLast"):
        return Page(issues, {"since": newest}, done=True)
    after = {"since": cursor["since"], "newest": newest, "token": token, "jql": asked["jql"]}
    return Page(issues, after, done=False)


def _asked(api: Api, cursor: Mapping[str, Any], of: Sequence[str]) -> dict[str, Any]:
    asked: dict[str, Any] = {"fields": ["*all"], "maxResults": PER_PAGE}
    if "token" in cursor:  # goes with the words that it was given for
        return {**asked, "jql": cursor["jql"], "nextPageToken": cursor["token"]}
    # Times in JQL are of the zone of whoever asks, and of whole minutes; a distance is of none.
    ago = api.now() - datetime.fromisoformat(cursor["since"]) + OVERLAP
    minutes = max(int(ago.total_seconds() // 60) + 1, 1)
    names = ", ".join(f'"{one}"' for one in of)
    within = f"project in ({names}) AND " if of else ""
    return {**asked, "jql": f'{within}updated >= "-{minutes}m" ORDER BY updated ASC, key ASC'}


def _updated(issue: Mapping[str, Any]) -> str:
    found: str = issue["fields"]["updated"]  # 2021-08-29T18:04:39.097+0000
    return found


async def _add_changelogs(api: Api, issues: Sequence[dict[str, Any]]) -> None:
    by_id = {str(one["id"]): one for one in issues}
    for one in issues:
        one["changelog"] = {"histories": []}
    asked: dict[str, Any] = {"issueIdsOrKeys": list(by_id), "maxResults": 1000}
    while by_id:
        answer = await api.post("/rest/api/3/changelog/bulkfetch", asked)
        for found in listed(answer.body, "issueChangeLogs"):
            issue = by_id.get(str(found.get("issueId")))
            if issue is not None:
                issue["changelog"]["histories"] += found.get("changeHistories") or ()
        token = answer.body.get("nextPageToken")
        if token is None or token == asked.get("nextPageToken"):
            return
        asked["nextPageToken"] = token


async def _add_comments(api: Api, issue: dict[str, Any]) -> None:
    """A search has the first of them only."""
    held: dict[str, Any] = issue["fields"].get("comment") or {}
    comments: list[Any] = list(held.get("comments") or ())
    while len(comments) < int(held.get("total") or 0):
        path = f"/rest/api/3/issue/{issue['id']}/comment"
        answer = await api.get(path, startAt=len(comments), maxResults=100)
        more = listed(answer.body, "comments")
        if not more:
            break
        comments += more
    issue["fields"]["comment"] = {**held, "comments": comments}
