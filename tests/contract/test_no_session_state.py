"""Nothing rests on a session of the database: a pooler may lend another with each transaction."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("command_side", "query_side", "projections", "engine", "config", "ops")
SESSION = {
    "a lock of the session": r"\bpg_(try_)?advisory_lock",
    "LISTEN": r"[\"']\s*(un)?listen\s+\w+[\"';]",
    "SET without LOCAL": (
        r"[\"']set\s+(session\s+)?(?!local\b|transaction\b)\w+\s*(=|to\s+\S+[\"'])"
    ),
    "a temporary table that outlives its transaction": (
        r"create\s+temp(orary)?\s+table(?![^;]*on\s+commit\s+drop)"
    ),
    "a cursor that outlives its transaction": r"\bwith\s+hold\b|withhold\s*=\s*True",
    "a prepared statement by name": r"[\"']\s*(prepare\s+\w+\s+as|deallocate)\b",
}
EXCUSED = {"projections/verifying.py"}
"""All of whose transaction is rolled back."""


def sources() -> Iterator[tuple[str, str]]:
    for package in PACKAGES:
        for file in sorted(ROOT.joinpath(package).rglob("*")):
            name = str(file.relative_to(ROOT))
            ours = file.suffix in (".py", ".sql") and name not in EXCUSED
            if ours and not name.startswith("ops/bench"):
                yield name, file.read_text("utf-8")


@pytest.mark.parametrize("what", SESSION)
def test_no_statement_leaves_anything_in_the_session(what: str) -> None:
    pattern = re.compile(SESSION[what], re.IGNORECASE)
    assert [name for name, text in sources() if pattern.search(text)] == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a lock of the session", '"select pg_try_advisory_lock(%s)"'),
        ("LISTEN", '"LISTEN appended"'),
        ("SET without LOCAL", '"set search_path to other"'),
        ("a temporary table that outlives its transaction", "CREATE TEMP TABLE a (b int);"),
        ("a cursor that outlives its transaction", "declare c cursor with hold for"),
        ("a prepared statement by name", '"PREPARE plan AS select 1"'),
    ],
)
def test_whatever_would_is_seen(what: str, text: str) -> None:
    assert re.search(SESSION[what], text, re.IGNORECASE)
