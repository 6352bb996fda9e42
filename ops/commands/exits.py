"""How every command ends and speaks: exit codes, and where words go."""

import sys
from textwrap import wrap
from typing import IO, Any, NoReturn

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from ops.visible import VISIBLE

FOUND_PROBLEMS = 1
USAGE = 2

LEAST = 16  # columns for values that may wrap
_WIDE = 200  # columns where nobody looks at a screen: no cell of a table may be cut


class Plain(Console):
    """Shows words as they are. Much of what is printed was written elsewhere, in tickets and by
    people: `[EU]` is no style, `:email:` no picture, and nothing of it moves the cursor."""

    def __init__(
        self, *, stderr: bool = False, width: int | None = None, file: IO[str] | None = None
    ) -> None:
        super().__init__(
            stderr=stderr, width=width, file=file, highlight=False, markup=False, emoji=False
        )

    def render_str(self, text: str, **how: Any) -> Text:
        return super().render_str(text.translate(VISIBLE), **how)


# Results.
out = Plain(width=None if sys.stdout.isatty() else _WIDE)
err = Plain(stderr=True)  # progress and complaints


def refuse(message: str, *, code: int = USAGE) -> NoReturn:
    """Say why it cannot be done, and end with this exit code."""
    err.print(message, style="red", soft_wrap=True)
    raise typer.Exit(code)


def counted(number: int, what: str, many: str = "") -> str:
    """As in `1 ticket`, `1,234 tickets`; of another plural, `many`."""
    return f"{number:,} {what if number == 1 else many or what + 's'}"


def line(text: str) -> None:
    """Print what is one line, also where somebody's name or reason has several: whoever reads a
    list takes a line for an entry of it."""
    out.print(" ".join(text.splitlines()), soft_wrap=True)


def paragraph(text: str, *, indent: int = 0, style: str = "") -> None:
    """Print words, on a terminal wrapped with every line indented; elsewhere they are one line."""
    for line in wrapped(text, " " * indent):
        out.print(line, style=style, soft_wrap=True)


def wrapped(text: str, lead: str) -> list[str]:
    """The words after `lead`, and as far to the right on every line; no word is cut."""
    return wrap(
        text,
        max(out.width, len(lead) + LEAST) if out.is_terminal else sys.maxsize,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )


def table(*names: str, values: str = "") -> Table:
    """An empty table with these columns, which are never cut, and `values`, which may wrap."""
    made = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in names:
        made.add_column(name, no_wrap=True)
    if values:
        made.add_column(values, overflow="fold", min_width=LEAST)
    return made


def show(made: Table) -> None:
    """Print a table; on a terminal too narrow for its columns the lines run on, uncut."""
    wide = out.options.update(width=_WIDE)
    for column in made.columns:
        if column.no_wrap:  # of several words: its minimum is the longest of them, else
            cells = (column.header, *column.cells)
            column.min_width = max(Measurement.get(out, wide, one).maximum for one in cells)
    least = Measurement.get(out, wide, made).minimum
    if least > out.width:
        made.width = least
    out.print(made, crop=False)
