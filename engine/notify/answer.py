"""What the other side of a channel says: read in part, raw, and made safe to keep and to log.

Whoever answers decides what comes, and how much: nothing of it is unpacked or waited for long.
"""

import asyncio
import re
from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import quote, unquote

import httpx

MOST_BYTES = 4096
READ_WITHIN_SECONDS = 3.0
"""A status is an answer already: a body that drips is no reason to send a second time."""
MOST_WORDS = 200
SHORTEST_SECRET = 6
"""Characters: a shorter part of an address tells little, and stands in many an honest word."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """The first bytes of a body, as they came."""

    raw: bytes
    whole: bool
    """There was no more, and nothing went wrong."""


async def read(answer: httpx.Response, most: int = MOST_BYTES) -> Beginning:
    """Up to so many bytes. Never raises for what the other side does."""
    raw = bytearray()
    try:
        async with asyncio.timeout(READ_WITHIN_SECONDS):
            async for piece in answer.aiter_raw():
                raw += piece[: most + 1 - len(raw)]
                if len(raw) > most:
                    return Beginning(bytes(raw[:most]), whole=False)
    except (httpx.HTTPError, TimeoutError):
        return Beginning(bytes(raw), whole=False)
    return Beginning(bytes(raw), whole=True)


def words(answer: httpx.Response, beginning: Beginning, url: str, secret: str = "") -> str:
    """The first 200 characters on one line, without any part of the address that a webhook's
    password could be, nor a secret that was sent: what an answer repeats stays out of logs and
    tables."""
    if answer.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        return "(compressed)"
    text = beginning.raw.decode(errors="replace")
    secrets = _secrets(url)
    if secret:
        secrets = sorted([*secrets, secret], key=len, reverse=True)
    text = re.sub("|".join(map(re.escape, secrets)), "…", text, flags=re.IGNORECASE)
    if not beginning.whole:
        # Part of an address may stand where it was cut.
        text = text[: max(0, len(text) - len(secrets[0]))]
    seen = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(seen.split())[:MOST_WORDS]


def _secrets(url: str) -> list[str]:
    """All of an address, what comes after the host, and who logs in there, also in pieces, as it
    may be repeated in another spelling; longest first."""
    _, _, rest = url.partition("://")
    place, _, path = rest.partition("/")
    login, at, _ = place.rpartition("@")
    parts = {part for each in (path, login) for part in (each, unquote(each))}
    pieces = {piece for part in parts for piece in re.split(r"[/?&=:]", part)}
    runs = {run for part in parts for run in re.findall(r"\w+", part)}
    spelled = parts | pieces | runs | {quote(each, safe="") for each in parts | pieces}
    found = {each for each in spelled if len(each) >= SHORTEST_SECRET}
    if at:
        found |= {login, b64encode(unquote(login).encode()).decode().rstrip("=")}
    return sorted({url} | found, key=len, reverse=True)
