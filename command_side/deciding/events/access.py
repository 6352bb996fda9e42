"""What happens to those who may use the service: tokens, made and revoked."""

from typing import ClassVar
from uuid import NAMESPACE_URL, UUID, uuid5

from command_side.deciding.events.base import Body, Instant, event

TOKENS: UUID = uuid5(NAMESPACE_URL, "sla-tracker:tokens")
"""Every event of this stream changes who may come in; its version is the number of the change."""


@event
class TokenMade(Body, frozen=True, kw_only=True):
    """Somebody was given a token. Who made it is personal; its secret is not in here."""

    TOPIC: ClassVar[str] = "token.made.v1"
    token_id: str
    """It is in the token itself, too: whoever finds one somewhere can say which it is."""
    name: str
    hash: str
    """SHA-256 of the whole token, in hexadecimal digits."""
    scopes: tuple[str, ...]
    expires_at: Instant | None = None
    """The first instant at which it opens nothing any more; None: it lasts until it is revoked."""
    requests_a_minute: int | None = None
    """More are refused; None: as the service has it for all."""


@event
class TokenRevoked(Body, frozen=True, kw_only=True):
    """It opens nothing any more, at once and for ever."""

    TOPIC: ClassVar[str] = "token.revoked.v1"
    token_id: str
    reason: str


OPERATIONS: UUID = uuid5(NAMESPACE_URL, "sla-tracker:operations")
"""What operators did of which no other event tells."""


@event
class OperatorActed(Body, frozen=True, kw_only=True):
    """Somebody had something done again, or put right; who it was is personal."""

    TOPIC: ClassVar[str] = "operator.acted.v1"
    what: str
    """Such as rebuild_projection."""
    about: str = ""
    """Its name; empty: all."""
    count: int = 0
    """Of what was done again."""
