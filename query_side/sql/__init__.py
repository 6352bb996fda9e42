"""The questions in SQL, one file each."""

from functools import cache
from importlib.resources import files
from typing import LiteralString, cast

FRAGMENTS = (
    *("sla_state", "acknowledged_until", "ahead", "coming", "named"),
    *("excuse_over", "silence_over"),
)
"""Where a file names one of these in braces, its one definition is put in."""


@cache
def load(name: str) -> LiteralString:
    """The text of query_side/sql/<name>.sql: part of the program, hence as good as a literal."""
    text = files("query_side.sql").joinpath(f"{name}.sql").read_text("utf-8")
    for name in FRAGMENTS:
        if "{" + name + "}" in text:
            text = text.replace("{" + name + "}", load(name).strip())
    return cast(LiteralString, text)
