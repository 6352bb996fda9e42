"""Items of `POST /tickets` in a few words, for the tests of the write side.

Times are minutes after nine o'clock on a Monday, or datetimes.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from command_side.deciding.events import ticket_id
from command_side.deciding.ingesting import Submission
from command_side.deciding.observed import ObservedItem
from command_side.intake.item import TicketItem
from command_side.intake.reading import read

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
MOMENTS = (
    "updated_at",
    "created_at",
    "first_responded_at",
    "last_agent_reply_at",
    "last_customer_reply_at",
    "automatic_reply_at",
    "response_due_at",
    "resolution_due_at",
)


def at(when: float | datetime) -> datetime:
    """That many minutes after nine o'clock."""
    return when if isinstance(when, datetime) else NINE + timedelta(minutes=when)


def text(when: float | datetime) -> str:
    """As events and answers spell instants."""
    return at(when).isoformat().replace("+00:00", "Z")


def identity(external_id: str = "T-1", source: str = "default") -> UUID:
    """The ticket's id."""
    return ticket_id(source, external_id)


def update(when: float | datetime | None, external_id: str = "T-1", **given: Any) -> dict[str, Any]:
    """An item as JSON has it; it says nothing but `given`. Without `when` it names no time."""
    moments: dict[str, Any] = {"updated_at": when, **given}
    return {
        "external_id": external_id,
        **given,
        **{name: text(moments[name]) for name in MOMENTS if moments.get(name) is not None},
    }


def opening(
    when: float | datetime | None = 0, external_id: str = "T-1", **given: Any
) -> dict[str, Any]:
    """An item with everything that a ticket's first observation needs."""
    first = {"status": "open", "priority": "P1", "customer_tier": "gold", "title": "Outage"}
    return update(when, external_id, **{**first, **given})


def received(item: dict[str, Any]) -> ObservedItem:
    """The item, read."""
    return read(TicketItem.model_validate(item))


def submission(item: dict[str, Any], correlation_id: str | None = "test") -> Submission:
    """The item on its way to the desk."""
    return Submission(received(item), correlation_id)
