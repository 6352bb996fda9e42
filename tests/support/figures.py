"""What a long test has counted, in lines for people, and how much of it is run."""

import os
from collections.abc import Iterator
from typing import Final

import pytest

SHARE: Final = float(os.environ.get("LONG_SHARE", "1"))
"""Of the full size, 1 without LONG_SHARE: a hundredth shows whether a test works at all."""


def scaled(count: int, *, least: int = 1) -> int:
    """That share of a count."""
    return max(least, round(count * SHARE))


class Figures:
    """`name: value` lines, in the order in which they were found."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, name: str, value: object) -> None:
        match value:
            case int():
                shown = f"{value:,}"
            case float():
                shown = f"{value:,.1f}"
            case _:
                shown = str(value)
        self.lines.append(f"{name}: {shown}")


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Iterator[Figures]:
    """Printed at the end of the test, whatever became of it."""
    found = Figures()
    yield found
    writer = request.config.get_terminal_writer()
    writer.line()
    writer.line(request.node.name, bold=True)
    for line in found.lines:
        writer.line(f"  {line}")
