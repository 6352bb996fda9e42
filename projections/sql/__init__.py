"""The read tables and what is done with them in SQL, one file each."""

from functools import cache
from importlib.resources import files
from typing import Final, LiteralString, cast

MEANWHILE: Final = "outbox_meanwhile"
"""Where a file names it in braces, its one definition is put in."""


@cache
def load(name: str) -> LiteralString:
    """The text of projections/sql/<name>.sql: part of the program, hence as good as a literal."""
    text = files("projections.sql").joinpath(f"{name}.sql").read_text("utf-8")
    if "{" + MEANWHILE + "}" in text:
        text = text.replace("{" + MEANWHILE + "}", load(MEANWHILE).strip())
    return cast(LiteralString, text)
