"""The read tables and what is done with them in SQL, one file each."""

from functools import cache
from importlib.resources import files
from typing import Final, LiteralString, cast

PARTS: Final = ("outbox_meanwhile", "outbox_handled", "outbox_withdrawn")
"""Where a file names one of them in braces, its one definition is put in."""


@cache
def load(name: str) -> LiteralString:
    """The text of projections/sql/<name>.sql: part of the program, hence as good as a literal."""
    text = files("projections.sql").joinpath(f"{name}.sql").read_text("utf-8")
    for part in PARTS:
        if "{" + part + "}" in text:
            text = text.replace("{" + part + "}", load(part).strip())
    return cast(LiteralString, text)
