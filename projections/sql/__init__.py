"""The read tables and what is done with them in SQL, one file each."""

from functools import cache
from importlib.resources import files
from typing import LiteralString, cast


@cache
def load(name: str) -> LiteralString:
    """The text of projections/sql/<name>.sql: part of the program, hence as good as a literal."""
    return cast(LiteralString, files("projections.sql").joinpath(f"{name}.sql").read_text("utf-8"))
