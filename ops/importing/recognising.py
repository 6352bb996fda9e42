"""Which desk wrote a file: by the columns of its tables, or by what its API would answer."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

from command_side.connect.objects import objects, read_object
from command_side.connect.preset import Export, presets
from command_side.connect.reading import Observed, Received
from command_side.connect.source import Source
from ops.importing.documents import numbered
from ops.importing.gathering import Assigned
from ops.importing.records import Record, Table

OBJECTS: Final = Export(about="what its API answers", columns=("\0",))
"""Read by what the desk says of its objects."""
_TRIED: Final = 20
_TABLE: Final = 1000
"""A table known counts more than any number of its columns."""


@dataclass(frozen=True, slots=True)
class Recognised:
    desk: str | None
    """None: nobody is known to write them."""
    tables: Sequence[Assigned | None]
    """None for those that the desk is not known to write."""


def recognised(tables: Sequence[Table]) -> Recognised:
    """As what the desk exports that knows the most of them."""
    best, most = Recognised(None, [None] * len(tables)), 0
    for desk in presets():
        source = Source(desk=desk, unsigned=True)
        known = [assigned(table, source) for table in tables]
        weight = sum(_weight(one) for one in known if one is not None)
        if weight > most:
            best, most = Recognised(desk, known), weight
    return best


def _weight(one: Assigned) -> int:
    return _TABLE + (one.objects or len(one.export.columns))


def assigned(table: Table, source: Source) -> Assigned | None:
    """How the source reads it: by the export that asks for the most of its columns, or as objects
    of the desk's API. None: it is neither."""
    if table.nested and (found := _objects(table, source)) is not None:
        return found
    exports = source.reading.exports
    fitting = [one for one in exports if table.columns.keys() >= set(one.columns)]
    if (best := max(fitting, key=lambda one: len(one.columns), default=None)) is not None:
        return Assigned(table, best)
    return None


def _objects(table: Table, source: Source) -> Assigned | None:
    ways = list(_ways(table, source))
    rows = max(ways, key=lambda one: _observed(one, source))
    if not (score := _observed(rows, source)):
        return None
    if table.document is not None:
        found = numbered(rows)
        table = replace(table, rows=lambda: iter(found))
    return Assigned(table, OBJECTS, objects=score)


def _ways(table: Table, source: Source) -> Iterator[Sequence[Any]]:
    """Lists of objects that the file may hold: as the desk says where they are, or the longest."""
    if table.document is not None:
        yield list(objects(table.document, source))
        yield [one.cells for one in table.rows() if isinstance(one, Record)]
    else:
        found = (one.cells for one in table.rows() if isinstance(one, Record))
        yield list(islice(found, _TRIED))


def _observed(rows: Sequence[Any], source: Source) -> int:
    """How much the reading makes of its first objects: several desks may know what is little."""
    told = (read_object(one, Received({}, one, None), source) for one in rows[:_TRIED])
    found = (said for several in told for said in several if isinstance(said, Observed))
    score = sum(len(said.item) + len(said.first) for said in found)
    # Objects of an API name where they are.
    return score * 2 if source.desk in json.dumps(rows[:3]).casefold() else score
