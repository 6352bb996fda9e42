"""Terraform's files as values: which blocks there are, with what in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any, cast

import pytest

PARTS = [f"{way}/{part}" for way in ("aws", "gcp") for part in (".", "examples/quickstart")]
"""The modules in `ops/deploy`."""
META = {
    "count",
    "depends_on",
    "for_each",
    "lifecycle",
    "provider",
    "provisioner",
}
"""What Terraform itself knows in every resource."""


@dataclass(frozen=True)
class Block:
    """`kind "label" "label" { ... }`; values are Python's, expressions stay text in `${}`."""

    file: str
    kind: str
    labels: tuple[str, ...]
    body: dict[str, Any]

    @property
    def name(self) -> str:
        return ".".join(self.labels)


@dataclass(frozen=True)
class Module:
    """All files of one folder."""

    folder: Path
    blocks: tuple[Block, ...]

    def of(self, kind: str, *labels: str) -> list[Block]:
        return [
            one for one in self.blocks if one.kind == kind and one.labels[: len(labels)] == labels
        ]


LABELS = {
    "resource": 2,
    "data": 2,
    "ephemeral": 2,
    "variable": 1,
    "output": 1,
    "module": 1,
    "provider": 1,
}


def read_module(folder: Path) -> Module:
    """Every block of the folder's files; raises what the parser raises."""
    blocks = [
        block
        for file in sorted(folder.glob("*.tf"))
        for block in _blocks(file.name, file.read_text("utf-8"))
    ]
    return Module(folder, tuple(blocks))


@cache
def _blocks(name: str, text: str) -> tuple[Block, ...]:
    parser: Any = pytest.importorskip("hcl2", reason="python-hcl2 is not installed: make setup")
    parsed: dict[str, Any] = parser.load(StringIO(text))
    found: list[Block] = []
    for kind, entries in parsed.items():
        if kind.startswith("__"):
            continue
        for entry in entries:
            for labels, body in _labelled(entry, LABELS.get(kind, 0)):
                found.append(Block(name, kind, labels, _plain(body)))
    return tuple(found)


def _labelled(
    entry: dict[str, Any], depth: int
) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    if depth == 0:
        yield (), entry
        return
    for label, inner in entry.items():
        for labels, body in _labelled(inner, depth - 1):
            yield (label.strip('"'), *labels), body


def _plain(value: Any) -> Any:
    """Without the parser's marks: strings without their quotes, no comments."""
    if isinstance(value, dict):
        entries = cast(dict[str, Any], value).items()
        return {key.strip('"'): _plain(each) for key, each in entries if key not in _MARKS}
    if isinstance(value, list):
        return [_plain(each) for each in cast(list[Any], value)]
    if isinstance(value, str) and re.fullmatch(r'".*"', value, re.DOTALL):
        return value[1:-1]
    return value


_MARKS = {"__is_block__", "__comments__", "__inline_comments__"}
