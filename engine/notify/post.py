"""The HTTP side of the channels: one POST, and what its answer means."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from engine.notify.message import Delivered, Outcome, Rejected, Retry

_THIS_MACHINE: Mapping[str, None] = {
    "all://127.0.0.1": None,
    "all://localhost": None,
    "all://[::1]": None,
}
"""None: a proxy of the environment would look for a receiver of ours on its own machine."""
LONGEST_WAIT = timedelta(hours=1)
"""However long a Retry-After asks for: nobody may silence a channel for a day by mistake."""


class NoWayOut(Exception):
    """The environment names a proxy or certificates that cannot be used; never with an address."""


def http_client() -> httpx.AsyncClient:
    """A client for channels; the caller closes it. Redirects are not followed.

    Raises NoWayOut.
    """
    # httpx logs every request with its full address, and a webhook's address is its password.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        return httpx.AsyncClient(timeout=httpx.Timeout(10.0, connect=5.0), mounts=_THIS_MACHINE)
    except ImportError:
        raise NoWayOut("a SOCKS proxy cannot be used, name an HTTP proxy") from None
    except (ValueError, httpx.InvalidURL):
        raise NoWayOut("a proxy must be named as http://host:port") from None
    except OSError as error:  # of its certificates
        raise NoWayOut(f"the certificates cannot be read: {error.strerror or error}") from error


async def post(
    client: httpx.AsyncClient,
    url: str,
    content: bytes,
    headers: Mapping[str, str],
    now: Callable[[], datetime],
) -> Outcome:
    """Send JSON once. No outcome's reason ever contains the address."""
    headers = {"Content-Type": "application/json", "User-Agent": "sla-tracker", **headers}
    try:
        answer = await client.post(url, content=content, headers=headers)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        return Rejected("the configured address is no http(s) URL")
    except httpx.TimeoutException:
        return Retry("timed out")
    except httpx.HTTPError as error:  # its text may quote the address
        return Retry(f"no answer: {type(error).__name__}")
    return _outcome(answer, url, now())


def _outcome(answer: httpx.Response, url: str, now: datetime) -> Outcome:
    if answer.is_success:
        return Delivered()
    words = " ".join(answer.text.replace(url, "").split())[:200]
    reason = f"{answer.status_code} {words}".strip()
    if answer.status_code in (408, 429) or answer.status_code >= 500:
        return Retry(reason, retry_after(answer.headers.get("Retry-After"), now))
    return Rejected(reason, only_this=answer.status_code in (400, 413, 422))


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """The wait that a Retry-After header asks for, in seconds or as a date; None: it says none."""
    if header is None:
        return None
    try:
        wait = timedelta(seconds=float(header))
    except (ValueError, OverflowError):
        try:
            at = parsedate_to_datetime(header)
        except ValueError:
            return None
        wait = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    return min(max(wait, timedelta(0)), LONGEST_WAIT)
