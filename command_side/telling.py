"""Deciding who is told of what one tick found on a ticket: one notice for each that is told alike.

Pure.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from command_side.ticket import Notice, Told
from engine.sla.cycle import level_of
from engine.sla.escalation import RANK
from engine.sla.policy import Policy

TYPES = ("alert", "escalation", "retracted")


class Telling:
    """Gathers it, channel by channel."""

    def __init__(self) -> None:
        self._told: dict[str, list[Told]] = {}

    def tell(self, to: Sequence[str], told: Told) -> None:
        for channel in to:
            self._told.setdefault(channel, []).append(told)

    def notices(self) -> list[Notice]:
        """Channels that are told the same share one."""
        notices: list[Notice] = []
        for channel, told in self._told.items():
            same = next((one for one in notices if one["alerts"] == told), None)
            if same is not None:
                same["to"].append(channel)
            else:
                notices.append({"to": [channel], "alerts": told})
        for one in notices:
            one["alerts"] = sorted(one["alerts"], key=_worst_first)
        return notices


def told(milestone: str, facts: Mapping[str, Any], policy: Policy) -> Told:
    """What a notice says of a milestone raised, or with a `reason` taken back."""
    level = level_of(milestone)
    withdrawn = facts.get("reason") is not None
    return {
        "type": "retracted" if withdrawn else "escalation" if level else "alert",
        "alert_id": facts["alert_id"],
        "clock": facts["clock"],
        "cycle": facts["cycle"],
        "generation": facts["generation"],
        "milestone": milestone,
        "severity": facts.get("severity") if not withdrawn else None if level else milestone,
        "escalation_level": facts["escalation_level"] if withdrawn or not level else level,
        "level_name": policy.level_name(level) if level else None,
        "occurred_at": facts["occurred_at"],
        "raised_at": facts["raised_at"],
        "due_at": facts.get("due_at"),
        "remaining_seconds": facts.get("remaining_seconds"),
        "reason": facts.get("reason"),
        "muted": facts.get("muted"),
    }


def _worst_first(one: Told) -> tuple[int, int, int]:
    """Alerts by severity, then escalations from the highest, then what is withdrawn."""
    return (
        TYPES.index(one["type"]),
        -RANK.get(one["milestone"], 0),
        -level_of(one["milestone"]),
    )


def channels(policy: Policy, matching: Mapping[str, str]) -> list[str]:
    """The channels of the first route that matches."""
    for route in policy.routes:
        if all(
            matching.get(name, "").casefold() in accepted for name, accepted in route.match.items()
        ):
            return list(route.to)
    return []
