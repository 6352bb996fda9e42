"""Which tokens there are, after each change of the list.

Pure. A token is `sla_`, its id, `_` and its secret, so that whoever looks for secrets in what is
published finds it, and can say which it is. Here it is known by its hash alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final, Literal, get_args

from command_side.deciding.events import TOKENS, TokenMade, TokenRevoked
from command_side.deciding.records import Recorded
from engine.sla.instants import micros

STREAM = TOKENS
Scope = Literal["write", "read", "audit", "admin"]
"""What a token opens."""
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
PREFIX: Final = "sla_"
ID_LENGTH: Final = 8


@dataclass(frozen=True, slots=True)
class Token:
    """One of them, as it stands."""

    token_id: str
    name: str
    hash: bytes
    scopes: tuple[str, ...]
    made_at: int
    made_by: str | None
    expires_at: int | None = None
    requests_a_minute: int | None = None
    revoked_at: int | None = None
    revoked_by: str | None = None
    revoked_because: str | None = None

    def has_expired(self, now: int) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def opens(self, now: int) -> bool:
        """Whether it is good for anything."""
        return self.revoked_at is None and not self.has_expired(now)


def hashed(token: str) -> bytes:
    """As tokens are kept.

    One round of SHA-256 is right here, and would be wrong for a password: a token's secret is 256
    random bits, which nobody finds by trying, however fast that goes; and every request asks.
    """
    return sha256(token.encode()).digest()


def id_of(token: str) -> str | None:
    """What a token says that it is; None: it is none of these."""
    end = len(PREFIX) + ID_LENGTH
    if not token.startswith(PREFIX) or token[end : end + 1] != "_":
        return None
    return token[len(PREFIX) : end]


class TokenBook:
    """Every token that this process knows of, revoked and expired ones too."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self.number = 0
        """Of the newest change."""

    def take(self, event: Recorded) -> None:
        """The next event of the stream. Raises Unreadable: a revocation must not be passed over."""
        body = event.body
        if isinstance(body, TokenMade):
            self._tokens[body.token_id] = Token(
                body.token_id,
                body.name,
                bytes.fromhex(body.hash),
                body.scopes,
                micros(event.recorded_at),
                event.personal.by,
                body.expires_at,
                body.requests_a_minute,
            )
        elif isinstance(body, TokenRevoked):
            self._tokens[body.token_id] = replace(
                self._tokens[body.token_id],
                revoked_at=micros(event.recorded_at),
                revoked_by=event.personal.by,
                revoked_because=body.reason,
            )
        self.number = event.version

    def __bool__(self) -> bool:
        """Whether there ever was one: that the last one was revoked opens no door."""
        return bool(self._tokens)

    def all(self) -> Sequence[Token]:
        """The oldest first."""
        return list(self._tokens.values())

    def token(self, token_id: str) -> Token | None:
        """None: there is none of this id."""
        return self._tokens.get(token_id)

    def named(self, name: str, now: int) -> Token | None:
        """The one of this name that opens something; there is one at most."""
        standing = (one for one in self._tokens.values() if one.name == name and one.opens(now))
        return next(standing, None)
