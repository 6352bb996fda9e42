"""`make audit` says what is known of the lock's faults, and never that none is when none looked."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "ops" / "audit.sh"
TOOL = """#!/bin/sh
echo "$@" >"$CALLS"
printf '%s' "$LISTED"
printf '%s\\n' "$SAID" >&2
exit "$CODE"
"""


def audited(folder: Path, *more: str, **said: str) -> subprocess.CompletedProcess[str]:
    """With a made-up pip-audit that says so."""
    tool = folder / "pip-audit"
    tool.write_text(TOOL, "utf-8")
    tool.chmod(0o755)
    given = {"PATH": f"{folder}:{os.environ['PATH']}", "CALLS": str(folder / "calls")}
    return subprocess.run(
        ["sh", str(SCRIPT), *more],
        env={**given, "LISTED": "", **said},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_whole_lock_is_asked_about_as_it_is(tmp_path: Path) -> None:
    done = audited(tmp_path, "--osv-url", "http://mirror", CODE="0", SAID="No known faults found")
    assert (done.returncode, done.stdout) == (0, "No known faults found\n")
    asked = (tmp_path / "calls").read_text("utf-8")
    assert "--requirement requirements.txt --require-hashes --disable-pip" in asked
    assert asked.endswith("--osv-url http://mirror\n")


def test_known_faults_are_listed(tmp_path: Path) -> None:
    done = audited(tmp_path, CODE="1", LISTED="rich 15.0.0 CVE-1 99.0\n", SAID="Found 1 fault")
    assert (done.returncode, done.stdout) == (1, "rich 15.0.0 CVE-1 99.0\nFound 1 fault\n")


@pytest.mark.parametrize("code", ["1", "127"])
def test_where_the_data_cannot_be_reached_it_says_that_nothing_was_checked(
    tmp_path: Path, code: str
) -> None:
    done = audited(tmp_path, CODE=code, SAID="Traceback\nConnectionError: osv.dev")
    assert (done.returncode, done.stdout) == (2, "")
    first, last = done.stderr.splitlines()
    assert first.startswith("Nothing was checked: ")
    assert last == "ConnectionError: osv.dev"
