"""On a terminal `sla import` asks what a file leaves open, one question after another."""

import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.support.imports import NOBODY, written

TEXT = (
    "id,status,priority,created,updated\n"
    "1,open,High,03/04/2025 09:00,03/04/2025 09:00\n"
    "1,with [/the] vendor,High,03/04/2025 09:00,05/04/2025 09:00\n"
    "2,open,,03/04/2025 09:00,03/04/2025 09:00\n"
)
ANSWERS = ("dmy", "Europe/Berlin", "gold", "P3", "on_hold")


GERMAN = (
    "Ticketnummer;Betreff;Priorität;Status;Erstellt am;Gelöst am\n"
    "T-1;Drucker;Hoch;Geschlossen;03/04/2024 09:15;03/04/2024 15:40\n"
    "T-2;VPN;Mittel;Warten auf Kunde;04/04/2024 11:30;\n"
)


def asked(path: Path, answers: Sequence[str]) -> tuple[str, list[list[str]]]:
    """What it said, and the words of each line that it has shown."""
    command = [sys.executable, "-m", "ops.cli", "import", str(path), "--url", NOBODY, "--dry-run"]
    ours, theirs = pty.openpty()
    try:
        os.write(ours, "".join(f"{one}\n" for one in answers).encode())  # typed ahead
        done = subprocess.run(
            command, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, text=True, timeout=120
        )
        said = os.read(ours, 65536).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == 0, said
    return said, [line.split() for line in done.stdout.splitlines()]


def test_what_is_open_is_asked_and_then_it_is_shown(tmp_path: Path) -> None:
    said, shown = asked(written(tmp_path, "cases.csv", TEXT), ANSWERS)
    for question in (
        "name the day first (dmy) or the month (mdy)?",
        "names no time zone. Which is it",
        "Which tier do the customers have?",
        "Without a priority, 1 ticket. What do they count as?",
        "What does the status 'with [/the] vendor' mean (1 row)?",
    ):
        assert question in said
    assert ["1", "2025-04-03T07:00:00Z", "open", "High", "gold"] in shown
    assert ["1", "2025-04-05T07:00:00Z", "on_hold", "High"] in shown
    assert ["2", "2025-04-03T07:00:00Z", "open", "P3", "gold"] in shown


def test_what_the_words_of_a_status_say_is_agreed_to_by_nothing_typed(tmp_path: Path) -> None:
    """And what follows from an answer is asked after it: what is not closed says not since when."""
    answers = ("dmy", "UTC", "", "", "gold", "today", "2024-04-10T12:00:00Z")
    said, shown = asked(written(tmp_path, "export.csv", GERMAN), answers)
    assert "What does the status 'Geschlossen' mean (1 row)?" in said
    assert "exported (2026-01-05T09:00:00Z)?" in said
    assert "Write it with its zone" in said
    assert ["T-1", "2024-04-03T15:40:00Z", "resolved", "Hoch", "gold", "Drucker"] in shown
    assert ["T-2", "2024-04-10T12:00:00Z", "waiting_on_customer", "Mittel", "gold", "VPN"] in shown
