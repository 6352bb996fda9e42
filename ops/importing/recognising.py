"""Which desk wrote a table: by its columns."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from command_side.connect.preset import Export, preset, presets
from ops.importing.records import Table


@dataclass(frozen=True, slots=True)
class Recognised:
    """Tables of one export; None: a table that the desk is not known to write."""

    desk: str | None
    exports: Sequence[Export | None]


def among(table: Table, exports: Sequence[Export]) -> Export | None:
    """The one that asks for the most of its columns."""
    fitting = [one for one in exports if table.columns.keys() >= set(one.columns)]
    return max(fitting, key=lambda one: len(one.columns), default=None)


def recognised(tables: Sequence[Table]) -> Recognised:
    """As what the desk exports that knows the most of them."""
    known: Mapping[str, Sequence[Export | None]] = {
        name: [among(table, preset(name).exports) for table in tables] for name in presets()
    }
    weights: Counter[str] = Counter()
    for name, found in known.items():
        weights[name] = sum(1000 + len(one.columns) for one in found if one is not None)
    desk, weight = max(weights.items(), key=lambda one: one[1])
    if not weight:
        return Recognised(None, [None] * len(tables))
    return Recognised(desk, known[desk])
