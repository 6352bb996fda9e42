"""A running service as commands talk to it."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, TypedDict, cast
from urllib.parse import urlsplit

import httpx

from config.environment import cleaned
from ops.commands.exits import FOUND_PROBLEMS, err, refuse
from ops.http.serving import LOOPBACK

PATIENCE_SECONDS = 600
"""A preview counts many tickets twice."""
NOT_YET = 504
"""The status where what is waited for takes too long."""
AWAY = 503
"""The status of a service that cannot serve, or not in time."""


class Options(TypedDict):
    """What every client of a service is made with."""

    base_url: str
    headers: dict[str, str]
    timeout: httpx.Timeout
    trust_env: bool
    verify: bool


def options(url: str, token: str | None) -> Options:
    """For an httpx client of either kind; leaves when the address is none."""
    token = cleaned(token or "")
    if not (token.isascii() and token.isprintable()):
        refuse("The token holds what no token can. It comes from --token or SLA_TOKEN.")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        refuse(f"Not an address: {url!r}. It looks like http://127.0.0.1:8000")
    here = parts.hostname in LOOPBACK
    return Options(
        base_url=url,
        headers={"Authorization": f"Bearer {token}"} if token else {},
        timeout=httpx.Timeout(60, connect=5),
        trust_env=not here,  # no proxy knows our own machine
        # To read the certificates of all the world takes 30 ms, and here nobody shows one.
        verify=not here or parts.scheme == "https",
    )


@contextmanager
def connected(url: str, token: str | None) -> Generator[httpx.Client, None, None]:
    """A client of a service that is there, or leave with a hint."""
    with opened(url, token) as client:
        _meet(client, url)
        yield client


def opened(url: str, token: str | None) -> httpx.Client:
    """A client, whether or not anybody answers it."""
    try:
        return httpx.Client(**options(url, token))
    except (ImportError, ValueError, OSError, httpx.InvalidURL):
        refuse("A proxy or the certificates that the environment names cannot be used.")


class TooBusy(str):
    """Why a service that is there says nothing of itself."""


def _meet(client: httpx.Client, url: str) -> None:
    """Leave with a hint unless the service is there; one that is degraded, or too busy to say how
    it is, will do: it has longer for what it is asked."""
    found = health(client, url)
    if isinstance(found, str) and not isinstance(found, TooBusy):
        refuse(found)


def health(client: httpx.Client, url: str) -> dict[str, Any] | str:
    """What the service says of itself, also when it cannot serve; or why nobody says it."""
    try:
        said = client.get("/health")
        answer: object = said.json()
    except httpx.TransportError:
        return (
            f"No service answers at {url}. Start one with `make run`, or name another with --url or"
            " SLA_URL."
        )
    except ValueError:  # no JSON: somebody else
        answer = None
    else:
        # As `ops.http.in_time` answers, when nothing else has in time.
        if said.status_code == AWAY and isinstance(answer, dict) and "correlation_id" in answer:
            return TooBusy(f"The service at {url} is too busy to say how it is. Ask again.")
    if isinstance(answer, dict) and "service" in answer:
        return cast("dict[str, Any]", answer)
    return f"Something answers at {url}, but it is not SLA Tracker."


def ask(
    method: str,
    path: str,
    url: str,
    token: str | None,
    asked: Mapping[str, Any] | None = None,
    *,
    scope: str = "admin",
) -> dict[str, Any]:
    """The answer, or leave with what is wrong."""
    with connected(url, token) as client:
        try:
            answer = client.request(method, path, json=asked, timeout=PATIENCE_SECONDS)
        except httpx.TransportError as error:
            refuse(f"{url} does not answer: {error}", code=FOUND_PROBLEMS)
    body: dict[str, Any] = answer.json()
    if not answer.is_success:
        errors: list[dict[str, Any]] = body.get("errors") or []
        wrong = " ".join(f"{error['loc'][-1]}: {error['msg']}." for error in errors)
        hint = (
            f" Name one with the scope {scope} by --token or SLA_TOKEN."
            if body["status"] in (401, 403)
            else ""
        )
        refuse((wrong or body["detail"]) + hint, code=FOUND_PROBLEMS)
    return body


def tell(
    method: str,
    path: str,
    url: str,
    token: str | None,
    asked: Mapping[str, Any] | None = None,
    *,
    shown_at: str,
    scope: str = "admin",
) -> dict[str, Any]:
    """The answer to a command, once the list at `shown_at` has what it did: whoever asks next sees
    it, though read tables follow the log. Or leave with what is wrong."""
    found = ask(method, path, url, token, asked, scope=scope)
    wait_until_shown(url, token, found["position"], f"{shown_at}?limit=1")
    return found


def wait_until_shown(url: str, token: str | None, position: int, *shown_at: str) -> None:
    """Until what is read at these addresses has what was written up to a position. Where that takes
    too long, it is said: nothing is wrong then, nor where the token may not read."""
    asked = [httpx.URL(one).copy_add_param("wait_for", position) for one in shown_at]
    with opened(url, token) as client, suppress(httpx.TransportError):
        if any(client.get(one).status_code == NOT_YET for one in asked):
            err.print("Lists show it later: the read tables are behind.")


def all_pages(
    path: str, url: str, token: str | None, *, scope: str = "admin"
) -> list[dict[str, Any]]:
    """The items of all pages, or leave with what is wrong."""
    items: list[dict[str, Any]] = []
    page, total = 1, 1
    while len(items) < total:
        found = ask("GET", f"{path}?page={page}", url, token, scope=scope)
        items, total, page = items + found["items"], found["total"], page + 1
        if not found["items"]:
            break
    return items
