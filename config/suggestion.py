"""Guesses which known word a misspelt one was meant to be."""

from collections.abc import Iterable
from difflib import get_close_matches


def suggestion(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?`, or where nothing is close `; the known ones: …`."""
    words = list(known)
    close = get_close_matches(word, words, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; the known ones: {', '.join(words)}"
