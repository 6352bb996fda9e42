"""A reading as a file that can be changed and given again."""

from collections.abc import Mapping
from typing import Any, cast

import yaml

from command_side.connect.source import Source
from ops.importing.meaning import Meaning

HEAD = """\
# How these files are read: `sla import FILES --reading THIS`, or as a block of `sources` in the
# configuration. Columns are named in lower case, with _ for whatever is no letter and no digit.
"""
GUESSED = """\
# What these statuses mean was guessed by their words: put right what is wrong (open, in_progress,
# on_hold, resolved, cancelled, or a word that the configuration knows).
"""
UNKNOWN = """\
# Say what these statuses mean (open, in_progress, on_hold, resolved, cancelled, or a word that the
# configuration knows), and take the # away:
"""


def written(source: Source, meaning: Meaning, unknown: Mapping[str, str | None]) -> str:
    """As YAML. `unknown`: the statuses that nobody knows yet, and what their words say; what they
    do not say stands in it as comments."""
    block: dict[str, Any] = source.model_dump(
        mode="json", exclude_defaults=True, exclude={"secret_env"}
    )
    tiers, priorities = dict(block.get("tiers", {})), dict(block.get("priorities", {}))
    if meaning.tier is not None:
        tiers["default"] = meaning.tier
    if meaning.priority is not None:
        priorities["default"] = meaning.priority
    if meaning.priorities:
        priorities["map"] = {**priorities.get("map", {}), **meaning.priorities}
    guessed = {one: word for one, word in unknown.items() if word is not None}
    statuses = {**block.pop("statuses", {}), **meaning.statuses, **guessed}
    parts = {"desk": source.desk, "unsigned": True, **block}
    parts |= {"tiers": tiers} if tiers else {}
    parts |= {"priorities": priorities} if priorities else {}
    text = HEAD + _dumped(_short(parts))
    if statuses:
        text += (GUESSED if guessed else "") + _dumped({"statuses": statuses})
    if open_ := [one for one, word in unknown.items() if word is None]:
        text += UNKNOWN + ("" if statuses else "# statuses:\n")
        text += "".join(f"#   {_dumped(one).splitlines()[0]}: \n" for one in open_)
    return text


def _dumped(value: Any) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100)


def _short(value: Any) -> Any:
    """An expression alone where nothing is made of what it finds."""
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        if members.keys() == {"find"}:
            return members["find"]
        return {name: _short(inner) for name, inner in members.items()}
    if isinstance(value, list):
        return [_short(inner) for inner in cast("list[Any]", value)]
    return value
