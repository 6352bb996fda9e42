"""Values as JSON."""

from collections.abc import Sequence
from typing import Any, cast

import orjson
from pydantic_core import to_json

_OPTIONS = orjson.OPT_UTC_Z


def as_json(value: Any) -> bytes:
    """The bytes that pydantic writes, in a third of the time.

    A storage format: contents are compared by hashes of it. Raises PydanticSerializationError.
    """
    try:
        return orjson.dumps(value, option=_OPTIONS)
    except TypeError:  # such as a whole number of more than 64 bits
        return to_json(value)


def canonical(value: Any) -> bytes:
    """The same bytes for the same content, in whatever order its keys were given."""
    try:
        return orjson.dumps(value, option=_OPTIONS | orjson.OPT_SORT_KEYS)
    except TypeError:
        return to_json(_in_order(value))


def _in_order(value: Any) -> Any:
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        return {name: _in_order(entries[name]) for name in sorted(entries)}
    if isinstance(value, list | tuple):
        return [_in_order(entry) for entry in cast("Sequence[Any]", value)]
    return value
