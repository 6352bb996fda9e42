"""Earlier states of this program, as its history has them, to be run beside it."""

import io
import subprocess
import tarfile
from pathlib import Path
from typing import Final

import pytest

from tests.support.service import ROOT

BEFORE: Final = "c234598"
"""The release before this one."""
EARLIER: Final = ("882856c", BEFORE)
"""Those whose data folders are opened, since what is stored has been frozen."""


def release(commit: str, folder: Path) -> Path:
    """The code of that commit, unpacked in `folder`; it runs with what is installed here."""
    packed = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=False)
    if packed.returncode != 0:
        # An archive of the project or a shallow clone lacks that history, and the tests have to
        # pass there all the same. In a whole clone these run with `make long`.
        pytest.skip(f"{commit} is not in this copy's history: clone it whole")
    folder.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder
