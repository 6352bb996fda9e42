"""The buttons below a Slack message, and what they stand for when they come back."""

from datetime import timedelta
from typing import Any
from uuid import UUID

Json = dict[str, Any]

ACKNOWLEDGE = "sla_acknowledge"
SNOOZE_HOUR = "sla_snooze_1h"
SNOOZE_TOMORROW = "sla_snooze_tomorrow"
OPEN = "sla_open"
ONLY_PEOPLE = "people"
HOUR = timedelta(hours=1)


def buttons(
    ticket: UUID,
    *,
    answers: bool,
    address: str,
    only_people: bool = False,
    acknowledged: bool = False,
    snoozed: bool = False,
) -> list[Json]:
    """Of one ticket, as blocks; none where there is nothing to press.

    `answers`: somebody takes what is pressed; `only_people`: by those alone whom the configuration
    knows. `address` is the ticket's page; empty: it has none.
    """
    value = f"{ticket} {ONLY_PEOPLE}" if only_people else str(ticket)
    elements: list[Json] = []
    if answers and not acknowledged:
        elements.append(_button(ACKNOWLEDGE, "Acknowledge", value) | {"style": "primary"})
    if answers and not snoozed:
        elements.append(_button(SNOOZE_HOUR, "Snooze 1 h", value))
        elements.append(_button(SNOOZE_TOMORROW, "Snooze until tomorrow 9:00", value))
    if address:
        elements.append(_button(OPEN, "Open", value) | {"url": address})
    return [{"type": "actions", "elements": elements}] if elements else []


def _button(action: str, label: str, value: str) -> Json:
    return {
        "type": "button",
        "action_id": action,
        "value": value,
        "text": {"type": "plain_text", "text": label, "emoji": False},
    }
