"""Values as JSON."""

from typing import Any

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
