"""What proves that nobody changed the log: a hash of each event, and a link for each append.

An event's hash covers what it says; a link covers the hashes, versions, positions and the time of
one append, and the link before it. Storage formats: never change them.
"""

from collections.abc import Iterable
from hashlib import sha256
from struct import Struct

GENESIS = bytes(32)
"""The link before the first."""

_NOTHING = b"\xff\xff\xff\xff"
_length = Struct(">i").pack
_beginning = Struct(">16siqqqqi").pack
_version = Struct(">q").pack
_append = Struct(">qqq").pack
_NO_NUMBER = -(2**63)


def event_hash(
    stream: bytes,
    topic: bytes,
    state: bytes,
    commitment: bytes | None,
    occurred_at: int,
    observed_at: int | None,
    revision: int | None,
    content_hash: bytes | None,
    correlation_id: bytes | None,
) -> bytes:
    """SHA-256 of what an event says.

    The stream's 16 bytes; four numbers of 8 bytes, behind their count in 4: `occurred_at`,
    `observed_at`, `revision`, each the least there is when missing, and the version of this format;
    then topic, state, commitment, content hash and correlation id, each behind its length in 4
    bytes, which is -1 when missing. Instants are microseconds since 2000-01-01T00:00Z, numbers are
    in network order, texts in UTF-8.
    """
    parts = [
        _beginning(
            stream,
            4,
            occurred_at,
            _NO_NUMBER if observed_at is None else observed_at,
            _NO_NUMBER if revision is None else revision,
            1,
            len(topic),
        ),
        topic,
        _length(len(state)),
        state,
    ]
    for value in (commitment, content_hash, correlation_id):
        if value is None:
            parts.append(_NOTHING)
        else:
            parts += _length(len(value)), value
    return sha256(b"".join(parts)).digest()


def link(
    before: bytes, events: Iterable[tuple[bytes, int]], recorded_at: int, first: int, count: int
) -> bytes:
    """That of an append: `events` are its hashes and versions in the order of their positions, of
    which `first` is the first. `append_events` computes the same."""
    root = sha256(b"".join([hash + _version(version) for hash, version in events])).digest()
    return sha256(before + root + _append(recorded_at, first, count)).digest()
