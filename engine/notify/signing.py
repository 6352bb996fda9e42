"""How a webhook is signed, so that its receiver can tell who sent it, and that nobody changed it.

Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from standardwebhooks import Webhook

PREFIX = "whsec_"
BYTES = range(24, 65)
"""Of a secret with the prefix, as the standard has it."""


class BadSecret(Exception):
    """A text is no secret to sign with; never repeats it."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with every secret of a channel: while one is replaced, receivers may know either."""

    keys: Sequence[bytes]
    old: str
    """What the header of before the standard is signed with, as a text."""

    def headers(self, name: str, at: datetime, content: bytes) -> dict[str, str]:
        """Those of one attempt at the message of this name."""
        signed = [Webhook(key).sign(name, at, content.decode()) for key in self.keys]
        seconds = int(at.timestamp())
        return {
            "webhook-signature": " ".join(signed),
            # Until the next release, for receivers that still check this one.
            "X-SLA-Signature": f"t={seconds},v1={signature(self.old, seconds, content)}",
        }


def identity(dedup_key: str, at: datetime) -> Mapping[str, str]:
    """What every message says of itself, signed or not: its name, the same at every attempt, and
    the instant of this attempt."""
    # A channel's name is part of the key: it need not be ASCII, and what is signed is
    # `<name>.<seconds>.<body>`, so that a name must hold no full stop.
    name = quote(dedup_key, safe=":").replace(".", "%2E")
    return {"webhook-id": name, "webhook-timestamp": str(int(at.timestamp()))}


def signer(text: str) -> Signer:
    """By `whsec_<base64>`, or several with a space between them. A text without that prefix is one
    secret as it is, of before the standard; it may stand among the others while it is replaced.

    Raises BadSecret.
    """
    parts = text.split()
    if not any(part.startswith(PREFIX) for part in parts):
        parts = [text]
    free = [part for part in parts if not part.startswith(PREFIX)]
    return Signer(tuple(map(_key, parts)), old=free[0] if free else parts[0])


def _key(secret: str) -> bytes:
    if not secret.startswith(PREFIX):
        return secret.encode()
    encoded = secret.removeprefix(PREFIX)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) not in BYTES:
        raise BadSecret(f"must be {PREFIX} and the base64 of 24 to 64 bytes")
    return key


def signature(secret: str, at: int, content: bytes) -> str:
    """Of before the standard: hex HMAC-SHA256 of `<unix seconds>.<body>`."""
    return hmac.new(secret.encode(), f"{at}.".encode() + content, hashlib.sha256).hexdigest()
