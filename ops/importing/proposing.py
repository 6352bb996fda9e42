"""A reading for a table that no desk is known to export, by the names of its columns and by what
stands in them. It is shown and confirmed before it counts."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from command_side.connect.preset import Export
from ops.importing.gathering import sample
from ops.importing.records import Table, plain
from ops.importing.rows import UnusableFile
from ops.importing.times import looks_like
from ops.importing.vocabulary import COLUMNS, FIELD, NEW, OLD, SCALES

TIMES: Final = (
    *("updated_at", "created_at", "first_responded_at", "resolved", "closed"),
    *("last_agent_reply_at", "last_customer_reply_at"),
)
EVENTS: Final = ("event", "action", "activity", "aktivitat")
_MOST: Final = 0.8
"""The share of a column's cells that have to be times."""


def proposed(table: Table, form: str | None = None) -> Export:
    """`form` is that of its times, if somebody has said it. Raises UnusableFile where no column
    says which ticket a row is about, or none when."""
    columns = Columns(table, form)
    if (change := _change(columns)) is not None:
        return change
    chosen = dict(columns.chosen)
    if "external_id" not in chosen:
        raise UnusableFile(
            f"none of its columns says which ticket a row is about ({columns.names()}): a reading"
            " says it, or rename the column to ticket_id"
        )
    ends = {name: chosen.pop(name) for name in ("resolved", "closed") if name in chosen}
    if not (ends or {"updated_at", "created_at"} & chosen.keys()):
        days = columns.days()
        more = f"; {', '.join(days)} name a day and no hour" if days else ""
        raise UnusableFile(
            f"none of its columns says when something was so ({columns.names()}){more}. An import"
            " never counts as of now: export it with its times of creation and of updates"
        )
    if "status" not in chosen and not ends:
        raise UnusableFile(f"none of its columns is a status ({columns.names()})")
    several = columns.repeats(chosen["external_id"], (*chosen.values(), *ends.values()))
    # Rows without a time of their own do not follow one another: each tells all of its ticket.
    several = several and not (ends and "updated_at" not in chosen)
    if not several and chosen.get("status") in EVENTS and not ends:
        raise UnusableFile(
            f"each of its rows is an event, and none says of which ticket ({columns.names()})"
        )
    ticket: dict[str, Any] = {name: f"body.{column}" for name, column in chosen.items()}
    if "status" not in chosen:
        was = " || ".join(f"body.{column}" for column in ends.values())
        ticket["status"] = f"({was}) && 'closed' || 'open'"
    if several and "updated_at" not in chosen and not ends:
        ticket["updated_at"] = ticket.pop("created_at")
    return Export.model_validate(
        {
            "about": "one row an update" if several else "one row a ticket",
            "columns": tuple(sorted({*chosen.values(), *ends.values()})),
            "rows": (
                {
                    "about": "a row",
                    "when": "body",
                    "ticket": ticket,
                    "milestones": tuple(
                        {"at": f"body.{column}", "status": f"'{name}'"}
                        for name, column in ends.items()
                    ),
                },
            ),
            **columns.order(chosen, several=several),
        }
    )


def _change(columns: "Columns") -> Export | None:
    """One row a change: which field, and what it became."""
    field, new, old = (columns.first(names) for names in (FIELD, NEW, OLD))
    chosen = columns.chosen
    at = chosen.get("updated_at") or chosen.get("created_at")
    if field is None or new is None or at is None or "external_id" not in chosen:
        return None
    fields = {"assignee_id": "assigned_to", "group_id": "team"}
    for name in ("status", "priority", "assigned_to", "team", "organization", "type"):
        for alias in COLUMNS[name].split():
            fields |= {alias: name, alias.replace("_", " "): name}
    return Export.model_validate(
        {
            "about": "one row a change",
            "columns": tuple(sorted({chosen["external_id"], at, field, new})),
            "rows": (
                {
                    "about": "a change",
                    "when": f"body.{field}",
                    "ticket": {
                        "external_id": f"body.{chosen['external_id']}",
                        "updated_at": f"body.{at}",
                    },
                    "changes": {
                        "each": "[body]",
                        "field": field,
                        "was": old or "`null`",
                        "now": new,
                        "fields": fields,
                    },
                },
            ),
            **columns.order({**chosen, "updated_at": at}, several=True),
        }
    )


class Columns:
    """What the first rows of a table say of its columns."""

    def __init__(self, table: Table, form: str | None) -> None:
        self._table, self._form = table, form
        self._rows = sample(table)
        self._cells = {
            name: [cell for row in self._rows if (cell := row.get(name)) is not None]
            for name in table.columns
        }
        if not self._rows:
            raise UnusableFile("it has a header and no rows")

    def names(self) -> str:
        return ", ".join(heading for heading in self._table.columns.values() if heading)[:300]

    @cached_property
    def chosen(self) -> Mapping[str, str]:
        """For each attribute the column that has it. All that are looked for are named as
        expressions take them."""
        taken: set[str] = set()
        found: dict[str, str] = {}
        for attribute, names in COLUMNS.items():
            for name in names.split():
                if name in self._cells and name not in taken and self._fits(attribute, name):
                    found[attribute] = name
                    taken.add(name)
                    break
        return found

    def _fits(self, attribute: str, name: str) -> bool:
        cells = self._cells[name]
        if attribute == "revision":
            return bool(cells) and all(str(one).isdecimal() for one in cells)
        if attribute == "tags":
            return True
        if attribute == "external_id":
            times = sum(looks_like(one, self._form) for one in cells if not str(one).isdecimal())
            return len(cells) >= _MOST * len(self._rows) and times < _MOST * max(len(cells), 1)
        times = sum(looks_like(one, self._form) for one in cells)
        if attribute in TIMES:
            return bool(cells) and times >= _MOST * len(cells)
        return not cells or (times < _MOST * len(cells) and not any(map(_is_list, cells)))

    def first(self, names: Sequence[str]) -> str | None:
        return next((name for name in names if name in self._cells), None)

    def repeats(self, column: str, read: Sequence[str]) -> bool:
        """Whether a ticket has several rows that differ in what is read of them."""
        rows = [row for row in self._rows if row.get(column) is not None]
        told = {json.dumps([row.get(name) for name in read], default=str) for row in rows}
        return len({str(row[column]) for row in rows}) < len(told)

    def days(self) -> list[str]:
        """Columns with dates and without times of the day."""
        return [
            self._table.columns[name]
            for name, cells in self._cells.items()
            if cells and all(_is_day(str(cell)) for cell in cells)
        ]

    def order(self, chosen: Mapping[str, str], *, several: bool) -> dict[str, bool]:
        """Whether the rows of each ticket follow one another as they were, or backwards."""
        at = chosen.get("updated_at") or chosen.get("created_at")
        if not several or at is None or "revision" in chosen:
            return {}
        if not all(str(row.get(at) or "")[:4].isdecimal() for row in self._rows):
            return {}
        ways: Counter[str] = Counter()
        last: dict[str, str] = {}
        for row in self._rows:
            name, now = str(row.get(chosen["external_id"])), str(row.get(at))
            before = last.get(name, now)
            if before != now:
                ways["on" if before < now else "back"] += 1
            last[name] = now
        if ways["back"] and not ways["on"]:
            return {"newest_first": True, "in_order": True}
        return {"in_order": True} if ways["on"] and not ways["back"] else {}


def _is_list(cell: object) -> bool:
    return isinstance(cell, list | dict)


def _is_day(text: str) -> bool:
    parts = text.replace("/", "-").replace(".", "-").split("-")
    return len(parts) == 3 and all(one.isdecimal() for one in parts)


def scale(values: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    """Which of the priorities that are promised something each of a file's words may mean; empty
    where nobody can tell. `known` go from P0 on."""
    open_ = [value for value in values if value.casefold() not in {one.casefold() for one in known}]
    names = {value: plain(value) for value in open_}
    for words in SCALES:
        ranked = list(map(str, words.split()))
        if names and all(name in ranked for name in names.values()):
            places = {value: ranked.index(name) for value, name in names.items()}
            return {value: f"P{place}" for value, place in places.items() if f"P{place}" in known}
    return {}
