"""The APIs of desks, as their documentation says, holding the ticket of `lives` and others."""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from engine.desks import calling
from tests.support.items import at
from tests.support.lives import MINUTES, z
from tests.support.patience import PATIENCE
from tests.support.web import serving

MINUTE: Mapping[str, int] = {str(step): minute for step, minute in MINUTES.items()}
Fault = Callable[[], Response | None]
"""Instead of an answer; None: the request is never answered."""


def fails(status: int, **headers: str) -> Fault:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda: JSONResponse({"error": "no"}, status, names)


def hangs() -> None:
    return None


def busy_then_silent(monkeypatch: pytest.MonkeyPatch) -> tuple[Fault, Fault]:
    """It asks for seven seconds of patience, and then never answers: that answer alone is not
    waited for long."""

    def busy() -> Response | None:
        monkeypatch.setattr(calling, "SECONDS", 0.5)
        return fails(429, retry_after="7")()

    def silent() -> Response | None:
        monkeypatch.setattr(calling, "SECONDS", PATIENCE)
        return hangs()

    return busy, silent


@dataclass
class DeskApi(ABC):
    """One that is running; `faults` come in the place of its next answers."""

    AUTHORIZATION: ClassVar[str]
    count: int = 1
    """Tickets; the last in order of time is that of `lives`."""
    per_page: int = 100
    faults: deque[Fault | None] = field(default_factory=deque[Fault | None])
    asked: list[str] = field(default_factory=list[str])
    url: str = ""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    hangs: asyncio.Event = field(default_factory=asyncio.Event)
    """Somebody waits for an answer."""
    forgotten: bool = False
    """Cursors that it gave are not known any more."""
    lets_in: str = ""
    now: Callable[[], datetime] = lambda: at(130)

    def __post_init__(self) -> None:
        self.lets_in = self.AUTHORIZATION

    @abstractmethod
    def answer(self, path: str, asked: dict[str, Any]) -> Response:
        """Of the desk, to who is let in."""

    async def take(self, request: Request) -> Response:
        path = request.url.path
        self.asked.append(path)
        if request.headers.get("authorization") != self.lets_in:
            return JSONResponse({"error": "Couldn't authenticate you"}, 401)
        fault = self.faults.popleft() if self.faults else None
        if fault is not None:
            said = fault()
            if said is None:
                self.hangs.set()
                await self.over.wait()
                return Response()
            return said
        body: dict[str, Any] = await request.json() if request.method == "POST" else {}
        return self.answer(path, {**request.query_params, **body})

    @asynccontextmanager
    async def running(self) -> AsyncGenerator["DeskApi"]:
        app = FastAPI()
        app.add_api_route("/{path:path}", self.take, methods=["GET", "POST"], response_model=None)
        async with serving(app) as self.url:
            try:
                yield self
            finally:
                self.over.set()

    def pages(self, paths: str) -> int:
        return sum(paths in one for one in self.asked)


class Zendesk(DeskApi):
    """The incremental export by cursor, and audits."""

    AUTHORIZATION = "Basic YW5uQGV4YW1wbGUuY29tL3Rva2VuOnMzY3JldA=="  # ann@example.com/token:s3cret
    EVENTS: ClassVar[dict[str, tuple[str, str, str | None, str | None]]] = {
        "assigned": ("Change", "assignee_id", None, "8000"),
        "pending": ("Change", "status", "open", "pending"),
        "replied": ("Change", "status", "pending", "open"),
        "raised": ("Change", "priority", "high", "urgent"),
        "solved": ("Change", "status", "open", "solved"),
        "again": ("Change", "status", "solved", "open"),
        "closed": ("Change", "status", "open", "closed"),
    }

    def ticket(self, number: int) -> dict[str, Any]:
        return {
            "id": number,
            "created_at": z(0),
            "updated_at": z(120),
            "generated_timestamp": int(at(120).timestamp()),
            "status": "closed",
            "priority": "urgent",
            "assignee_id": 8000,
            "group_id": 77,
            "organization_id": "ACME",
            "subject": "Checkout is down",
            "type": "incident",
            "tags": [],
            "requester_id": 5,
        }

    def audits(self) -> list[dict[str, Any]]:
        opened: list[dict[str, Any]] = [
            {"id": 1, "type": "Create", "field_name": "status", "value": "open"}
        ]
        opened.append({"id": 2, "type": "Comment", "public": True, "author_id": 5})
        audits: list[dict[str, Any]] = [
            {"id": 100, "created_at": z(0), "author_id": 5, "events": opened}
        ]
        for number, (step, (kind, name, was, now)) in enumerate(self.EVENTS.items()):
            event: dict[str, Any] = {
                "id": 1000 + number,
                "type": kind,
                "field_name": name,
                "previous_value": was,
                "value": now,
            }
            minute = z(MINUTE[step])
            audits.append({"id": 200 + number, "created_at": minute, "events": [event]})
        answered = {"id": 2000, "type": "Comment", "public": True, "author_id": 8000}
        audits.append(
            {
                "id": 300,
                "created_at": z(MINUTE["answered"]),
                "author_id": 8000,
                "events": [answered],
            }
        )
        return audits

    def answer(self, path: str, asked: dict[str, Any]) -> Response:
        if path.endswith("/audits.json"):
            users = [{"id": 8000, "role": "agent"}, {"id": 5, "role": "end-user"}]
            after = asked.get("page[after]")
            half = self.audits()[4:] if after else self.audits()[:4]
            meta = {"has_more": after is None, "after_cursor": "half" if after is None else None}
            return JSONResponse({"audits": half, "users": users, "meta": meta})
        token = asked.get("cursor")
        if token is not None and self.forgotten:
            self.forgotten = False
            return JSONResponse({"error": "InvalidPaginationParameter"}, 400)
        start = 0 if token is None else int(token.rpartition("c")[2])
        if token is None and int(asked["start_time"]) > at(120).timestamp():
            start = self.count
        end = min(start + self.per_page, self.count)
        numbers = range(5159 - self.count + start, 5159 - self.count + end)
        return JSONResponse(
            {
                "tickets": [self.ticket(number) for number in numbers],
                "after_cursor": f"{len(self.asked)}c{end}",
                "end_of_stream": end >= self.count,
            }
        )


class Jira(DeskApi):
    """The search by JQL, changelogs in bulk, and comments."""

    AUTHORIZATION = "Basic YW5uQGV4YW1wbGUuY29tOnMzY3JldA=="  # ann@example.com:s3cret
    behind: timedelta = timedelta()
    """How far the index is behind the issues."""
    CHANGES: ClassVar[dict[str, tuple[str, str | None, str]]] = {
        "assigned": ("assignee", None, "Ann"),
        "pending": ("status", "Open", "Waiting for customer"),
        "replied": ("status", "Waiting for customer", "Work in progress"),
        "raised": ("priority", "High", "Highest"),
        "solved": ("status", "Work in progress", "Resolved"),
        "again": ("status", "Resolved", "Reopened"),
        "closed": ("status", "Reopened", "Closed"),
    }

    def issue(self, number: int, until: datetime) -> dict[str, Any]:
        known = {name: one for name, one in self.CHANGES.items() if at(MINUTE[name]) <= until}
        last: dict[str, Any] = {"status": "Open", "priority": "High", "assignee": None}
        last |= {field: now for field, _, now in known.values()}
        minutes = [MINUTE[name] for name in known] or [0]
        comment = {
            "id": "900",
            "created": self.stamp(MINUTE["answered"]),
            "author": {"displayName": "Ann", "emailAddress": "ann@ourdesk.example"},
            "jsdPublic": True,
        }
        fields: dict[str, Any] = {
            "created": self.stamp(0),
            "updated": self.stamp(max(minutes)),
            "summary": "Checkout is down",
            "status": {"name": last["status"]},
            "priority": {"name": last["priority"]},
            "assignee": {"displayName": last["assignee"]} if last["assignee"] else None,
            "issuetype": {"name": "Incident"},
            "labels": [],
            "customfield_10002": [{"name": "ACME"}],
            "comment": {"comments": [], "total": 1, "later": comment},
        }
        return {"id": str(10033 + number), "key": f"HELP-{number}", "fields": fields}

    @staticmethod
    def stamp(minute: float) -> str:
        return at(minute).strftime("%Y-%m-%dT%H:%M:%S.000+0000")

    def answer(self, path: str, asked: dict[str, Any]) -> Response:
        until = self.now() - self.behind
        if path.endswith("/comment"):
            later = self.issue(7, until)["fields"]["comment"]["later"]
            comments = [later] if int(asked["startAt"]) == 0 else []
            return JSONResponse({"comments": comments, "total": 1})
        if path.endswith("/bulkfetch"):
            return JSONResponse(self.changelogs(asked, until))
        token = asked.get("nextPageToken")
        if token is not None and self.forgotten:
            self.forgotten = False
            return JSONResponse({"errorMessages": ["The token is not valid"]}, 400)
        start = 0 if token is None else int(token)
        issues = [self.issue(8 - self.count + n, until) for n in range(self.count)]
        minutes = int(asked["jql"].split('updated >= "-')[1].split("m")[0])
        since = self.now() - timedelta(minutes=minutes)
        if datetime.fromisoformat(issues[0]["fields"]["updated"]) < since or until < at(0):
            issues = []
        found = deepcopy(issues[start : start + self.per_page])
        for one in found:
            one["fields"]["comment"].pop("later")
        end = start + len(found)
        following = {} if end >= len(issues) else {"nextPageToken": str(end)}
        return JSONResponse({"issues": found, "isLast": not following, **following})

    def changelogs(self, asked: dict[str, Any], until: datetime) -> dict[str, Any]:
        histories = [
            {
                "id": str(10_000 + list(MINUTE).index(step)),
                "created": int(at(MINUTE[step]).timestamp() * 1000),
                "items": [{"field": name, "fromString": was, "toString": now}],
            }
            for step, (name, was, now) in self.CHANGES.items()
            if at(MINUTE[step]) <= until
        ]
        is_first = "nextPageToken" not in asked
        part = histories[:3] if is_first else histories[3:]
        logs = [{"issueId": one, "changeHistories": part} for one in asked["issueIdsOrKeys"]]
        return {"issueChangeLogs": logs, **({"nextPageToken": "more"} if is_first else {})}


class GitHub(DeskApi):
    """Issues in order of their last change, and timelines."""

    AUTHORIZATION = "Bearer s3cret"
    EVENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "assigned": {"event": "assigned", "assignee": {"login": "ann"}},
        "pending": {"event": "labeled", "label": {"name": "waiting"}},
        "replied": {"event": "unlabeled", "label": {"name": "waiting"}},
        "solved": {"event": "closed", "state_reason": "completed"},
        "again": {"event": "reopened"},
        "closed": {"event": "closed", "state_reason": "completed"},
    }

    def issue(self, number: int) -> dict[str, Any]:
        return {
            "number": number,
            "title": "Checkout is down",
            "state": "closed",
            "created_at": z(0),
            "updated_at": z(120),
            "user": {"id": 5, "login": "customer"},
            "assignee": {"login": "ann"},
            "labels": [{"name": "P1"}],
        }

    def timeline(self) -> Sequence[dict[str, Any]]:
        found = [
            {"id": 50 + n, "created_at": z(MINUTE[step]), **event}
            for n, (step, event) in enumerate(self.EVENTS.items())
        ]
        raised = z(MINUTE["raised"])
        found.append(
            {"id": 80, "created_at": raised, "event": "unlabeled", "label": {"name": "P2"}}
        )
        found.append({"id": 81, "created_at": raised, "event": "labeled", "label": {"name": "P1"}})
        found.append(
            {
                "id": 900,
                "event": "commented",
                "created_at": z(MINUTE["answered"]),
                "author_association": "MEMBER",
                "user": {"id": 6, "login": "ann", "type": "User"},
            }
        )
        return found

    def answer(self, path: str, asked: dict[str, Any]) -> Response:
        page = int(asked.get("page", 1))
        if path.endswith("/timeline"):
            return self._page(path, asked, self.timeline(), page, 5)
        if not path.endswith("/issues"):
            return JSONResponse({"full_name": "acme/desk", "organization": {"login": "ACME"}})
        pull = {**self.issue(1), "number": 1000, "pull_request": {"url": "…"}}
        issues = [pull, *(self.issue(8 - self.count + n) for n in range(self.count))]
        if datetime.fromisoformat(asked["since"]) > at(120):
            issues = []
        return self._page(path, asked, issues, page, self.per_page)

    def _page(
        self, path: str, asked: dict[str, Any], found: Sequence[Any], page: int, size: int
    ) -> Response:
        part = found[(page - 1) * size : page * size]
        headers: dict[str, str] = {}
        if page * size < len(found):
            given = "&".join(f"{name}={value}" for name, value in asked.items() if name != "page")
            given = given.replace("+", "%2B")
            headers["Link"] = f'<{self.url}{path}?{given}&page={page + 1}>; rel="next"'
        return JSONResponse(part, headers=headers)


APIS: dict[str, type[DeskApi]] = {"zendesk": Zendesk, "jira": Jira, "github": GitHub}
