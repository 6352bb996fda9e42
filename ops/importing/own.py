"""Tables in our own form: columns named as the attributes of `POST /tickets`, and others kept."""

import json
from collections.abc import Sequence

from command_side.connect.expressions import Value
from command_side.connect.preset import Export
from command_side.connect.source import GENERIC, Source
from command_side.intake.item import TicketItem
from ops.importing.gathering import Assigned
from ops.importing.records import Table

OTHERS = {"id", "key", "number", "ticket_id"}
"""Names of tickets in other forms, in which `external_id` is the customer's own."""


def is_own(tables: Sequence[Table]) -> bool:
    return all(_is_own(table) for table in tables)


def _is_own(table: Table) -> bool:
    names = set(table.columns.values())
    return "external_id" in names and bool({"updated_at", "status"} & names) and not OTHERS & names


def source(tables: Sequence[Table]) -> tuple[Source, Sequence[Assigned]]:
    known = TicketItem.model_fields
    found: list[Assigned] = []
    others: dict[str, Value] = {}
    for table in tables:
        ticket = {
            heading: _value(name) for name, heading in table.columns.items() if heading in known
        }
        others |= {
            heading: _value(name)
            for name, heading in table.columns.items()
            if heading and heading not in known
        }
        row = {"about": "an update", "when": "body", "ticket": ticket}
        about = {"about": "updates in our own form", "columns": ("external_id",)}
        export = Export.model_validate({**about, "rows": (row,)})
        found.append(Assigned(table, export, as_it_is=table.nested))
    exports = tuple(one.export for one in found)
    return Source(desk=GENERIC, unsigned=True, exports=exports, fields=others), found


def _value(column: str) -> Value:
    """As JMESPath takes what may have any letters."""
    is_plain = column.isascii() and column.isidentifier()
    return Value(find=f"body.{column if is_plain else json.dumps(column, ensure_ascii=False)}")
