"""Asks a desk's API: patient with what passes, and within what it allows."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

import httpx
from pydantic_core import from_json

from engine.notify.post import LONGEST_WAIT, retry_after
from engine.reaching import Unreached, answering, at_most

SECONDS: Final = 60.0
"""For one answer."""
MOST_BYTES: Final = 64 * 1024 * 1024
MOST_REDIRECTS: Final = 3
ATTEMPTS: Final = 5
"""At one page, of a desk that does not answer or fails."""
SHORT: Final = timedelta(minutes=1)
"""So long is waited at once; for longer ones, somebody comes again."""
PASSING: Final = timedelta(minutes=5)
"""When to come again after all attempts."""
SLOWLY: Final = 429


class Refused(Exception):
    """The desk answers, and somebody has to mend something; says what."""


class Later(Exception):
    """The desk has to be asked again later."""

    def __init__(self, why: str, wait: timedelta) -> None:
        super().__init__(why)
        self.wait = wait


class NotThere(Exception):
    """What was asked for is not there (any more), or not under this cursor."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Of the API."""

    body: Any
    following: str | None
    """The path of the next page, where a `Link` names one."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of what has changed, each with its history."""

    objects: Sequence[Any]
    cursor: Mapping[str, Any]
    """By which the next part is asked for."""
    done: bool
    """There is no more for now."""


@dataclass(frozen=True, slots=True)
class Api:
    """One desk's, with what it asks for."""

    client: httpx.AsyncClient
    base: str
    headers: Mapping[str, str]
    now: Callable[[], datetime]
    private: bool = False
    """Addresses within a network of one's own are allowed."""
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def get(self, path: str, **asked: object) -> Answer:
        """Raises Refused, Later and NotThere."""
        given = {name: str(value) for name, value in asked.items() if value is not None}
        return await self._patiently("GET", path, given, None)

    async def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Raises Refused, Later and NotThere."""
        return await self._patiently("POST", path, {}, body)

    async def _patiently(
        self, method: str, path: str, asked: Mapping[str, str], body: Mapping[str, Any] | None
    ) -> Answer:
        why = ""
        for attempt in range(ATTEMPTS):
            wait = None
            try:
                async with asyncio.timeout(SECONDS):
                    answer = await self._once(method, path, asked, body)
                    if answer.is_success:
                        return Answer(from_json(answer.content), self._following(answer))
            except TimeoutError:
                why = f"took longer than {SECONDS:g} seconds"
            except Unreached as error:
                raise Refused(f"cannot be asked: api_url {error}") from None
            except (httpx.InvalidURL, httpx.UnsupportedProtocol):
                raise Refused("cannot be asked: api_url is no http(s) address") from None
            except httpx.HTTPError as error:
                why = f"does not answer: {type(error).__name__}"
            except ValueError:
                why = "answers with what is no JSON"
            else:
                why = _said(answer)
                wait = self._judged(answer, why)
            if wait is None:
                wait = timedelta(seconds=2**attempt)
            if wait > SHORT:
                raise Later(why, min(wait, LONGEST_WAIT))
            if attempt + 1 < ATTEMPTS:
                await self.pause(wait.total_seconds())
        raise Later(why, PASSING)

    def _judged(self, answer: httpx.Response, why: str) -> timedelta | None:
        """How long to wait, if it says so. Raises Refused and NotThere for what does not pass."""
        asked = retry_after(answer.headers.get("Retry-After"), self.now())
        if asked is None and answer.headers.get("x-ratelimit-remaining") == "0":
            asked = self._reset(answer.headers.get("x-ratelimit-reset", ""))
        if answer.status_code == SLOWLY:
            return SHORT if asked is None else asked
        if answer.status_code == 403 and asked is not None:
            return asked
        if answer.status_code >= 500:
            return asked
        if answer.status_code in (401, 403):
            raise Refused(f"{why}: the variables api_user_env and api_token_env name who asks")
        if answer.status_code in (400, 404, 410, 422):
            raise NotThere(why)
        raise Refused(why)

    def _reset(self, text: str) -> timedelta | None:
        """GitHub says when, in seconds since 1970."""
        try:
            at = datetime.fromtimestamp(int(text), UTC)
        except (ValueError, OverflowError, OSError):
            return None
        return max(at - self.now(), timedelta(seconds=1))

    async def _once(
        self, method: str, path: str, asked: Mapping[str, str], body: Mapping[str, Any] | None
    ) -> httpx.Response:
        url = httpx.URL(self.base.rstrip("/") + path)
        if asked:
            url = url.copy_merge_params(dict(asked))
        for _ in range(MOST_REDIRECTS + 1):
            async with answering(
                self.client,
                method,
                url,
                headers={"Accept": "application/json", **self.headers},
                json=body,
                private=self.private,
                allowed_by="api_private: true",
            ) as answer:
                if not answer.has_redirect_location:
                    return await _whole(answer)
                following = url.join(answer.headers["Location"])
            if _origin(following) != _origin(url):  # where who asks must not be told
                raise Refused("is redirected to another host: api_url has to name that one")
            url = following
        raise Refused(f"is redirected more than {MOST_REDIRECTS} times")

    def _following(self, answer: httpx.Response) -> str | None:
        """Only where it leads to the same desk."""
        link = answer.links.get("next", {}).get("url")
        if link is None:
            return None
        base, url = httpx.URL(self.base), httpx.URL(self.base).join(link)
        path, below = url.raw_path.decode("ascii"), base.path.rstrip("/")
        if _origin(url) != _origin(base) or not path.startswith(below):
            raise Refused("names a next page of another host")
        return path.removeprefix(below)


async def _whole(answer: httpx.Response) -> httpx.Response:
    content = await at_most(answer, MOST_BYTES)
    if content is None:
        raise Refused(f"answers with more than {MOST_BYTES:,} bytes")
    headers = [
        (name, value)
        for name, value in answer.headers.multi_items()
        if name.lower() not in ("content-encoding", "content-length", "transfer-encoding")
    ]
    return httpx.Response(answer.status_code, headers=headers, content=content)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return (url.scheme, url.host, url.port)


def _said(answer: httpx.Response) -> str:
    return f"answers {answer.status_code} {answer.reason_phrase}".strip()


def listed(body: Any, name: str) -> list[Any]:
    """A list of an answer; an answer without it is none of this API. Raises Refused."""
    found = cast(dict[str, Any], body).get(name) if isinstance(body, dict) else None
    if not isinstance(found, list):
        raise Refused(f"answers without {name!r}: is api_url that of the desk?")
    return cast(list[Any], found)
