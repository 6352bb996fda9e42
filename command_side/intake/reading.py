"""Items that have been checked, as their tickets see them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from command_side.deciding.events import ticket_id
from command_side.deciding.observed import (
    ASSIGNED,
    CLEARABLE,
    MOMENTS,
    NULLABLE,
    OWN_DATES,
    PERSONAL,
    PLAIN,
    WITHDRAWN,
    ObservedItem,
    withdrawn,
)
from command_side.intake.item import Refused, TicketItem, parse
from command_side.intake.plain import read_plain
from engine.sla.instants import micros


def read_body(body: bytes, *, limit: int) -> Sequence[ObservedItem | Refused]:
    """The items of a request body, each checked by itself. Raises like `parse`."""
    plain = read_plain(body, limit=limit)
    if plain is not None:
        return plain
    items = parse(body, limit=limit)
    return [item if isinstance(item, Refused) else read(item) for item in items]


def read(item: TicketItem) -> ObservedItem:
    values = item.__dict__
    given: dict[str, Any] = {}
    personal: dict[str, Any] = {}
    moments: dict[str, int] = {}
    for name in PLAIN:
        value = values[name]
        if value is not None:
            given[name] = value
    named = item.model_fields_set
    for name in MOMENTS:
        value = values[name]
        if value is not None:
            moments[name] = micros(value)
        elif name in named and name in OWN_DATES:
            given[name] = None
    for name in PERSONAL:
        value = values[name]
        if value is not None or (name in named and name in CLEARABLE):
            personal[name] = value
    emptied: Sequence[str] = ()
    if personal.get(ASSIGNED) == "":  # nobody has an empty name
        personal[ASSIGNED], emptied = None, (ASSIGNED,)
    for name in NULLABLE:
        if name in named:
            given[name] = values[name]
    if replies := values[WITHDRAWN]:
        given[WITHDRAWN] = withdrawn(map(micros, replies))
    extra = item.model_extra or {}
    if any(value is not None for value in extra.values()):
        given["extra"] = {name: extra[name] for name in sorted(extra) if extra[name] is not None}
    source, external_id = values["source"], values["external_id"]
    updated_at: datetime | None = values["updated_at"]
    return ObservedItem(
        ticket_id(source, external_id),
        source,
        external_id,
        None if updated_at is None else micros(updated_at),
        values["revision"] if updated_at is not None else 0,
        given,
        personal,
        moments,
        tuple(extra),
        emptied,
    )
