"""Fetches a calendar: in time, of a bounded size, and from nowhere that it must not come from."""

import asyncio
import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.request import getproxies, proxy_bypass

import httpx

from engine.on_call.reading import MOST_BYTES

SECONDS: Final = 10.0
"""For all of it."""
MOST_REDIRECTS: Final = 3
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


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
            headers = {"User-Agent": "sla-tracker", "Accept": "text/calendar, */*;q=0.1"}
            if before is not None and before.etag is not None:
                headers["If-None-Match"] = before.etag
            to, extensions = await self._pinned(url)
            asked = self.client.build_request(
                "GET",
                to,
                headers={**headers, "Host": url.netloc.decode("ascii")},
                extensions=extensions,
            )
            answer = await self.client.send(asked, stream=True)
            try:
                if not answer.has_redirect_location:
                    return await _copy(answer, before)
                following = url.join(answer.headers["Location"])
            finally:
                await answer.aclose()
            if url.scheme == "https" and following.scheme != "https":
                raise NotFetched("is redirected to where nothing is encrypted")
            url = following
        raise NotFetched(f"is redirected more than {MOST_REDIRECTS} times")

    async def _pinned(self, url: httpx.URL) -> tuple[httpx.URL, Mapping[str, str]]:
        """The URL with the address that was checked in the place of the name: it is asked for once,
        so that the answer cannot be another one the next time."""
        if self.private or _by_proxy(url):
            return url, {}
        addresses = await _addresses(url)
        if not all(map(_is_public, addresses)):
            raise NotFetched(
                "is in a private network; PRIVATE_CALENDARS=true allows such addresses"
            )
        return url.copy_with(host=addresses[0]), {"sni_hostname": url.raw_host.decode("ascii")}


async def _copy(answer: httpx.Response, before: Copy | None) -> Copy:
    if answer.status_code == 304 and before is not None:
        return before
    if answer.status_code != 200:
        raise NotFetched(f"answers {answer.status_code} {answer.reason_phrase}".strip())
    text = bytearray()
    async for part in answer.aiter_bytes():
        text += part
        if len(text) > MOST_BYTES:
            raise NotFetched(f"is larger than {MOST_BYTES:,} bytes")
    return Copy(bytes(text), answer.headers.get("ETag"))


def _https(address: str) -> str:
    """What calendars call `webcal:` is that."""
    scheme, _, rest = address.partition("://")
    return f"https://{rest}" if scheme.lower() in ("webcal", "webcals") else address


def _by_proxy(url: httpx.URL) -> bool:
    """Then it is for the proxy to say who may be asked, and only it knows the names. None is asked
    for this machine, nor where an address says it all."""
    proxies = getproxies()
    named = url.host != "localhost" and not _is_address(url.host)
    by_one = proxies.get(url.scheme) or proxies.get("all")
    return bool(named and by_one and not proxy_bypass(url.host))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def _addresses(url: httpx.URL) -> list[str]:
    port = url.port or {"http": 80, "https": 443}.get(url.scheme, 443)
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotFetched("its host is not known") from None
    return [str(address[0]) for *_, address in found]


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        address = inner or address
    return address.is_global and not address.is_multicast
