"""The HTTP side of the channels: one POST, and what its answer means."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from engine.notify.answer import MOST_BYTES, Beginning, read, words
from engine.notify.message import Delivered, Outcome, Rejected, Retry
from engine.notify.plain_text import duration

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
    """A client for channels; the caller closes it. Redirects are not followed, no cookie is kept,
    and there is a connection for whoever needs one: the courier sees to it that they are few.

    Raises NoWayOut.
    """
    # httpx logs every request with its full address, and a webhook's address is its password.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        return httpx.AsyncClient(
            timeout=httpx.Timeout(10.0, connect=5.0),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            mounts=_THIS_MACHINE,
        )
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
    *,
    yes: bytes | None = None,
    secret: str = "",
) -> Outcome:
    """Send JSON once. No outcome's reason ever contains the address, or the `secret` that is in it.

    `yes` is the body of a success, for a receiver whose status alone does not say so.
    """
    answered = await exchange(client, url, content, headers)
    if not isinstance(answered, Answer):
        return answered
    return answered.outcome(url, now(), yes=yes, secret=secret)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    response: httpx.Response
    beginning: Beginning

    def outcome(
        self, url: str, now: datetime, *, yes: bytes | None = None, secret: str = ""
    ) -> Outcome:
        """What it means, by its status and by what `post` asks for."""
        said = words(self.response, self.beginning, url, secret)
        return _outcome(self.response, self.beginning, said, now, yes)


async def exchange(
    client: httpx.AsyncClient,
    url: str,
    content: bytes,
    headers: Mapping[str, str],
    *,
    most: int = MOST_BYTES,
) -> Answer | Retry | Rejected:
    """Send JSON once, and read up to so many bytes of the answer; without one, what that means."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "sla-tracker",
        "Accept-Encoding": "identity",
        **headers,
    }
    try:
        async with client.stream("POST", url, content=content, headers=headers) as answer:
            return Answer(answer, await read(answer, most))
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        return Rejected("the configured address is no http(s) URL")
    except httpx.TimeoutException:
        return Retry("timed out")
    except httpx.HTTPError as error:  # its text may quote the address
        return Retry(f"no answer: {type(error).__name__}")


def _outcome(
    answer: httpx.Response, beginning: Beginning, said: str, now: datetime, yes: bytes | None
) -> Outcome:
    if answer.is_success and (yes is None or (beginning.whole and beginning.raw.strip() == yes)):
        return Delivered()
    reason = f"{answer.status_code} {said}".strip()
    if answer.is_success and yes is not None:
        if not beginning.whole and yes.startswith(beginning.raw):
            return Retry(f"{answer.status_code}, but the answer broke off")
        return Rejected(f"the answer is not {yes.decode()!r}: {reason}")
    if answer.status_code in (408, 429) or answer.status_code >= 500:
        return put_off(reason, retry_after(answer.headers.get("Retry-After"), now))
    return Rejected(reason, only_this=answer.status_code in (400, 413, 422))


def put_off(reason: str, wait: timedelta | None) -> Retry:
    """For as long as the other side asks for, at most an hour."""
    if wait is not None and wait > LONGEST_WAIT:
        asked, longest = (duration(each.total_seconds()) for each in (wait, LONGEST_WAIT))
        return Retry(f"{reason} (it asks to wait {asked}: {longest} is the most)", LONGEST_WAIT)
    return Retry(reason, wait)


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
    return max(wait, timedelta(0))
