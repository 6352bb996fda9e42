"""A log that nobody reads, or that has no room, stops nothing; what is lost of it is said."""

import json
import logging
import os
import sys
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import pytest

from ops import log_lines
from ops.log_lines import LogLines
from ops.logging import configure, losing_lines, lost_lines
from tests.support.service import until

LINE = "x" * 1000
MANY = 2000
SOON = 30.0  # seconds


def notice(lost: int) -> str:
    return f"{lost} lost"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_lines, "MOST_CHARACTERS", 200_000)
    monkeypatch.setattr(log_lines, "AT_ONCE", 200_000)  # more than a pipe takes, which ends nothing
    monkeypatch.setattr(log_lines, "PAUSE_AFTER_ERROR_SECONDS", 0.0)


class Pipe:
    """Stdout, for as long as the context lasts; nobody reads it before `read`."""

    def __init__(self, reader: TextIO, threads: ThreadPoolExecutor) -> None:
        self._reader, self._threads = reader, threads
        self.lines: Future[list[str]] = Future()

    def read(self) -> None:
        """All to its end, in a thread; `lines` has it once the context has ended."""
        self.lines = self._threads.submit(lambda: self._reader.read().splitlines())


@contextmanager
def piped(monkeypatch: pytest.MonkeyPatch) -> Generator[Pipe]:
    reading, writing = os.pipe()
    with (
        os.fdopen(reading) as reader,
        ThreadPoolExecutor() as threads,
        os.fdopen(writing, "w") as stdout,
        monkeypatch.context() as within,
    ):
        within.setattr(sys, "stdout", stdout)
        yield Pipe(reader, threads)


@pytest.mark.parametrize("waits", [True, False], ids=["blocking", "not blocking"])
def test_a_pipe_that_nobody_reads_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch, waits: bool
) -> None:
    lines = LogLines(notice)
    with piped(monkeypatch) as pipe:
        os.set_blocking(sys.stdout.fileno(), waits)
        for _ in range(MANY):
            lines.put(f"{LINE}\n")
        assert lines.losing
        assert not lines.flush(0)
        pipe.read()
        until(lambda: not lines.losing, "all that was lost is told")
        assert lines.flush(SOON)
    found = pipe.lines.result()
    told = [int(line.split()[0]) for line in found if line != LINE]
    assert sum(told) == lines.lost > 0
    assert len(found) - len(told) == MANY - lines.lost


def test_a_full_disk_keeps_nobody_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = LogLines(notice)
    with Path("/dev/full").open("w") as full, (tmp_path / "log").open("w") as room:
        monkeypatch.setattr(sys, "stdout", full)
        lines.put("there is none\n")
        assert lines.flush(SOON)
        assert (lines.lost, lines.losing) == (1, True)
        monkeypatch.setattr(sys, "stdout", room)
        until(lambda: not lines.losing, "the loss is told")
        lines.put("there is room\n")
        assert lines.flush(SOON)
        monkeypatch.undo()
    assert (tmp_path / "log").read_text() == "1 lost\nthere is room\n"


def test_no_stdout_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = LogLines(notice)
    with Path(os.devnull).open("w") as closed:
        pass
    monkeypatch.setattr(sys, "stdout", closed)
    lines.put("to a file that was closed\n")
    assert lines.flush(SOON)
    assert lines.lost == 1
    monkeypatch.setattr(sys, "stdout", None)  # as of a program without a console
    lines.put("to nobody\n")
    assert lines.flush(SOON)
    assert lines.lost == 1


def test_what_was_lost_is_a_line_of_the_log_and_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    root, before = logging.getLogger(), lost_lines()
    level = root.level
    with piped(monkeypatch) as pipe:
        configure("INFO", json=True)
        for _ in range(MANY):
            root.info(LINE)
        assert losing_lines()
        pipe.read()
        until(lambda: not losing_lines(), "the loss is told")
        for handler in root.handlers:
            handler.flush()
        root.setLevel(level)
    said = [json.loads(line) for line in pipe.lines.result()]
    told = [line for line in said if line["message"] == "log lines were lost"]
    assert sum(line["lost"] for line in told) == lost_lines() - before
    assert {line["level"] for line in told} == {"warning"}
