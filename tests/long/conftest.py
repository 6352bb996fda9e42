"""What the long tests share; they run with `make long` only."""

from pathlib import Path

import pytest

from tests.support import real_log
from tests.support.figures import figures

__all__ = ["figures"]


@pytest.fixture
def updates(tmp_path: Path) -> Path:
    """The file of real updates."""
    return real_log.real_log(tmp_path)
