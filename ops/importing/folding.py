"""All that tables say of one ticket becomes its observations, in the order in which it was so.

- A row that is there twice, as where the pages of an export overlap, is one.
- What has one time and does not contradict itself is one observation.
- A ticket's first observation has to name status, priority and tier. What it does not name, it
  takes from the earliest that does, which is how the clocks read it anyway. A status that changes
  later was another one before: the one that the change names, or that of a new ticket.
- A ticket of which one row tells has been as that row says from the beginning, but for its status:
  nobody knows of another team or assignee, and a promise that was kept before the row was written
  was kept by somebody.
- A column such as "resolved at" is an observation of its own where the ticket still is so, and no
  row tells of its statuses one after another: of one that was reopened it says nothing.
- A row that does not say since when it is so counts from the last of these columns; a ticket that
  still waits, from its creation.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from command_side.connect.reading import EMPTIED
from engine.sla.instants import parsed, rfc3339
from ops.importing.gathering import TIER_BY
from ops.importing.meaning import Meaning
from ops.importing.rows import MOST_DIGITS, Row
from ops.importing.spool import Said

BEGINNING: Final = "new"
"""The status of a ticket of which only later ones are told."""
OF_ITS_TIME: Final = ("status", "revision")
"""What a row says of itself, and not of the ticket before it."""


class Unplaced(Exception):
    """A ticket's status, if it names one, holds since nobody knows when."""

    def __init__(self, status: str | None) -> None:
        super().__init__(status)
        self.status = status


@dataclass(slots=True)
class _Step:
    at: int
    said: Said
    item: dict[str, Any]


class Folder:
    def __init__(
        self,
        meaning: Meaning,
        *,
        source: str,
        files: Sequence[str],
        in_order: Sequence[bool],
        as_of: int | None,
    ) -> None:
        """`files` name where rows come from, and `in_order` says of which of them the order of
        the rows tells what came first at one time. `as_of`: when rows without a time were so."""
        self._meaning, self._source = meaning, source
        self._files, self._in_order, self._as_of = files, in_order, as_of

    def fold(self, rows: Sequence[Said]) -> list[Row]:
        """The observations of one ticket. Raises Unplaced."""
        rows = _once(rows)
        steps = sorted(self._steps(rows), key=lambda one: one.at)  # stable: ties stay in order
        if not steps:
            return []
        merged = self._merged([*self._beginning(steps), *steps])
        self._complete(merged, rows)
        return [self._row(step) for step in merged]

    def _steps(self, rows: Sequence[Said]) -> list[_Step]:
        said = [_Step(one.at or 0, one, self._means(one.item)) for one in rows]
        dated = [one for one in said if _is_dated(one.said)]
        whole = [one for one in said if one.said.at is None]
        milestones = [one for one in said if one.said.is_milestone]
        now = _last("status", [*dated, *whole])
        if sum("status" in one.item for one in [*dated, *whole]) > 1:
            milestones = []  # the history says it better
        elif now is not None:
            phase = self._meaning.phase(now)
            milestones = [
                one for one in milestones if self._meaning.phase(one.item["status"]) == phase
            ]
            if milestones:
                last = max(milestones, key=lambda one: one.at)
                last.item["status"] = now
                for one in dated:
                    if one.at < last.at:
                        one.item.pop("status", None)  # it was that from then on
        steps = [*dated, *milestones]
        for one in whole:
            one.at = self._placed(one, milestones)
            steps.append(one)
        return steps

    def _beginning(self, steps: Sequence[_Step]) -> list[_Step]:
        """How it was from its creation on, where the first change says what it changed."""
        change = next((one for one in steps if "status" in one.item), None)
        was = None if change is None else change.said.was.get("status")
        created_at = _first("created_at", steps)
        if change is None or was is None or created_at is None:
            return []
        at, status = parsed(created_at), self._meaning.status(str(was))
        return [_Step(at, change.said, {"status": status})] if at < steps[0].at else []

    def _placed(self, row: _Step, milestones: Sequence[_Step]) -> int:
        if self._as_of is not None:
            return self._as_of
        if milestones:
            return max(one.at for one in milestones)
        created_at, status = row.item.get("created_at"), row.item.get("status")
        waits = status is None or self._meaning.phase(status) == "waiting"
        if created_at is not None and waits:
            return parsed(created_at)
        raise Unplaced(status)

    def _means(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """In our words."""
        item = {name: value for name, value in said.items() if name != TIER_BY}
        if item.get("status") is not None:
            item["status"] = self._meaning.status(str(item["status"]))
        if item.get("priority") is not None:
            item["priority"] = self._meaning.priority_of(str(item["priority"]))
        if item.get("customer_tier") is not None:
            item["customer_tier"] = self._meaning.tier_of(item)
        if isinstance(digits := item.get("revision"), str):
            # Enough to be refused as too large: Python reads no number of thousands of digits.
            item["revision"] = int(digits[:MOST_DIGITS]) if digits.isdecimal() else 0
        if not item.get("tags"):
            item.pop("tags", None)
        return item

    def _merged(self, steps: Iterable[_Step]) -> list[_Step]:
        merged: list[_Step] = []
        revision = 0
        for step in steps:
            last = merged[-1] if merged else None
            if last is None or last.at != step.at:
                revision = 0
            elif not _contradict(last.item, step.item):
                last.item |= step.item
                continue
            elif self._in_order[step.said.file] and "revision" not in step.item:
                revision += 1
            if revision:
                step.item["revision"] = revision
            merged.append(step)
        return merged

    def _complete(self, steps: Sequence[_Step], rows: Sequence[Said]) -> None:
        """Of the first observation what a ticket has to have."""
        first = steps[0].item
        supposed: dict[str, Any] = {}
        for row in rows:
            for name, value in self._means(row.first).items():
                supposed.setdefault(name, value)
        if "created_at" not in first and (created := _first("created_at", steps)) is not None:
            first["created_at"] = created
        for name, value in supposed.items():
            if name not in first and _first(name, steps) is None:
                first[name] = value
        if "status" not in first and _first("status", steps) is not None:
            before = next((one.was["status"] for one in rows if "status" in one.was), None)
            first["status"] = BEGINNING if before is None else self._meaning.status(before)
        if first.get("priority") is None:
            named = _first("priority", steps)
            first["priority"] = named if named is not None else self._meaning.priority_of(None)
        first["customer_tier"] = self._tier(rows, supposed)
        told = [step for step in steps if not step.said.is_milestone]
        if len({(step.said.file, step.said.line) for step in told}) == 1:
            first |= {
                name: value
                for name, value in told[-1].item.items()
                if name not in first and name not in OF_ITS_TIME and not name.endswith("_at")
            }

    def _tier(self, rows: Sequence[Said], supposed: Mapping[str, Any]) -> str | None:
        for said in (*(row.item for row in rows), supposed):
            if self._meaning.names_tier(said) and (tier := self._meaning.tier_of(said)) is not None:
                return tier
        return self._meaning.tier_of({})

    def _row(self, step: _Step) -> Row:
        item = {name: value for name, value in step.item.items() if name != "updated_at"}
        item = {name: value for name, value in item.items() if value is not None or name in EMPTIED}
        said = {"source": self._source, "external_id": step.said.ticket.partition("\0")[0]}
        file = self._files[step.said.file]
        return Row(step.said.line, {**said, "updated_at": rfc3339(step.at), **item}, file)


def _once(rows: Iterable[Said]) -> list[Said]:
    """Without those that say again what was said; of what has one time, only right before: it may
    have been so again."""
    kept: list[Said] = []
    seen = set[str]()
    last = ""
    for row in rows:
        told = json.dumps([row.at, row.is_milestone, row.item, row.first, row.was], default=str)
        again = told == last if _is_dated(row) else told in seen
        if _is_dated(row):
            last = told
        if not again:
            seen.add(told)
            kept.append(row)
    return kept


def _is_dated(row: Said) -> bool:
    return row.at is not None and not row.is_milestone


def _contradict(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return any(name in other and other[name] != value for name, value in one.items())


def _first(name: str, steps: Sequence[_Step]) -> Any:
    return next((one.item[name] for one in steps if one.item.get(name) is not None), None)


def _last(name: str, steps: Sequence[_Step]) -> Any:
    return _first(name, sorted(steps, key=lambda one: -one.at))
