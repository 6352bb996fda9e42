"""What the long tests share; they run with `make long` only."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import real_log
from tests.support.figures import figures
from tests.support.service import Program

__all__ = ["figures"]


@pytest.fixture(scope="session", autouse=True)
def as_operators_run_it() -> Iterator[None]:
    """What is measured is no fork of what has its modules already."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Program, "forked", False)
        yield


@pytest.fixture
def updates(tmp_path: Path) -> Path:
    """The file of real updates."""
    return real_log.real_log(tmp_path)
