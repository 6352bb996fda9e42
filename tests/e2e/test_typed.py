"""The shell into which pages are typed says all that a program says, however slowly it goes on."""

from collections.abc import Mapping
from pathlib import Path

from tests.support.typed import Shell

SLOWLY = {"BASH_FUNC_echo%%": '() { builtin echo "$@"; sleep 0.5; }'}
"""Bash takes the function from its environment: as long as one lasts, so does its redirection."""


def _last_of(lines: list[str], folder: Path, environment: Mapping[str, str]) -> tuple[str, int]:
    shell = Shell(folder, "http://127.0.0.1:1", environment)
    try:
        return [shell.types(line) for line in lines][-1]
    finally:
        shell.leave()


def test_a_program_says_all_where_the_shell_does_though_the_shell_is_slow(tmp_path: Path) -> None:
    twice = ["sla --version"] * 2  # the first also waits for what all are forked from
    said, code = _last_of(twice, tmp_path, SLOWLY)
    assert (said.split()[:1], code) == (["sla"], 0)


def test_a_program_says_why_it_cannot_begin(tmp_path: Path) -> None:
    there = ["mkdir gone; cd gone; rmdir ../gone; sla --version"]
    said, code = _last_of(there, tmp_path, {})
    assert ("FileNotFoundError" in said, code) == (True, 1)
