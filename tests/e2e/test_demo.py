"""The demo runs by itself, and leaves nothing behind."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support.patience import PATIENCE

ROOT = Path(__file__).parents[2]


@pytest.fixture
def scratch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where temporary folders go; its name is short, for the database's socket lies there too."""
    with TemporaryDirectory(prefix="d") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        yield Path(folder)


def demo(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "ops.cli", "demo", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_it_replays_real_incidents_and_ends(scratch: Path) -> None:
    # What comes half a day late of its time, here three seconds, raises no alarm any more.
    with demo("--once", "--seconds", "30") as process:
        said, _ = process.communicate(timeout=5 * PATIENCE)
    assert process.returncode == 0, said
    lines = said.splitlines()
    assert lines[-1] == "370 of 370 updates of 67 tickets taken."
    for telling in ("response breached", "resolution breached", "escalated to level 4"):
        assert any(telling in line for line in lines), said
    last = next(line for line in reversed(lines) if "Slack messages" in line)
    assert not last.endswith(" 0 Slack messages")
    assert list(scratch.iterdir()) == []


def test_it_can_be_ended_at_any_time(scratch: Path) -> None:
    with demo("--seconds", "600") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "compliant" in line:
                break
        process.terminate()
        said = process.stdout.read()
        assert process.wait(PATIENCE) == 0, said
    assert said.splitlines()[-1] == "The demo has ended."
    assert list(scratch.iterdir()) == []
