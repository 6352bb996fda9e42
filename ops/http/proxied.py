"""Whom a proxy in front swears to have recognised: a JWT, signed with a key that both have.

HS256 and nothing else: what a JWT says of its own algorithm is only compared, never obeyed. That is
why it is read here, by hand: a library's strength are the many ways that are not wanted.
"""

import hmac
import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, cast

from starlette.requests import HTTPConnection

from command_side.deciding.tokens import SCOPES

HEADER: Final = "x-sla-user"
AUDIENCE: Final = "sla-tracker"
"""So that what was sworn to another service with the same key is of no use here."""
OLDEST_SECONDS: Final = 300
"""Since it was sworn, whatever it says itself: whoever has caught one may use it for so long."""
AHEAD_SECONDS: Final = 30
"""By which the proxy's clock may be ahead."""
LONGEST: Final = 4096
LONGEST_NAME: Final = 255
USUAL: Final = "read write"


class NotSworn(Exception):
    """It is no word of the proxy's, or none that counts now."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the proxy has recognised."""

    name: str
    scopes: frozenset[str]


class Proxy:
    """What it says is taken only with its signature; of two keys either will do."""

    def __init__(self, keys: Sequence[str], now: Callable[[], datetime]) -> None:
        self._keys, self._now = [key.encode() for key in keys], now

    def __bool__(self) -> bool:
        return bool(self._keys)

    def person(self, connection: HTTPConnection) -> Person | None:
        """None: it says nothing. Raises NotSworn; two headers are one too many, for one of them is
        the client's own."""
        said = connection.headers.getlist(HEADER)
        if not said or not self._keys:
            return None
        if len(said) > 1 or len(said[0]) > LONGEST:
            raise NotSworn
        return _person(self._claims(said[0]), self._now().timestamp())

    def _claims(self, token: str) -> Mapping[str, Any]:
        try:
            signed, _, signature = token.encode("ascii").rpartition(b".")
            header, _, payload = signed.partition(b".")
            sent = _decoded(signature)
            good = [hmac.compare_digest(_signature(key, signed), sent) for key in self._keys]
            if not any(good) or _json(header).get("alg") != "HS256":
                raise NotSworn
            return _json(payload)
        except ValueError:  # no ASCII, no base64, no JSON
            raise NotSworn from None


def _person(claims: Mapping[str, Any], now: float) -> Person:
    """Raises NotSworn."""
    name, scope = claims.get("sub"), claims.get("scope", USUAL)
    begun, ends, audience = claims.get("iat"), claims.get("exp"), claims.get("aud")
    if not isinstance(begun, int | float) or not isinstance(ends, int | float):
        raise NotSworn
    if audience not in (AUDIENCE, [AUDIENCE]):
        raise NotSworn
    if not (now - OLDEST_SECONDS < begun <= now + AHEAD_SECONDS) or ends <= now:
        raise NotSworn
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise NotSworn
    if not isinstance(scope, str):
        raise NotSworn
    return Person(name, frozenset(scope.split()) & set(SCOPES))


def _signature(key: bytes, signed: bytes) -> bytes:
    return hmac.new(key, signed, sha256).digest()


def _decoded(part: bytes) -> bytes:
    return urlsafe_b64decode(part + b"=" * (-len(part) % 4))


def _json(part: bytes) -> Mapping[str, Any]:
    found = json.loads(_decoded(part))
    if not isinstance(found, dict):
        raise NotSworn
    return cast("dict[str, Any]", found)
