"""Changes of a configuration without its text: what is to be other than in the one in force.

A JSON merge patch (RFC 7396) of its document: an object changes the keys that it names, null takes
a key away, anything else comes in place of the value. A list of blocks that have names, as `rules`
is, may be changed by an object, too: by those names.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

import yaml

from config import document
from config.problems import ConfigError, KeyPath, Problem, spelled
from config.suggestion import suggestion

NAME: Final = "changes"


def changed(text: str, changes: Mapping[str, Any]) -> str:
    """The YAML of a configuration that is in force, with changes; comments are lost.

    Whether it holds is for whoever reads it. Raises ConfigError for what cannot be changed so.
    """
    values = document.parse(text, name="the configuration in force", stored=True).values
    merged = _merged(values, changes, ())
    return yaml.safe_dump(merged, sort_keys=False, allow_unicode=True, width=1_000)


def _merged(known: object, change: object, path: KeyPath) -> object:
    if not isinstance(change, Mapping):
        return change
    if len(path) > document.DEEPEST:
        raise _refused(path, "is nested too deeply")
    changes = cast("Mapping[str, object]", change)
    if isinstance(known, tuple) and (blocks := _named(cast("tuple[object, ...]", known))):
        return _by_name(blocks, changes, path)
    found = dict(cast("Mapping[str, object]", known)) if isinstance(known, Mapping) else {}
    for key, value in changes.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = _merged(found.get(key), value, (*path, key))
    return found


def _named(blocks: Iterable[object]) -> dict[str, object]:
    """By name; none where not all of them have one of their own."""
    found: dict[str, object] = {}
    for block in blocks:
        if not isinstance(block, Mapping):
            return {}
        name = cast("Mapping[str, object]", block).get("name")
        if not isinstance(name, str) or name in found:
            return {}
        found[name] = cast(object, block)
    return found


def _by_name(
    blocks: Mapping[str, object], changes: Mapping[str, object], path: KeyPath
) -> list[object]:
    for name in changes:
        if name not in blocks:
            message = f"there is none of that name{suggestion(name, blocks)}"
            raise _refused((*path, name), message)
    return [
        _merged(block, changes[name], (*path, name)) if name in changes else block
        for name, block in blocks.items()
        if changes.get(name, block) is not None
    ]


def _refused(path: KeyPath, message: str) -> ConfigError:
    return ConfigError([Problem(0, 0, spelled(path), message)], NAME)
