"""Fetches a calendar: in time, of a bounded size, and from nowhere that it must not come from."""

import asyncio
from dataclasses import dataclass
from typing import Final

import httpx

from engine.on_call.reading import MOST_BYTES
from engine.reaching import Unreached, answering, at_most

SECONDS: Final = 10.0
"""For all of it."""
MOST_REDIRECTS: Final = 3


class NotFetched(Exception):
    """There is no newer copy; says why, never with the address: it is a secret."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A calendar as it was fetched last."""

    text: bytes
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Fetcher:
    """`private`: addresses within a network of one's own are allowed."""

    client: httpx.AsyncClient
    private: bool = False

    async def fetch(self, address: str, before: Copy | None = None) -> Copy:
        """The newest copy; `before` itself where the other side says that nothing has changed.
        Raises NotFetched."""
        try:
            async with asyncio.timeout(SECONDS):
                return await self._fetch(address, before)
        except Unreached as why:
            raise NotFetched(str(why)) from None
        except TimeoutError:
            raise NotFetched(f"took longer than {SECONDS:g} seconds") from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise NotFetched("the address is no http(s) URL") from None
        except httpx.HTTPError as error:  # its text may quote the address
            raise NotFetched(f"no answer: {type(error).__name__}") from None

    async def _fetch(self, address: str, before: Copy | None) -> Copy:
        url = httpx.URL(_https(address))
        for _ in range(MOST_REDIRECTS + 1):
            if url.scheme not in ("http", "https"):
                raise httpx.UnsupportedProtocol(url.scheme)
            headers = {"Accept": "text/calendar, */*;q=0.1"}
            if before is not None and before.etag is not None:
                headers["If-None-Match"] = before.etag
            async with answering(
                self.client,
                "GET",
                url,
                headers=headers,
                private=self.private,
                allowed_by="PRIVATE_CALENDARS=true",
            ) as answer:
                if not answer.has_redirect_location:
                    return await _copy(answer, before)
                following = url.join(answer.headers["Location"])
            if url.scheme == "https" and following.scheme != "https":
                raise NotFetched("is redirected to where nothing is encrypted")
            url = following
        raise NotFetched(f"is redirected more than {MOST_REDIRECTS} times")


async def _copy(answer: httpx.Response, before: Copy | None) -> Copy:
    if answer.status_code == 304 and before is not None:
        return before
    if answer.status_code != 200:
        raise NotFetched(f"answers {answer.status_code} {answer.reason_phrase}".strip())
    text = await at_most(answer, MOST_BYTES)
    if text is None:
        raise NotFetched(f"is larger than {MOST_BYTES:,} bytes")
    return Copy(text, answer.headers.get("ETag"))


def _https(address: str) -> str:
    """What calendars call `webcal:` is that."""
    scheme, _, rest = address.partition("://")
    return f"https://{rest}" if scheme.lower() in ("webcal", "webcals") else address
