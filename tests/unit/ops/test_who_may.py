"""Which scope opens which route: every route that is served stands in one of these lists."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from starlette.routing import BaseRoute

from command_side.deciding.tokens import SCOPES
from config.settings import Settings
from ops.wiring import Service

OPEN = {
    "GET": [
        *("/", "/views/forecast", "/views/attainment", "/views/what-if", "/views/audit"),
        *("/web/{version}/{name:path}", "/docs", "/docs/ui", "/openapi.json"),
        *("/health", "/ready", "/metrics", "/webhooks/schema.json"),
    ],
}
"""Nobody is asked for a token: the page and its files hold no data, and probes have none."""
SIGNED = {
    "GET": ["/answer/{token}"],
    "POST": ["/answer/{token}", "/connect/{source}", "/slack/actions", "/pagerduty/{channel:path}"],
}
"""A signature is asked for instead."""
NEEDED: dict[str, dict[str, list[str]]] = {
    "write": {
        "POST": [
            *("/tickets", "/tickets/", "/tickets/{id:path}/acknowledge"),
            *("/tickets/{id:path}/snooze", "/silences"),
        ],
        "DELETE": ["/silences/{silence_id}"],
    },
    "admin": {
        "GET": ["/connect/parked", "/tokens"],
        "POST": [
            *("/excuses", "/excuses/preview", "/excuses/{excuse_id}/end"),
            *("/config/apply", "/config/preview", "/tokens"),
            *("/connect/parked/let-be", "/connect/parked/replay", "/connect/{source}/backfill"),
        ],
        "DELETE": ["/excuses/{excuse_id}", "/tokens/{token_id}"],
    },
    "audit": {"GET": ["/tickets/{id:path}/events", "/audit/commands"]},
    "read": {
        "GET": [
            *("/alerts", "/alerts/stream", "/config", "/config/history", "/conflicts"),
            *("/connect", "/dashboard", "/dashboard/facets", "/dashboard/groups", "/excuses"),
            *("/forecast", "/jobs", "/jobs/{job_id}", "/on-call", "/on-call/{name:path}"),
            *("/reports/alerts", "/reports/attainment", "/reports/breakdown", "/reports/cycles"),
            *("/reports/worst", "/silences", "/tickets/{id:path}"),
            *("/tickets/{id:path}/breakdown", "/tickets/{id:path}/differences"),
            *("/tickets/{id:path}/history", "/tickets/{id:path}/sla"),
            *("/tickets/{id:path}/stretches", "/tickets/{id:path}/timeline", "/what-if"),
        ],
        "POST": [
            *("/notifications/preview", "/what-if", "/reports/attainment/jobs"),
            *("/reports/cycles/jobs", "/reports/worst/jobs"),
        ],
        "DELETE": ["/jobs/{job_id}"],
        "WEBSOCKET": ["/ws/alerts"],
    },
}
ROUTES = [
    (scope, method, path)
    for scope, methods in NEEDED.items()
    for method, paths in methods.items()
    for path in paths
]


@pytest.fixture(scope="module")
def service() -> Service:
    """It is not running: nothing of it is reached before somebody is let in."""
    tokens = SecretStr(" ".join(f"the-{one}-er:{one}" for one in SCOPES))
    return Service(Settings(database_url=SecretStr(""), api_tokens=tokens, api_tokens_file=None))


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(service.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
        yield client


def served(routes: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Method and path of each, also of those that are included as a whole."""
    for route in routes:
        included: Any = getattr(route, "original_router", None)
        if included is not None:
            yield from served(included.routes)
            continue
        path: str = getattr(route, "path", "")
        methods: set[str] | None = getattr(route, "methods", None)
        if methods is None:
            methods = {"WEBSOCKET" if path.startswith("/ws/") else "GET"}
        yield from ((method, path) for method in methods - {"HEAD", "OPTIONS"})


def test_every_route_that_is_served_stands_in_one_list(service: Service) -> None:
    listed = [
        (method, path)
        for lists in (OPEN, SIGNED, *NEEDED.values())
        for method, paths in lists.items()
        for path in paths
    ]
    assert len(listed) == len(set(listed))
    assert sorted(set(served(service.app.router.routes))) == sorted(listed)


def address(path: str) -> str:
    for name in ("excuse_id", "silence_id", "job_id"):
        path = path.replace(f"{{{name}}}", "00000000-0000-0000-0000-000000000001")
    for name in ("id:path", "name", "token_id", "source", "token", "channel"):
        path = path.replace(f"{{{name}}}", "any")
    return path


@pytest.mark.parametrize(
    ("scope", "method", "path"), [one for one in ROUTES if one[1] != "WEBSOCKET"]
)
async def test_a_route_is_shut_to_tokens_of_every_other_scope(
    client: httpx.AsyncClient, scope: str, method: str, path: str
) -> None:
    content = b"{}" if method == "POST" else None
    nobody = await client.request(method, address(path), content=content)
    assert nobody.status_code == 401
    assert nobody.headers["WWW-Authenticate"] == "Bearer"
    assert nobody.headers["Content-Type"] == "application/problem+json"
    for other in SCOPES:
        if other in (scope, "admin"):
            continue
        shown = {"Authorization": f"Bearer the-{other}-er"}
        answer = await client.request(method, address(path), headers=shown, content=content)
        assert (answer.status_code, other) == (403, other)
        assert answer.json()["detail"] == f"The token lacks the scope {scope}."
        assert f"the-{other}-er" not in answer.text
