"""A table, from wherever it comes: a header, and rows that can be read again and again."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ops.importing.rows import Malformed

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHER: Final = re.compile(r"[^\w]+|_+")


@dataclass(frozen=True, slots=True)
class Record:
    """One row: its cells by the names of its columns, None where they are empty."""

    line: int
    """On which it begins, from 1; of what has no lines its number."""
    cells: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    """Of the file, and of the sheet where there are several."""
    columns: Mapping[str, str]
    """What the columns are called in expressions, and how the file calls them."""
    rows: Callable[[], Iterator[Record | Malformed]]
    form: str
    """What it is written in, for people."""
    document: Any = None
    """What a file holds that is no table by itself, such as an answer of an API."""
    nested: bool = False
    """Its rows are objects, with others inside them."""
    remarks: Sequence[str] = field(default=())


def named(headings: Sequence[str]) -> dict[str, str]:
    """Names for expressions: lower case, `_` for what is no letter and no digit, each once."""
    taken: Counter[str] = Counter()
    names: dict[str, str] = {}
    for number, heading in enumerate(headings, start=1):
        name = plain(heading) or f"column_{number}"
        taken[name] += 1
        while name in names:
            name = f"{plain(heading) or 'column'}_{taken[plain(heading)]}"
            taken[plain(heading)] += 1
        names[name] = heading.strip()
    return names


def plain(heading: str) -> str:
    """`Created At`, `created-at` and `createdAt` are one name; letters lose their accents."""
    parted = _HUMP.sub("_", heading.strip())
    letters = unicodedata.normalize("NFKD", parted.casefold())
    bare = "".join(one for one in letters if not unicodedata.combining(one))
    return _OTHER.sub("_", bare).strip("_")
