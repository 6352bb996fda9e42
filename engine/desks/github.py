"""GitHub: the issues of repositories in order of their last change, each with its timeline."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

from engine.desks.calling import Answer, Api, NotThere, Page, Refused

PER_PAGE: Final = 100


async def page(api: Api, cursor: Mapping[str, Any], of: Sequence[str]) -> Page:
    """The next issues that have changed, each as `{"issue", "repository", "timeline"}`.

    Issues that change meanwhile move to the end of the list and others up: so each page is asked
    for by the time at which the last one ended, but where one second fills a whole page. Raises
    Refused and Later.
    """
    sinces: dict[str, str] = dict(cursor.get("sinces") or {})
    left = [one for one in of if one not in (cursor.get("over") or ())]
    if not left:
        return Page([], {"since": cursor["since"], "sinces": sinces}, done=True)
    name, *others = left
    since: str = sinces.get(name) or cursor["since"]
    try:
        repository: dict[str, Any] = (await api.get(f"/repos/{name}")).body
        if (following := cursor.get("following")) is not None:
            answer = await api.get(following)
        else:
            asked = {"state": "all", "sort": "updated", "direction": "asc"}
            answer = await api.get(f"/repos/{name}/issues", since=since, per_page=PER_PAGE, **asked)
    except NotThere as error:
        raise Refused(f"{error}: of the repository {name}, which api_projects names") from None
    issues = _list(answer)
    objects = [
        {
            "issue": one,
            "repository": {"full_name": repository["full_name"]},
            "organization": repository.get("organization"),
            "timeline": await _timeline(api, name, one["number"]),
        }
        for one in issues
        if "pull_request" not in one
    ]
    changed: list[str] = [one["updated_at"] for one in issues]
    newest = max([since, *changed], key=datetime.fromisoformat)
    after: dict[str, Any] = {
        "since": cursor["since"],
        "newest": newest,
        "sinces": {**sinces, name: newest},
    }
    over = [*(cursor.get("over") or ()), name]
    if answer.following is None:
        return Page(objects, {**after, "over": over} if others else after, done=not others)
    after["over"] = over[:-1]
    if newest == since:
        after["following"] = answer.following
    return Page(objects, after, done=False)


async def _timeline(api: Api, name: str, number: int) -> list[Any]:
    found: list[Any] = []
    answer = await api.get(f"/repos/{name}/issues/{number}/timeline", per_page=PER_PAGE)
    while True:
        found += _list(answer)
        if answer.following is None:
            return found
        answer = await api.get(answer.following)


def _list(answer: Answer) -> list[dict[str, Any]]:
    body: object = answer.body
    if not isinstance(body, list):
        raise Refused("answers without a list: is api_url that of GitHub's API?")
    return cast(list[dict[str, Any]], body)
