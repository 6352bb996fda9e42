"""How every command ends and speaks: exit codes, and where words go."""

from typing import NoReturn

import typer
from rich.console import Console

FOUND_PROBLEMS = 1
USAGE = 2

out = Console(highlight=False)  # results
err = Console(stderr=True, highlight=False)  # progress and complaints


def refuse(message: str, *, code: int = USAGE) -> NoReturn:
    """Say why it cannot be done, and end with this exit code."""
    err.print(message, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(code)
