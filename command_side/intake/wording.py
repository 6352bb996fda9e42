"""What is wrong with what was sent, in words for those who sent it."""

import re
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final

_WORDS: Final[Mapping[str, str]] = {
    "timezone_aware": "needs a time zone, such as 2026-01-05T09:00:00Z",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "dict_type": "must be an object",
    "list_type": "must be a list, in square brackets",
    "extra_forbidden": "nothing reads it",
}
NEAR: Final = 0.7
"""How alike two words must be, of 1, for one to be the other misspelt."""
LONGEST: Final = 100
"""Letters of a word that are compared."""
_SHOULD: Final = re.compile("^[A-Z][a-z]+ should ")


def worded(details: Mapping[str, Any]) -> str:
    """One of pydantic's errors, or FastAPI's: `type`, `msg` and perhaps `ctx`."""
    kind, said = details.get("type", ""), str(details["msg"])
    if kind == "json_invalid":
        return f"not valid JSON: {details['ctx']['error']}"
    return _WORDS.get(kind) or _SHOULD.sub("must ", said.removeprefix("Value error, "))


def near(word: str, known: Iterable[str]) -> str | None:
    """The known word that a misspelt one was most likely meant to be."""
    words = {one.casefold(): one for one in known}
    close = get_close_matches(word[:LONGEST].casefold(), words, n=1, cutoff=NEAR)
    return words[close[0]] if close else None


def hint(word: str, known: Collection[str]) -> str:
    """The one that was most likely meant, or all that are known."""
    meant = near(word, known)
    return f"did you mean {meant!r}?" if meant else f"it is one of {', '.join(sorted(known))}"


def unread(word: str, known: Iterable[str]) -> str:
    """Of a name that nothing reads; `known` are those that could have stood there."""
    words = list(known)
    if (meant := near(word, words)) is not None:
        return f"nothing reads it; did you mean {meant!r}?"
    return f"nothing reads it; the known ones: {', '.join(words)}" if words else "nothing reads it"
