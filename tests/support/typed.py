"""A page of the documentation, as a reader types it: block after block, into one shell.

In its Markdown
- `sh` is typed, and what it answers is compared with the `json` or `text` right after it;
- a block with `title="NAME"` is saved as that file beforehand; `sla_config.yaml` is the service's;
- `console` is for what cannot be tried here, such as a container or a cloud: only its calls of
  `sla` are looked up.
"""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from typer.core import TyperGroup
from typer.main import get_command

from ops.cli import app
from tests.support.patience import PATIENCE
from tests.support.service import ROOT
from tests.support.typed_sla import command

BLOCK = re.compile(r"^( *)```(\w+)([^\n]*)\n(.*?)\n *```$", re.DOTALL | re.MULTILINE)
TITLE = re.compile(r'title="([^"]+)"')
CALL = re.compile(r"^(?:\.venv/bin/)?sla ([^|#;\n]*)", re.MULTILINE)
ADDRESS = "http://127.0.0.1:8000"
END = "\x1e"
"""Between what two blocks have said."""


@dataclass(frozen=True, slots=True)
class Block:
    kind: str
    title: str | None
    text: str


def blocks(page: Path) -> Iterator[Block]:
    for indent, kind, rest, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        title = TITLE.search(rest)
        lines = [line.removeprefix(indent) for line in text.splitlines()]
        yield Block(kind, title[1] if title else None, "\n".join(lines))


@cache
def _commands() -> TyperGroup:
    """All of them, made once."""
    return cast("TyperGroup", get_command(app))


def unknown(text: str) -> Iterator[str]:
    """Calls of `sla` that name a command or an option that it does not have."""
    for call in CALL.findall(text):
        command: object = _commands()
        for word in shlex.split(call.replace("…", "x")):
            if isinstance(command, TyperGroup) and not word.startswith("-"):
                command = command.commands.get(word)
                continue
            options = getattr(command, "params", [])
            if command is None or (
                word.startswith("--")
                and not any(word.partition("=")[0] in one.opts for one in options)
            ):
                yield call


class Shell:
    """Where the commands of a page are typed."""

    def __init__(self, folder: Path, url: str, environment: Mapping[str, str]) -> None:
        self._exits = ExitStack()
        programs = folder / "bin"
        programs.mkdir()
        sla = programs / "sla"
        sla.write_text(self._exits.enter_context(command()))
        sla.chmod(0o755)
        self._url = url
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env={
                **os.environ,
                **environment,
                "PATH": f"{programs}:{os.environ['PATH']}",
                "PYTHONPATH": str(ROOT),
                "SLA_URL": url,
                "COLUMNS": "200",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def types(self, text: str) -> tuple[str, int]:
        """What is said, and the exit code of the last command."""
        given, said = self._process.stdin, self._process.stdout
        assert given is not None
        assert said is not None
        given.write(f"{text.replace(ADDRESS, self._url)}\nprintf '{END}%s\\n' $?\n")
        given.flush()
        lines: list[str] = []
        for line in said:
            before, end, code = line.partition(END)
            lines.append(before)
            if end:
                return "".join(lines), int(code)
        raise AssertionError(f"the shell has ended: {''.join(lines)}")

    def leave(self) -> None:
        with self._exits:
            self._process.communicate(timeout=PATIENCE)


def differs(
    page: Path, shell: Shell, save: Callable[[str, str], None]
) -> Iterator[tuple[Block, str]]:
    """Types a page; yields what does not say what the page shows, and what it says instead."""
    said = ""
    for block in blocks(page):
        if block.title is not None:
            save(block.title, block.text)
        elif block.kind == "sh":
            said, code = shell.types(block.text)
            if code:
                yield block, f"exit code {code}: {said}"
        elif block.kind == "json" and said:
            if not _shows(json.loads(said), json.loads(block.text)):
                yield block, said
        elif block.kind == "text" and said and (missing := _lines(block.text) - _lines(said)):
            yield block, f"does not say {missing}, but: {said}"


def _shows(answer: Any, shown: Any) -> bool:
    """Whether an answer has all that is shown, values of the same kind."""
    if isinstance(shown, dict):
        members = cast("Mapping[str, Any]", shown)
        return isinstance(answer, dict) and all(
            name in answer and _shows(answer[name], value) for name, value in members.items()
        )
    if isinstance(shown, list):
        items = cast("Sequence[Any]", shown)
        return (
            isinstance(answer, list)
            and len(cast("list[Any]", answer)) >= len(items) > 0
            and all(
                _shows(one, other)
                for one, other in zip(cast("list[Any]", answer), items, strict=False)
            )
        )
    if isinstance(shown, str):
        return isinstance(answer, str) and _without_digits(answer) == _without_digits(shown)
    return type(answer) in {type(shown), *({int, float} if type(shown) in (int, float) else ())}


def _lines(text: str) -> set[str]:
    found = {" ".join(_without_digits(line).split()) for line in text.splitlines()}
    return found - {"", "…"}


def _without_digits(text: str) -> str:
    """Times, ids and counts differ each time."""
    text = re.sub(r"(\d\d:\d\d):\d\d\b", r"\1", text)  # a full minute has no seconds
    return re.sub(r"[0-9a-f]*\d[0-9a-f]*|\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b", "#", text)
