"""On a terminal `sla import` asks what a file leaves open, one question after another."""

import os
import pty
import subprocess
import sys
from pathlib import Path

from tests.support.imports import NOBODY, written

TEXT = (
    "id,status,priority,created,updated\n"
    "1,open,High,03/04/2025 09:00,03/04/2025 09:00\n"
    "1,with the vendor,High,03/04/2025 09:00,05/04/2025 09:00\n"
    "2,open,,03/04/2025 09:00,03/04/2025 09:00\n"
)
ANSWERS = ("dmy", "Europe/Berlin", "gold", "P3", "on_hold")


def test_what_is_open_is_asked_and_then_it_is_shown(tmp_path: Path) -> None:
    path = written(tmp_path, "cases.csv", TEXT)
    command = [sys.executable, "-m", "ops.cli", "import", str(path), "--url", NOBODY, "--dry-run"]
    ours, theirs = pty.openpty()
    try:
        os.write(ours, "".join(f"{one}\n" for one in ANSWERS).encode())  # typed ahead
        done = subprocess.run(
            command, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, text=True, timeout=120
        )
        said = os.read(ours, 65536).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == 0, said
    for question in (
        "name the day first (dmy) or the month (mdy)?",
        "names no time zone. Which is it",
        "Which tier do the customers have?",
        "Without a priority, 1 ticket. What do they count as?",
        "What does the status 'with the vendor' mean (1 row)?",
    ):
        assert question in said
    shown = [line.split() for line in done.stdout.splitlines()]
    assert ["1", "2025-04-03T07:00:00Z", "open", "High", "gold"] in shown
    assert ["1", "2025-04-05T07:00:00Z", "on_hold", "High"] in shown
    assert ["2", "2025-04-03T07:00:00Z", "open", "P3", "gold"] in shown
