"""The questions in SQL, one file each."""

from functools import cache
from importlib.resources import files
from typing import LiteralString, cast

SLA_STATE = "{sla_state}"
"""Where a file says so, the one definition of a ticket's state at `now` is put in."""


@cache
def load(name: str) -> LiteralString:
    """The text of query_side/sql/<name>.sql: part of the program, hence as good as a literal."""
    text = files("query_side.sql").joinpath(f"{name}.sql").read_text("utf-8")
    if SLA_STATE in text:
        text = text.replace(SLA_STATE, load("sla_state").strip())
    return cast(LiteralString, text)
