"""What is wrong with something that was sent."""

from dataclasses import dataclass


@dataclass(slots=True)
class Problem:
    """What is wrong and where."""

    loc: tuple[str | int, ...]
    msg: str
