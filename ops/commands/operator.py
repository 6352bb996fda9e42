"""Who gives a command at a terminal: somebody with the database itself in hand."""

import getpass
from collections.abc import Generator
from contextlib import contextmanager

from command_side.acting import CLI, Actor, acting


def name_of(by: str | None) -> str:
    """As they say, else as this machine knows them."""
    if by:
        return by
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # in a container users may have no name
        return "somebody"


@contextmanager
def at_the_terminal() -> Generator[None]:
    """What is recorded meanwhile came this way."""
    with acting(Actor(CLI)):
        yield
