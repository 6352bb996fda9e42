"""Every export of a desk that lies beside the project goes into a running service: what had to be
said, what was taken, in how many seconds. What holds no tickets says so in a sentence."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.figures import Figures
from tests.support.service import ROOT, Program, running, service
from tests.unit.ops.test_import_samples import REFUSED, TAKEN, path, there

pytestmark = pytest.mark.long
CONFIG = """
sla_targets:
  STANDARD:
    P3: {response: 12h, resolution: 48h}
"""


def send(program: Program, file: str, *told: str) -> tuple[int, str, str, float]:
    """The exit code, both outputs, and how many seconds it took, the program's start included."""
    began = time.monotonic()
    # Each file has a source of its own: two of them may hold the same tickets.
    source = file.replace("/", "-").replace(".", "-").replace("_", "-").lower()
    command = ["import", str(path(file)), "--source", source, "--url", program.url, "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "ops.cli", *command, *told],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout, done.stderr, time.monotonic() - began


@there
def test_each_export_goes_in(database_url: str, tmp_path: Path, figures: Figures) -> None:
    program = service(tmp_path, CONFIG, database=database_url)
    wrong: list[str] = []
    with running(program):
        for file, (told, tickets, updates) in TAKEN.items():
            code, said, complained, seconds = send(program, file, *told)
            answer: dict[str, Any] = json.loads(said) if said.startswith("{") else {}
            taken = answer.get("accepted", 0) + answer.get("unchanged", 0)
            refused: list[dict[str, Any]] = answer.get("refused", [])
            reasons = sorted({one["error"] for one in refused})
            figures(
                file,
                f"{' '.join(told) or 'nothing said'}; {tickets} tickets, {taken} of {updates}"
                f" updates in {seconds:.1f} s; {len(refused)} refused {reasons[:2] or ''}",
            )
            # What nothing proposes, a desk's own status, is refused row by row, and says why.
            if code not in ((1,) if refused else (0, 3)) or (taken != updates and not all(reasons)):
                wrong.append(f"{file}: exit code {code}, {said[:300]} {complained[:300]}")
        for file in REFUSED:
            code, said, complained, seconds = send(program, file)
            figures(file, f"refused after {seconds:.1f} s: {REFUSED[file]}")
            if code == 0 or REFUSED[file] not in " ".join((said + complained).split()):
                wrong.append(f"{file}: exit code {code}, {said[:300]} {complained[:300]}")
    assert wrong == []
