"""Asks addresses, and none within a network of one's own, unless that is allowed."""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.request import getproxies, proxy_bypass

import httpx

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_ALLOTTED: Final = ipaddress.IPv6Network("2000::/3")
"""Of what is no network of one's own; all else is reserved, or leads to another address inside, as
by translators and in forms that count no more."""


class Unreached(Exception):
    """It must not be asked, or is not known; says why, never with the address."""


@asynccontextmanager
async def answering(
    client: httpx.AsyncClient,
    method: str,
    url: httpx.URL,
    *,
    headers: Mapping[str, str],
    json: Mapping[str, Any] | None = None,
    private: bool,
    allowed_by: str,
) -> AsyncGenerator[httpx.Response]:
    """One answer, of which nothing has been read but its headers; redirects are not followed.
    `private`: any address may be asked; else as `pinned`. Raises Unreached, and what httpx does."""
    to, extensions = (url, dict[str, str]()) if private else await pinned(url, allowed_by)
    request = client.build_request(
        method,
        to,
        headers={"User-Agent": "sla-tracker", **headers, "Host": url.netloc.decode("ascii")},
        json=json,
        extensions=dict(extensions),
    )
    answer = await client.send(request, stream=True)
    try:
        yield answer
    finally:
        await answer.aclose()


async def at_most(answer: httpx.Response, most: int) -> bytes | None:
    """What an answer holds; None: more bytes than that."""
    content = bytearray()
    async for part in answer.aiter_bytes():
        content += part
        if len(content) > most:
            return None
    return bytes(content)


async def pinned(url: httpx.URL, allowed_by: str) -> tuple[httpx.URL, Mapping[str, str]]:
    """The URL with the address that was checked in the place of the name, and the extensions of a
    request to it: the name is asked for once, so that the answer cannot be another one the next
    time. `allowed_by` says what would allow a private address. Raises Unreached."""
    if _by_proxy(url):
        return url, {}
    addresses = await _addresses(url)
    if not all(map(is_public, addresses)):
        raise Unreached(f"is in a private network; {allowed_by} allows such addresses")
    return url.copy_with(host=addresses[0]), {"sni_hostname": url.raw_host.decode("ascii")}


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
        raise Unreached("its host is not known") from None
    return [str(address[0]) for *_, address in found]


def is_public(text: str) -> bool:
    """Whether everybody may know of it."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is None and address not in _ALLOTTED:
            return False
        address = inner or address
    return address.is_global and not address.is_multicast
