"""Tables read by a reading: what each row says of its ticket, kept until all of it is there.

What values mean here (which status is which) is decided later, when all of them are known.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

from command_side.connect.expressions import Value, found, names_in, text
from command_side.connect.moments import NoTime
from command_side.connect.objects import read_object
from command_side.connect.preset import Delivery, Export, Preset
from command_side.connect.reading import EMPTIED, Ignored, Observed, Received, Unreadable, read_as
from command_side.connect.source import Choice, Source, Tiers
from command_side.intake.item import NUL
from engine.sla.instants import micros, parsed, rfc3339
from ops.importing.documents import flattened
from ops.importing.records import Record, Table
from ops.importing.rows import Malformed, tags
from ops.importing.spool import Said, Spool
from ops.importing.times import DateOrder, FileClock, evidence

TIER_BY: Final = "\0tier"
"""What the reading finds the tier by, until the tier is chosen."""
PLACED: Final = frozenset({"updated_at", "created_at"})
"""The times by which observations are placed; the service reads the others itself."""
MOST_REMARKS: Final = 1000
OTHER_REMARKS: Final = "other notes"
_SAMPLE: Final = 1000


@dataclass(frozen=True, slots=True)
class Assigned:
    """A table, and how it is read."""

    table: Table
    export: Export
    proposed: bool = False
    objects: int = 0
    """How much its first rows say as objects of the desk's API; 0: it is read as a table."""
    as_it_is: bool = False
    """Its rows are items of `POST /tickets`."""


@dataclass(slots=True)
class Gathered:
    """What was found on the way."""

    rows: int = 0
    left_out: Counter[str] = field(default_factory=Counter[str])
    """Rows that hold nothing for the clocks, by the reason."""
    remarks: Counter[str] = field(default_factory=Counter[str])
    statuses: Counter[str] = field(default_factory=Counter[str])
    """As the file has them, by the rows that name them."""
    priorities: Counter[str] = field(default_factory=Counter[str])
    orders: dict[str, DateOrder] = field(default_factory=dict[str, DateOrder])
    """Of tables whose dates decided it."""


class Gatherer:
    def __init__(
        self,
        spool: Spool,
        source: Source,
        clock: FileClock,
        progress: Callable[[int], None],
    ) -> None:
        self._spool, self._source, self._clock = spool, source, clock
        self._progress = progress
        self.gathered = Gathered()

    def gather(self, tables: Sequence[Assigned]) -> Gathered:
        """Raises Undecided where a file leaves open what times mean."""
        for one in tables:
            if one.export.table is not None:
                self._join(one)
        for number, one in enumerate(tables):
            if one.export.rows or one.objects:
                self._read(number, one)
        return self.gathered

    def _join(self, one: Assigned) -> None:
        for record in _records(one):
            if isinstance(record, Record):
                key = text(found(one.export.key or "", {"body": record.cells}))
                if key is not None and one.export.table is not None:
                    self._spool.join(one.export.table, key, record.cells)

    def _read(self, number: int, one: Assigned) -> None:
        clock = self._clock_of(one)
        preset, source = unmapped(self._source)
        export = one.export
        for record in _records(one):
            self.gathered.rows += 1
            if self.gathered.rows % 1000 == 0:
                self._progress(1000)
            if isinstance(record, Malformed):
                self._refuse(one, record.line, record.error)
                continue
            body = self._with_joins(export, record.cells)
            received = Received({}, body, None)
            if one.as_it_is:
                told = [_as_it_is(body, clock)]
            elif one.objects:
                told = read_object(body, received, source, clock)
            else:
                root: dict[str, Any] = {"headers": {}, "body": body}
                told = read_as(export.rows, root, received, preset, source, clock=clock)
                if not told:
                    kinds = ", ".join(one.about for one in export.rows)
                    told = [Unreadable(f"is none of what this table has: {kinds}")]
            for said in told:
                if isinstance(said, Ignored):
                    self.gathered.left_out[said.because] += 1
                elif isinstance(said, Unreadable):
                    self._refuse(one, record.line, said.because)
                else:
                    self._keep(number, one, record.line, said)

    def _clock_of(self, one: Assigned) -> FileClock:
        """By the order of dates that the table itself decides."""
        clock = replace(self._clock, known=one.export.zone)
        if clock.order is None and (order := order_of(one)) is not None:
            self.gathered.orders[one.table.name] = order
            return replace(clock, order=order)
        return clock

    def _with_joins(self, export: Export, cells: Mapping[str, Any]) -> Mapping[str, Any]:
        if not export.joins:
            return cells
        body = dict(cells)
        for name, join in export.joins.items():
            key = text(found(join.by, {"body": cells}))
            body[name] = None if key is None else self._spool.joined(join.table, key)
        return body

    def _keep(
        self,
        file: int,
        one: Assigned,
        line: int,
        said: Observed,
    ) -> None:
        item = dict(said.item)
        ticket = str(item.pop("external_id"))
        written = item.get("tags") or ()
        if len(written) == 1 and not one.table.nested:
            item["tags"] = tags(written[0])
        if "\0" in ticket:
            self._refuse(one, line, f"external_id: {NUL}")
            return
        if "source" in item:
            ticket += f"\0{item['source']}"  # another one, of that name
        updated_at = item.pop("updated_at", None)
        if updated_at is None and "created_at" not in item and not said.milestones:
            self._refuse(one, line, "; ".join(["it says no time", *said.remarks]))
            return
        at = None if updated_at is None else parsed(updated_at)
        self.gathered.statuses.update(_named(item, "status"))
        self.gathered.priorities.update(_named({**said.first, **item}, "priority"))
        self._remark(said.remarks)
        number = -line if one.export.newest_first else line
        self._spool.add(Said(ticket, at, file, line, False, item, said.first, said.was), number)
        for then, status in said.milestones:
            so = {"status": status}
            self._spool.add(Said(ticket, parsed(then), file, line, True, so, {}, {}), number)

    def _remark(self, remarks: Iterable[str]) -> None:
        """They may quote their row: no more are told apart than people read."""
        found = self.gathered.remarks
        for one in remarks:
            found[one if one in found or len(found) < MOST_REMARKS else OTHER_REMARKS] += 1

    def _refuse(self, one: Assigned, line: int, why: str) -> None:
        self._spool.refuse(Malformed(line, why, one.table.name))


def _as_it_is(item: Mapping[str, Any], clock: FileClock) -> Observed | Unreadable:
    if not isinstance(item.get("external_id"), str):
        return Unreadable("no external_id")
    said = {name: value for name, value in item.items() if value is not None or name in EMPTIED}
    for name in PLACED & said.keys():
        try:
            said[name] = rfc3339(micros(clock(said[name], None)))
        except NoTime as error:
            return Unreadable(f"{name}: {error}")
    return Observed(said)


def _named(item: Mapping[str, Any], name: str) -> list[str]:
    value = item.get(name)
    return [] if value is None else [str(value)]


def _records(one: Assigned) -> Iterator[Record | Malformed]:
    """With what stands for nothing as nothing."""
    nothing = frozenset(one.export.nothing)
    for record in one.table.rows():
        if isinstance(record, Malformed) or one.objects or one.as_it_is:
            yield record
            continue
        cells = flattened(record.cells) if one.table.nested else record.cells
        if nothing:
            cells = {
                name: None if isinstance(cell, str) and cell in nothing else cell
                for name, cell in cells.items()
            }
        yield Record(record.line, cells)


def order_of(one: Assigned) -> DateOrder | None:
    """Whether its dates have the day first: one that can be only the one decides its column, and
    all columns that say the same those that say nothing. None: nothing decides it."""
    asked = used_columns(one.export)
    used = [name for name in one.table.columns if name in asked]
    open_, decided = set[str](), dict[str, DateOrder]()
    for number, record in enumerate(_records(one)):
        if isinstance(record, Malformed):
            continue
        if number >= _SAMPLE:
            used = sorted(open_ - decided.keys())
            if not used:
                break
        for name in used:
            cell = record.cells.get(name)
            if not isinstance(cell, str) or name in decided:
                continue
            said = evidence(cell)
            if said == "open":
                open_.add(name)
            elif said is not None:
                decided[name] = said
    orders = set(decided.values())
    return orders.pop() if len(orders) == 1 else None


def used_columns(export: Export) -> frozenset[str]:
    """The names that its expressions ask for."""
    asked: set[str] = set()

    def take(*expressions: str | None) -> None:
        for one in expressions:
            if one is not None:
                asked.update(names_in(one))

    take(export.key, *(join.by for join in export.joins.values()))
    for kind in export.rows:
        take(*_expressions(kind))
    return frozenset(asked)


def _expressions(kind: Delivery) -> Iterator[str | None]:
    yield from (kind.when, kind.order, kind.identity, kind.alias, kind.each)
    for where in (*kind.ticket.values(), *kind.first.values()):
        yield where.find
    for one in kind.milestones:
        yield from (one.at.find, one.status.find)
    if kind.changes is not None:
        yield from (kind.changes.each, kind.changes.field, kind.changes.was, kind.changes.now)
    for reply in kind.reply:
        yield from (reply.when, reply.at, reply.public, reply.by_agent, reply.automatic)
        yield from reply.author


def unmapped(source: Source) -> tuple[Preset, Source]:
    """Which read values as the desk has them."""
    by = source.tiers.by
    fields: Mapping[str, Value] = source.fields if by is None else {**source.fields, TIER_BY: by}
    changed = {"priorities": Choice(by=source.priorities.by), "tiers": Tiers(), "fields": fields}
    bare = source.model_copy(update={**changed, "statuses": {}})
    return source.reading.model_copy(update={"statuses": {}}), bare


def sample(table: Table, count: int = _SAMPLE) -> list[Mapping[str, Any]]:
    """The cells of its first rows."""
    rows = (one for one in islice(table.rows(), count) if isinstance(one, Record))
    return [flattened(one.cells) if table.nested else one.cells for one in rows]
