"""The buttons below a Slack message, and what they stand for when they come back."""

from datetime import timedelta
from typing import Any
from uuid import UUID

Json = dict[str, Any]

ACKNOWLEDGE = "sla_acknowledge"
SNOOZE_HOUR = "sla_snooze_1h"
SNOOZE_TOMORROW = "sla_snooze_tomorrow"
OPEN = "sla_open"
HOUR = timedelta(hours=1)


def buttons(
    ticket: UUID, *, answers: bool, address: str, acknowledged: bool = False, snoozed: bool = False
) -> list[Json]:
    """Of one ticket, as blocks; none where there is nothing to press.

    `answers`: somebody takes what is pressed. `address` is the ticket's page; empty: it has none.
    """
    elements: list[Json] = []
    if answers and not acknowledged:
        elements.append(_button(ACKNOWLEDGE, "Acknowledge", ticket) | {"style": "primary"})
    if answers and not snoozed:
        elements.append(_button(SNOOZE_HOUR, "Snooze 1 h", ticket))
        elements.append(_button(SNOOZE_TOMORROW, "Snooze until tomorrow 9:00", ticket))
    if address:
        elements.append(_button(OPEN, "Open", ticket) | {"url": address})
    return [{"type": "actions", "elements": elements}] if elements else []


def _button(action: str, label: str, ticket: UUID) -> Json:
    return {
        "type": "button",
        "action_id": action,
        "value": str(ticket),
        "text": {"type": "plain_text", "text": label, "emoji": False},
    }
