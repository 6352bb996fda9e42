"""How the personal part of an event is stored, so that it can be erased and the chain stays whole.

A byte for the scheme, then, as long as that is 0, 16 random bytes and the JSON. The commitment,
which outlives an erasure, is the SHA-256 of all of it: without the random bytes, which are gone
with the rest, nobody can guess names back from it. Reserved: scheme 1, encrypted. Storage formats:
never change them.
"""

from hashlib import sha256

PLAIN = b"\0"
SALT_BYTES = 16


class Unreadable(ValueError):
    """A scheme that this release does not know."""


def sealed(json: bytes | None, salt: bytes) -> tuple[bytes | None, bytes | None]:
    """What is stored, and its commitment; `salt` is random, of `SALT_BYTES`."""
    if json is None:
        return None, None
    stored = PLAIN + salt + json
    return stored, sha256(stored).digest()


def opened(stored: bytes | None) -> bytes | None:
    """The JSON; None where there is none, or none any more. Raises Unreadable."""
    if stored is None:
        return None
    if stored[:1] != PLAIN:
        raise Unreadable(f"the personal part is stored by scheme {stored[0] if stored else '?'}")
    return stored[1 + SALT_BYTES :]
