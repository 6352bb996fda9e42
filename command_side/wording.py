"""What is wrong with what was sent, in words for those who sent it."""

import re
from collections.abc import Mapping
from typing import Any, Final

_WORDS: Final[Mapping[str, str]] = {
    "timezone_aware": "needs a time zone, such as 2026-01-05T09:00:00Z",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "dict_type": "must be an object",
}
_SHOULD: Final = re.compile("^[A-Z][a-z]+ should ")


def worded(details: Mapping[str, Any]) -> str:
    """One of pydantic's errors, or FastAPI's: `type`, `msg` and perhaps `ctx`."""
    kind, said = details.get("type", ""), str(details["msg"])
    if kind == "json_invalid":
        return f"not valid JSON: {details['ctx']['error']}"
    return _WORDS.get(kind) or _SHOULD.sub("must ", said.removeprefix("Value error, "))
