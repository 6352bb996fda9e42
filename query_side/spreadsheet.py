"""READ: what goes into a spreadsheet's cell, so that it stays what it is: text."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from itertools import dropwhile
from typing import Any, Final
from unicodedata import category, normalize

FORMULA: Final = ("=", "+", "-", "@")
UNSEEN: Final = ("Cc", "Cf", "Zl", "Zp", "Zs")
"""Unicode's categories of what shows nothing: controls, formats and spaces of all kinds."""


def cell(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula, whoever wrote it, behind an apostrophe.

    Some look past what stands unseen in front, begin anew behind a tab or a line's end, and take
    the wide and the small forms of a sign for the sign.
    """
    if not isinstance(value, str) or not value:
        return value
    seen = "".join(dropwhile(lambda one: category(one) in UNSEEN, value))
    opens = normalize("NFKC", seen[:1]).startswith(FORMULA)
    return f"'{value}" if opens or category(value[0]) == "Cc" else value


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """With a header; of a row, members that are no columns are left out, and others are empty."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([cell(row.get(name)) for name in columns] for row in rows)
    return text.getvalue()
