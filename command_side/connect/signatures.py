"""Whether a request is the desk's: what it signed, or brings along, against the source's secrets.

All comparisons take the same time whatever is compared. No answer says what was wrong; whoever runs
the service is told.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from pydantic_core import from_json

from command_side.connect.expressions import found, text
from command_side.connect.moments import NoTime, moment
from command_side.connect.preset import Preset, Signature, Timestamp


@dataclass(frozen=True, slots=True)
class Request:
    """As it came in: header names in lower case, the body's exact bytes."""

    method: str
    address: str
    """The whole public one, with its query."""
    headers: Mapping[str, str]
    body: bytes


def verified(request: Request, preset: Preset, secrets: Iterable[str], now: datetime) -> bool:
    """Whether one of the secrets made it; two are in force while one is exchanged."""
    found = [_is_by(request, preset, secret, now) for secret in secrets]
    return any(found)


def wrong(request: Request, preset: Preset, secrets: Iterable[str]) -> str:
    """Why nothing of it was verified, for those who have connected the desk."""
    known = [secret for secret in secrets if secret]
    if not known:
        return "the secret is not set where the service runs"
    for one in preset.signature:
        if any(_holds(request, one, secret) for secret in known) and one.timestamp is not None:
            stamp = _stamp(request, one.timestamp)[:40]
            return (
                f"the signature holds, and says that it was made at {stamp!r}: more than"
                f" {one.timestamp.tolerance_seconds} seconds from now"
            )
    if not _brought(request, preset):
        return f"it brought no proof that it is the desk's: {' or '.join(_proofs(preset))}"
    return "it was made with another secret, or changed on its way"


def _brought(request: Request, preset: Preset) -> bool:
    headers = [one.header for one in preset.signature]
    headers += [] if preset.token is None else [preset.token.header]
    return (
        any(request.headers.get(one.lower()) for one in headers)
        or ("basic" in preset.proofs and bool(_password(request)))
        or ("address" in preset.proofs and any(_tokens(request)))
    )


def _proofs(preset: Preset) -> Iterable[str]:
    yield from (f"the header {one.header}" for one in preset.signature)
    if preset.token is not None:
        yield f"the header {preset.token.header}"
    if "basic" in preset.proofs:
        yield "Basic authentication"
    if "address" in preset.proofs:
        yield "?token= in the address"


def _is_by(request: Request, preset: Preset, secret: str, now: datetime) -> bool:
    if not secret:
        return False
    if any(_signed(request, one, secret, now) for one in preset.signature):
        return True
    if preset.token is not None and _same(
        request.headers.get(preset.token.header.lower(), ""), secret
    ):
        return True
    if "basic" in preset.proofs and _same(_password(request), secret):
        return True
    return "address" in preset.proofs and any([_same(one, secret) for one in _tokens(request)])


def _signed(request: Request, signature: Signature, secret: str, now: datetime) -> bool:
    if not _holds(request, signature, secret):
        return False  # and what a stranger sends is not even parsed
    timestamp = signature.timestamp
    return timestamp is None or _recent(_stamp(request, timestamp), timestamp, now)


def _holds(request: Request, signature: Signature, secret: str) -> bool:
    given = request.headers.get(signature.header.lower(), "")
    timestamp, stamp = signature.timestamp, ""
    if timestamp is not None and timestamp.header is not None:
        stamp = _stamp(request, timestamp)
    parts = {
        "body": request.body,
        "timestamp": stamp.encode(),
        "method": request.method.encode(),
        "address": request.address.encode(),
    }
    signed = b"".join(parts.get(part, part.encode()) for part in signature.over)
    made = hmac.new(secret.encode(), signed, getattr(hashlib, signature.digest)).digest()
    encoded = made.hex() if signature.encoding == "hex" else base64.b64encode(made).decode()
    return _same(given, signature.prefix + encoded)


def _stamp(request: Request, timestamp: Timestamp) -> str:
    if timestamp.header is not None:
        return request.headers.get(timestamp.header.lower(), "")
    try:
        body = from_json(request.body)
    except ValueError:
        return ""
    return text(found(timestamp.find or "", body)) or ""


def _recent(stamp: str, timestamp: Timestamp, now: datetime) -> bool:
    try:
        at = moment(stamp)
    except NoTime:
        return False
    if timestamp.tolerance_seconds is None:
        return True
    return abs(now - at) <= timedelta(seconds=timestamp.tolerance_seconds)


def _password(request: Request) -> str:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
    except ValueError:
        return ""
    return decoded.partition(":")[2]


def _tokens(request: Request) -> list[str]:
    """As forms are read, and with a plus as it stands: many a secret has one, and who pastes it
    behind an address does not spell it `%2B`."""
    query = urlsplit(request.address).query
    spelled = (query, query.replace("+", "%2B"))
    return [dict(parse_qsl(one)).get("token", "") for one in spelled]


def _same(given: str, wanted: str) -> bool:
    return bool(given) and hmac.compare_digest(given.encode(), wanted.encode())
