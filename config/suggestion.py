"""Guesses which known word a misspelt one was meant to be."""

from collections.abc import Iterable
from difflib import get_close_matches


def suggestion(word: str, known: Iterable[str], *, also: Iterable[str] = ()) -> str:
    """`; did you mean 'x'?`, or where nothing is close `; the known ones: …`, if there are any.

    `also` are further spellings: they may be meant, but a list of what there is leaves them out.
    """
    words = list(known)
    spelled = {each.casefold(): each for each in [*words, *also]}
    close = get_close_matches(word.casefold(), spelled, n=1)
    if close:
        return f"; did you mean {spelled[close[0]]!r}?"
    return f"; the known ones: {', '.join(words)}" if words else ""
