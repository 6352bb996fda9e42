"""By which reading tables are read: a source's of the configuration, a desk's as it comes, one in a
file of its own, or one that is proposed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import ValidationError

from command_side.connect.preset import Export, presets, tuples
from command_side.connect.source import GENERIC, Source
from command_side.intake.wording import hint, worded
from ops.importing import own, recognising
from ops.importing.gathering import Assigned
from ops.importing.proposing import proposed
from ops.importing.records import Table
from ops.importing.rows import UnusableFile


@dataclass(frozen=True, slots=True)
class Chosen:
    source: Source
    name: str
    """The `source` of the tickets."""
    tables: Sequence[Assigned]
    left: Sequence[tuple[str, str]]
    """Tables that are not read, and why."""
    is_proposed: bool

    @property
    def desk(self) -> str:
        return self.source.reading.desk


def chosen(
    tables: Sequence[Table],
    known: Mapping[str, Source],
    reading: str | None,
    name: str | None,
    form: str | None = None,
) -> Chosen:
    """`known` are the sources of the configuration; `form` is that of times, where it was told.

    Raises UnusableFile where nothing fits.
    """
    if reading is None and name in known:
        reading = name
    if reading is not None:
        source = _read(reading, known)
        found = [recognising.assigned(table, source) for table in tables]
        of = reading if reading in known else source.desk
        return _assigned(source, name or (of if of != GENERIC else "default"), tables, found, form)
    if own.is_own(tables):
        source, assigned = own.source(tables)
        return Chosen(source, name or "default", assigned, (), False)
    recognised = recognising.recognised(tables)
    if recognised.desk is None:
        source = Source(desk=GENERIC, unsigned=True, exports=(NOTHING,))
        return _assigned(source, name or "default", tables, recognised.tables, form)
    of_desk = [one for one, source in known.items() if source.desk == recognised.desk]
    if name is None and len(of_desk) > 1:
        ways = " or ".join(f"--source {one}" for one in of_desk)
        raise UnusableFile(f"several sources are of this desk ({recognised.desk}): say {ways}")
    if name is None and of_desk:
        name = of_desk[0]
    source = known.get(name or "") or Source(desk=recognised.desk, unsigned=True)
    return _assigned(source, name or recognised.desk, tables, recognised.tables, form)


NOTHING = Export(about="nothing", columns=("\0",))
"""Of a source that has no table of its own yet."""


def _assigned(
    source: Source,
    name: str,
    tables: Sequence[Table],
    known: Sequence[Assigned | None],
    form: str | None,
) -> Chosen:
    """Where the desk knows none of them, each gets a reading of its own."""
    assigned: list[Assigned] = []
    left: list[tuple[str, str]] = []
    unknown = all(one is None for one in known)
    for table, one in zip(tables, known, strict=True):
        if one is None and unknown:
            try:
                assigned.append(Assigned(table, proposed(table, form), proposed=True))
            except UnusableFile as error:
                left.append((table.name, str(error)))
        elif one is None:
            left.append((table.name, f"no table that {source.reading.desk} is known to export"))
        elif one.export.ignored is not None:
            left.append((table.name, f"{one.export.about}: {one.export.ignored}"))
        else:
            assigned.append(one)
    there = {one.export.table for one in assigned}
    for one in [one for one in assigned if one.export.needs not in (None, *there)]:
        assigned.remove(one)
        why = f"{one.export.about}: they name tickets by numbers of another table"
        left.append((one.table.name, f"{why}; give the table of {one.export.needs} along"))
    if not any(one.export.rows or one.objects for one in assigned):
        why = [f"{table} cannot be imported: {reason}" for table, reason in left]
        about = [
            f"{one.table.name} only names what others refer to ({one.export.about}): give the"
            " table of tickets along"
            for one in assigned
        ]
        raise UnusableFile(". ".join([*why, *about]))
    proposals = tuple(one.export for one in assigned if one.proposed)
    if proposals:
        block = {name: getattr(source, name) for name in Source.model_fields}
        # Anew, and no copy: what it has worked out of itself would be copied along.
        source = Source.model_validate({**block, "exports": proposals})
    return Chosen(source, name, assigned, left, bool(proposals))


def _read(reading: str, known: Mapping[str, Source]) -> Source:
    if reading in known:
        return known[reading]
    if reading in presets():
        return Source(desk=reading, unsigned=True)
    path = Path(reading)
    if not path.is_file():
        names = [*known, *presets()]
        raise UnusableFile(
            f"--reading: {reading!r} is no source, no desk and no file; {hint(reading, names)}"
        )
    try:
        block: object = yaml.safe_load(path.read_text("utf-8"))
        members = cast("dict[str, Any]", block) if isinstance(block, dict) else {}
        return Source.model_validate(tuples({"desk": GENERIC, "unsigned": True, **members}))
    except (yaml.YAMLError, UnicodeError) as error:
        raise UnusableFile(f"--reading: {path} is no YAML: {error}") from error
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, one['loc']))}: {worded(one)}" for one in error.errors()[:5]]
        raise UnusableFile(f"--reading: {path}: {'; '.join(wrong)}") from error
