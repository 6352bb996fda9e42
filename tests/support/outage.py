"""A Slack that is down for minutes, and what it is told when it is back."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

TICKET = re.compile(r"\b[A-Z]+-\d{3}\b")
OVER = ("over by now", "resolved", "cancelled", "withdrawn", "done")
"""One of these words stands where a ticket is named that is over."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one message says of one ticket, as people read it."""

    ticket: str
    text: str

    @property
    def says_it_is_over(self) -> bool:
        return any(word in self.text.lower() for word in OVER)


def lines(message: Json) -> list[str]:
    """All that is to be read in a message of Slack, from top to bottom."""
    found: list[str] = []
    for block in message["payload"]["blocks"]:
        texts: Iterable[Mapping[str, Any]] = (
            *([block["text"]] if "text" in block else ()),
            *block.get("fields", ()),
            *(one for one in block.get("elements", ()) if "text" in one),
        )
        found += [
            text["text"] if isinstance(text["text"], str) else f"[{text['text']['text']}]"
            for text in texts
        ]
    return found


def said(message: Json) -> list[Said]:
    """By ticket: a message about one speaks of it as a whole, a flood in a line of each."""
    blocks = message["payload"]["blocks"]
    tickets = set(TICKET.findall("\n".join(lines(message))))
    if len(tickets) <= 1:
        return [Said(ticket, "\n".join(lines(message))) for ticket in tickets]
    of_line = (
        (found[0], block["text"]["text"])
        for block in blocks
        if block["type"] == "section" and (found := TICKET.findall(block["text"]["text"]))
    )
    return [Said(ticket, text) for ticket, text in of_line]


def notices(messages: Iterable[Json]) -> int:
    """How many notices they tell together."""
    return sum(one["payload"]["metadata"]["event_payload"]["count"] for one in messages)
