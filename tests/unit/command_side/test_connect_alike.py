"""Whatever tells of a ticket names it alike: delivery, API, history or export. A kind that names it
otherwise opens a second one."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from command_side.connect.expressions import Truth
from command_side.connect.objects import read_object
from command_side.connect.preset import Delivery, preset, presets
from command_side.connect.reading import Observed, Read, Received, read_as
from command_side.connect.source import Source
from tests.support.alike import TICKETS, Ticket

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def kinds(desk: str) -> Mapping[str, tuple[Delivery, Sequence[Delivery]]]:
    """Those that tell of tickets, each with all that it is told apart from."""
    known = preset(desk)
    tables = [("", known.deliveries), ("", known.objects.kinds)]
    tables += [(f"{one.about} / ", one.rows) for one in known.exports]
    return {
        table + one.about: (one, several)
        for table, several in tables
        for one in several
        if one.ignored is None
    }


def said_by(desk: str, kind: str, body: Any) -> Sequence[Read]:
    received, source = Received({}, body, NOW), Source(desk=desk, unsigned=True)
    if kind in {one.about for one in preset(desk).objects.histories}:
        return read_object(body, received, source)
    wanted, several = kinds(desk)[kind]
    within: Mapping[str, Any] = {"headers": {}, "body": body, "one": body}
    assert next(one for one in several if Truth(one.when).holds(within)) is wanted
    return read_as(several, within, received, preset(desk), source)


TOLD = [
    pytest.param(desk, ticket, kind, body, id=f"{desk}: {ticket.name}, {kind}")
    for desk, tickets in TICKETS.items()
    for ticket in tickets
    for kind, forms in ticket.told.items()
    for body in forms
]


@pytest.mark.parametrize(("desk", "ticket", "kind", "body"), TOLD)
def test_a_ticket_is_named_alike_by_all_that_tells_of_it(
    desk: str, ticket: Ticket, kind: str, body: Any
) -> None:
    said = said_by(desk, kind, body)

    by_identity = kind in ticket.by_identity
    assert said
    for one in said:
        assert isinstance(one, Observed), one
        assert one.item["external_id"] == (ticket.identity if by_identity else ticket.name)
        assert set(one.names) <= {ticket.identity, ticket.name}
    has_identity = kind in kinds(desk) and kinds(desk)[kind][0].identity is not None
    assert not has_identity or all(ticket.identity in getattr(one, "names", ()) for one in said)


@pytest.mark.parametrize("desk", presets())
def test_every_kind_is_among_them(desk: str) -> None:
    histories = {one.about for one in preset(desk).objects.histories}
    for ticket in TICKETS[desk]:
        assert set(ticket.told) == histories | set(kinds(desk))
        has_identity = any(one.identity is not None for one, _ in kinds(desk).values())
        assert has_identity == (ticket.identity is not None)
