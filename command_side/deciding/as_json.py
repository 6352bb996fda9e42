"""Values as JSON."""

import json
from typing import Any

import orjson

_OPTIONS = orjson.OPT_UTC_Z


def as_json(value: Any) -> bytes:
    """As short as it can be. Raises TypeError for what JSON cannot say."""
    try:
        return orjson.dumps(value, option=_OPTIONS)
    except TypeError:  # such as a whole number of more than 64 bits
        return _at_length(value, sort_keys=False)


def canonical(value: Any) -> bytes:
    """The same bytes for the same content, in whatever order its keys were given.

    A storage format: contents are compared by hashes of it.
    """
    try:
        return orjson.dumps(value, option=_OPTIONS | orjson.OPT_SORT_KEYS)
    except TypeError:
        return _at_length(value, sort_keys=True)


def _at_length(value: Any, *, sort_keys: bool) -> bytes:
    text = json.dumps(
        value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort_keys, default=_plain
    )
    return text.encode()


def _plain(value: Any) -> Any:
    """An instant or an id as the faster way spells it."""
    return orjson.loads(orjson.dumps(value, option=_OPTIONS))
