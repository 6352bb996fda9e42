"""What one of a notice's alerts is, in a few plain words, for others to escape."""

from collections.abc import Mapping
from typing import Any

from engine.sla.instants import moment

ENDED: Mapping[str, Mapping[str, str]] = {
    "resolution": {"met": "resolved in time", "breached": "resolved late"},
    "": {"met": "answered in time", "breached": "answered late", "cancelled": "cancelled"},
}
"""By clock; empty: any other."""


def phrase(told: Mapping[str, Any]) -> str:
    """`resolution breached`, `escalated to level 2, Manager`, `response: answered late`; of a type
    that is not known here, its name."""
    clock = str(told.get("clock") or "SLA").replace("_", " ")
    match told["type"]:
        case "alert":
            return f"{clock} {told.get('severity')}"
        case "escalation":
            return f"escalated to {level(told)}"
        case "retracted":
            return f"withdrawn: {clock} {_milestone(told)}"
        case "reminder":
            return f"still {clock} {_milestone(told)}, reminder {told.get('count') or 1}"
        case "ended":
            return f"{clock}: {ended(told)}"
        case "transition":
            return f"{clock}: {told.get('before')} → {told.get('after')}"
        case "acknowledged" | "snoozed" as kind:
            until = told.get("until")
            return kind if until is None else f"{kind} until {moment(until):%Y-%m-%d %H:%M UTC}"
        case other:
            return f"{other}: {clock}"


def ended(told: Mapping[str, Any]) -> str:
    """How the clock ended, of which an alert was told."""
    state = str(told.get("state"))
    return ENDED.get(told["clock"], ENDED[""]).get(state) or ENDED[""].get(state, "ended")


def level(told: Mapping[str, Any]) -> str:
    """`level 2, Manager`; without a name the number alone."""
    number, name = told.get("escalation_level") or 0, told.get("level_name")
    return f"level {number}" + (f", {name}" if name and name != str(number) else "")


def _milestone(told: Mapping[str, Any]) -> str:
    return str(told.get("milestone") or "alert").replace(":", " ")
