"""YAML text to plain values, remembering the line and column of every one of them.

Only what a settings file needs: mappings with plain keys, lists, and scalars. Keys and dates stay
the text that was written (no `NO` that turns into false), and a key given twice is refused.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import yaml

from config.problems import ConfigError, KeyPath, Problem, spelled

MOST_BYTES: Final = 1_000_000
MOST_VALUES: Final = 100_000
"""Aliases are unfolded, so that a small file could stand for billions of values."""
DEEPEST: Final = 40

_TAG: Final = "tag:yaml.org,2002:"
_AS_WRITTEN: Final = frozenset({f"{_TAG}str", f"{_TAG}timestamp", f"{_TAG}value"})
_NUMBERS: Final = frozenset({f"{_TAG}int", f"{_TAG}float"})
_UNUSUAL: Final = re.compile(r"[-+]?(0[0-9_xb]|.*:)")
_SCALARS: Final = yaml.constructor.SafeConstructor()


@dataclass(frozen=True, slots=True)
class Document:
    """The values of a file and where they stand."""

    values: object
    positions: Mapping[KeyPath, tuple[int, int]]
    """Line and column, from 1. A mapping or list stands where its key stands."""

    def position(self, path: KeyPath) -> tuple[int, int]:
        """Where the value stands, or what it should be part of."""
        here: KeyPath = ()
        for part in path:
            here = (*here, part) if (*here, part) in self.positions else here
        return self.positions[here]

    def problem(self, path: KeyPath, message: str) -> Problem:
        """A problem with the value at the path."""
        return Problem(*self.position(path), spelled(path), message)


def parse(text: str, *, name: str, stored: bool = False) -> Document:
    """The document of a text; raises `ConfigError` with the line of what cannot be read.

    In one that is `stored`, what can be read is enough: who wrote it cannot be asked any more.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MOST_BYTES:
        raise _refused(f"has {size:,} bytes; a configuration may have {MOST_BYTES:,}", name)
    for number, line in enumerate(text.splitlines(), start=1):
        indent = line[: len(line) - len(line.lstrip())]
        if "\t" in indent and line.strip() and not line.lstrip().startswith("#"):
            raise _refused("a tab: YAML is indented with spaces", name, number, 1)
    loader: yaml.SafeLoader | None = None
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        if root is None:
            raise _refused("is empty; sla_targets is required", name)
        reader = _Reader()
        values = reader.value(root, (), 0)
    except _Refused as refusal:
        line, column = refusal.mark.line + 1, refusal.mark.column + 1
        raise _refused(str(refusal), name, line, column) from refusal
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1
        message = f"the character #x{ord(text[error.position]):04x} is not allowed"
        raise _refused(message, name, line, column) from error
    except yaml.MarkedYAMLError as error:
        raise _refused(*_syntax(error, name)) from error
    except RecursionError as error:
        raise _refused("is nested too deeply", name) from error
    except (OverflowError, ValueError) as error:  # of the library: an escape too large
        line = loader.line + 1 if loader is not None else 0
        raise _refused("is no YAML: an escape that is no character", name, line) from error
    if reader.problems and not stored:
        raise ConfigError(reader.problems, name)
    return Document(values, reader.positions)


class _Refused(Exception):
    """Ends the reading."""

    def __init__(self, message: str, mark: yaml.Mark) -> None:
        super().__init__(message)
        self.mark = mark


@dataclass(slots=True)
class _Reader:
    positions: dict[KeyPath, tuple[int, int]] = field(
        default_factory=dict[KeyPath, tuple[int, int]]
    )
    problems: list[Problem] = field(default_factory=list[Problem])
    count: int = 0

    def value(self, node: yaml.Node, path: KeyPath, depth: int) -> object:
        self._count(node, depth)
        self.positions.setdefault(path, _position(node))
        match node:
            case yaml.MappingNode(tag="tag:yaml.org,2002:map"):
                return self._mapping(node, path, depth)
            case yaml.SequenceNode(tag="tag:yaml.org,2002:seq"):
                items = enumerate(node.value)
                return tuple(self.value(item, (*path, index), depth + 1) for index, item in items)
            case yaml.ScalarNode():
                self._check(node, path)
                return _scalar(node)
            case _:
                raise _Refused(f"the tag {_tag(node)} is not known here", node.start_mark)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath, depth: int) -> dict[str, object]:
        values: dict[str, object] = {}
        for key_node, value_node, inherited in self._pairs(node, depth):
            if not isinstance(key_node, yaml.ScalarNode):
                raise _Refused("a key must be plain text", key_node.start_mark)
            key = key_node.value
            here = (*path, key)
            self._check_key(key_node, here)
            if key not in values:
                scalar = isinstance(value_node, yaml.ScalarNode) and value_node.value != ""
                self.positions[here] = _position(value_node if scalar else key_node)
                values[key] = self.value(value_node, here, depth + 1)
            elif not inherited:
                first = self.positions[here][0]
                message = f"stands twice; the first is in line {first}"
                self.problems.append(Problem(*_position(key_node), spelled(here), message))
        return values

    def _check(self, node: yaml.ScalarNode, path: KeyPath) -> None:
        wrong = _unusable(node.value) or _unusual(node)
        if wrong is not None:
            self.problems.append(Problem(*_position(node), _readable(path), wrong))

    def _check_key(self, node: yaml.ScalarNode, path: KeyPath) -> None:
        wrong = _unusable(node.value)
        if not node.value.strip():
            wrong = "a key without a name"
        elif node.value != node.value.strip():
            wrong = f"the key {node.value!r} has spaces around it"
        if wrong is not None:
            self.problems.append(Problem(*_position(node), _readable(path), wrong))

    def _pairs(
        self, node: yaml.MappingNode, depth: int
    ) -> Iterator[tuple[yaml.Node, yaml.Node, bool]]:
        """A mapping's own pairs, then those it takes over with `<<`."""
        merged: list[yaml.Node] = []
        for key, value in node.value:
            if key.tag == f"{_TAG}merge":
                merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
            else:
                yield key, value, False
        for source in merged:
            self._count(source, depth)
            if not isinstance(source, yaml.MappingNode):
                raise _Refused("`<<` takes over a mapping", source.start_mark)
            for key, value, _ in self._pairs(source, depth + 1):
                yield key, value, True

    def _count(self, node: yaml.Node, depth: int) -> None:
        self.count += 1
        if self.count > MOST_VALUES:
            message = f"the file stands for more than {MOST_VALUES:,} values"
            raise _Refused(message, node.start_mark)
        if depth > DEEPEST:
            raise _Refused("is nested too deeply", node.start_mark)


def _unusable(text: str) -> str | None:
    """What keeps a text from being stored; only an escape can write such a thing."""
    if "\0" in text:
        return "text must not contain NUL characters"
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        return "half a surrogate pair: write the character itself, or \\U and eight digits"
    return None


def _unusual(node: yaml.ScalarNode) -> str | None:
    """YAML 1.1 counts `010` as 8 and `1:30` as 90, which nobody means."""
    if node.tag not in _NUMBERS or not _UNUSUAL.match(node.value):
        return None
    return (
        f"{node.value[:40]!r} is no decimal number (010 is 8 in YAML, 1:30 is 90): write one "
        "without leading zeros, or put it in quotes"
    )


def _readable(path: KeyPath) -> str:
    return spelled(path).encode("utf-8", "backslashreplace").decode()


def _scalar(node: yaml.ScalarNode) -> object:
    if node.tag in _AS_WRITTEN:
        return node.value
    try:
        match node.tag.removeprefix(_TAG):
            case "null":
                return None
            case "bool":
                return _SCALARS.construct_yaml_bool(node)
            case "int":
                return _SCALARS.construct_yaml_int(node)
            case "float":
                return _SCALARS.construct_yaml_float(node)
            case _:
                raise _Refused(f"the tag {_tag(node)} is not known here", node.start_mark)
    except (ValueError, OverflowError, LookupError) as error:
        raise _Refused(f"{node.value[:40]!r} is no number", node.start_mark) from error


def _tag(node: yaml.Node) -> str:
    return node.tag.replace(_TAG, "!!")


def _position(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _syntax(error: yaml.MarkedYAMLError, name: str) -> tuple[str, str, int, int]:
    mark = error.problem_mark or error.context_mark
    problem = error.problem or error.context or "cannot be read"
    if "'\\t'" in problem:
        problem = "a tab: YAML wants spaces"
    elif error.context and error.context_mark and error.context_mark is not mark:
        problem = f"{error.context} (line {error.context_mark.line + 1}), {problem}"
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    return f"is no YAML: {problem}", name, line, column


def _refused(message: str, name: str, line: int = 0, column: int = 0) -> ConfigError:
    return ConfigError([Problem(line, column, "", message)], name)
