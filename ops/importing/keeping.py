"""A reading as a file that can be changed and given again."""

from collections.abc import Iterable
from typing import Any, cast

import yaml

from command_side.connect.source import Source
from ops.importing.meaning import Meaning

HEAD = """\
# How these files are read: `sla import FILES --reading THIS`, or as a block of `sources` in the
# configuration. Columns are named in lower case, with _ for whatever is no letter and no digit.
"""
UNKNOWN = """\
# Say what these statuses mean (open, in_progress, on_hold, resolved, cancelled, or a word that the
# configuration knows), and take the # away:
# statuses:
"""


def written(source: Source, meaning: Meaning, unknown: Iterable[str]) -> str:
    """As YAML; what nobody knows yet stands in it as comments."""
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
    if meaning.statuses:
        block["statuses"] = {**block.get("statuses", {}), **meaning.statuses}
    parts = {"desk": source.desk, "unsigned": True, **block}
    parts |= {"tiers": tiers} if tiers else {}
    parts |= {"priorities": priorities} if priorities else {}
    text = yaml.safe_dump(_short(parts), sort_keys=False, allow_unicode=True, width=100)
    lines = [f"#   {yaml.safe_dump(one, allow_unicode=True).splitlines()[0]}: " for one in unknown]
    return HEAD + text + (UNKNOWN + "\n".join(lines) + "\n" if lines else "")


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
