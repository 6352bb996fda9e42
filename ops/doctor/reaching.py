"""Connects to the places that messages go to, and says nothing there."""

import asyncio
import socket
import ssl
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

from ops.doctor.outside import Try
from ops.http.serving import LOOPBACK

PATIENCE = 5.0
"""Seconds for one place."""
PORTS: Mapping[str, int] = {"http": 80, "https": 443, "smtp": 25, "smtps": 465}
ENCRYPTED = frozenset({"https", "smtps"})


async def tried(
    channels: Mapping[str, Sequence[str]], trust: ssl.SSLContext
) -> Mapping[str, Sequence[Try]]:
    """By channel, its places; each is connected to once, all at a time."""
    places = dict.fromkeys(one for each in channels.values() for one in each)
    found = dict(zip(places, await _all(places, trust), strict=True))
    return {name: [found[one] for one in each] for name, each in channels.items()}


async def _all(places: Iterable[str], trust: ssl.SSLContext) -> list[Try]:
    return await asyncio.gather(*(attempt(one, trust) for one in places))


async def attempt(address: str, trust: ssl.SSLContext) -> Try:
    """Connects, by TLS where that is spoken at once, and hangs up. `trust` is for certificates."""
    place = urlsplit(address)
    host, port = place.hostname or "", place.port or PORTS[place.scheme]
    encrypted = trust if place.scheme in ENCRYPTED else None
    if (proxy := _proxy(place)) is not None:
        named = f"{host}, by the proxy {proxy.hostname}"
        try:
            at = proxy.hostname or "", proxy.port or PORTS.get(proxy.scheme, 1080)
        except ValueError:
            return Try(named, "the proxy's port is none")
        return Try(named, await _error(*at, None))
    return Try(host, await _error(host, port, encrypted))


def _proxy(place: SplitResult) -> SplitResult | None:
    """As the channels' own client finds it."""
    if not place.scheme.startswith("http") or place.hostname in LOOPBACK:
        return None
    proxies = getproxies()
    given = proxies.get(place.scheme) or proxies.get("all")
    return urlsplit(given) if given and not proxy_bypass(place.hostname or "") else None


async def _error(host: str, port: int, trust: ssl.SSLContext | None) -> str | None:
    try:
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(host, port, ssl=trust)
    except TimeoutError:
        return f"no answer within {PATIENCE:.0f} seconds, on port {port}"
    except (socket.gaierror, UnicodeError):
        return "its name is not known"
    except ssl.SSLCertVerificationError as error:
        return f"its certificate is not trusted: {error.verify_message}"
    except ssl.SSLError:
        return f"it speaks no TLS on port {port}"
    except ConnectionRefusedError:
        return f"it refuses connections on port {port}"
    except OSError as error:
        return f"{(error.strerror or str(error)).lower()}, on port {port}"
    writer.close()
    with suppress(OSError, TimeoutError):  # it was reached; how it hangs up is all the same
        async with asyncio.timeout(PATIENCE):
            await writer.wait_closed()
    return None
