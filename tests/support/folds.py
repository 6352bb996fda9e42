"""Stored folds as the head keeps them: in bytes, and read again."""

import msgspec

from engine.sla.stored_fold import StoredFold


def encoded(fold: StoredFold) -> bytes:
    return msgspec.msgpack.encode(fold)


def again(fold: StoredFold) -> StoredFold:
    return msgspec.msgpack.decode(encoded(fold), type=StoredFold)
