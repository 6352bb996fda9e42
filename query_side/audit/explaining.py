"""What the stored events of a ticket say, in plain sentences."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from command_side.event_store import Recorded
from command_side.ticket import Ticket
from query_side.audit.wording import listed, word

VALUED = {
    "status": ("status", "the status"),
    "priority": ("priority", "the priority"),
    "customer_tier": ("customer tier", "the customer tier"),
    "assigned_to": ("assigned to", "the assignee"),
    "title": ("title", "the title"),
    "updated_by": ("updated by", "who updates it"),
}
"""What is told with its value, and how; of all else only that it was given or changed."""
INSTANTS = {
    "created_at": "it was opened at",
    "first_responded_at": "the first response was at",
    "last_agent_reply_at": "an agent replied at",
    "last_customer_reply_at": "the customer wrote at",
}
NOT_SENT = {
    "inhibited": "a graver one was",
    "backfill": "it became known too late",
    "snoozed": "the ticket was snoozed",
    "silenced": "it was silenced",
    "acknowledged": "somebody had acknowledged the ticket",
}
AT_ONCE = timedelta(seconds=1)
REACHED = {
    "warning": "reached its warning",
    "critical": "became critical",
    "breached": "was breached",
}


def explain(event: Recorded, before: Mapping[str, Any] | None = None) -> tuple[str, str]:
    """The kind of a stored event, and what it says.

    `before` are the attributes that an observation found; of the ticket's first there are none.
    """
    body, personal = event.body, event.personal or {}
    match event.topic:
        case Ticket.Opened.TOPIC | Ticket.Observed.TOPIC:
            late = " It arrived late." if body["late"] else ""
            kind = "opened" if event.topic == Ticket.Opened.TOPIC else "observed"
            given = said(body["given"], personal.get("given"))
            who = given.pop("updated_by", None) or "The source"
            return kind, f"{who} {_news(given, before or {})}.{late}"
        case Ticket.Conflicted.TOPIC:
            return "conflict", (
                "Other content came under the same key and was kept apart:"
                f" {_listed(said(body['given'], personal.get('given')))}."
            )
        case Ticket.AlertRaised.TOPIC:
            return "alert", (
                f"The {body['clock']} clock {REACHED[body['severity']]}"
                f"{_deadline(body)}{_lag(event)}{_quiet(body)}."
            )
        case Ticket.Escalated.TOPIC:
            return "escalation", (
                f"Escalation level {_level(body)} was reached on the {body['clock']} clock"
                f"{_lag(event)}{_quiet(body)}."
            )
        case Ticket.Retracted.TOPIC:
            return "retracted", (
                f"{_milestone(body['milestone'])} of the {body['clock']} clock was withdrawn:"
                f" {body['reason']}."
            )
        case Ticket.Unmuted.TOPIC:
            told = [f"{one['clock']} {one['milestone']}" for one in body["alerts"]]
            return "unmuted", (
                "The quiet was over, and what had been muted was still so:"
                f" {', '.join(told).replace(':', ' ')}. Now it was told."
            )
        case Ticket.Acknowledged.TOPIC:
            who = personal.get("by") or "somebody"
            return "acknowledged", (
                f"{who} acknowledged it{_because(personal.get('note'))}; escalation holds until"
                f" {body['until']}."
            )
        case Ticket.Snoozed.TOPIC:
            who = personal.get("by") or "somebody"
            why = _because(personal.get("reason"))
            return "snoozed", f"{who} snoozed it until {body['until']}{why}."
        case Ticket.Retargeted.TOPIC:
            return "retargeted", (
                f"Policy version {body['policy']} came into force in place of"
                f" {body['previous_policy']}."
            )
        case Ticket.Moved.TOPIC:
            return "moved", "What had been reported ahead of time took effect."
        case Ticket.Delivered.TOPIC:
            return "delivered", (
                f"{body['channel']} took the message at attempt {body['attempts']}."
            )
        case _:
            return event.topic, event.topic


def said(given: Mapping[str, Any], personal: Mapping[str, Any] | None) -> dict[str, Any]:
    """Everything that an observation says, each field of the source's own by itself."""
    named = {**given, **(personal or {})}
    extra: Mapping[str, Any] = named.pop("extra", None) or {}
    return {**named, **{f"fields.{name}": value for name, value in extra.items()}}


def _news(given: Mapping[str, Any], before: Mapping[str, Any]) -> str:
    """What is new: changed from what to what, or named for the first time."""
    changed = [name for name in given if name in before and before[name] != given[name]]
    first = {name: value for name, value in given.items() if name not in before}
    first |= {name: given[name] for name in changed if name in INSTANTS}
    parts = [
        f"{words} from {_value(before[name])} to {_value(given[name])}"
        for name, (_, words) in VALUED.items()
        if name in changed
    ]
    if others := _others(changed):
        parts.append(others)
    told = [f"changed {listed(parts)}"] if parts else []
    if first or not told:
        told.append(f"reported {_listed(first)}")
    return " and ".join(told)


def _listed(given: Mapping[str, Any]) -> str:
    parts = [
        f"{words} {_value(given[name])}" for name, (words, _) in VALUED.items() if name in given
    ]
    if others := _others(given):
        parts.append(others)
    happened = [f"{words} {given[name]}" for name, words in INSTANTS.items() if name in given]
    if not parts:
        return f"that {listed(happened)}" if happened else "nothing new"
    return "; ".join([", ".join(parts), *happened])


def _others(names: Iterable[str]) -> str:
    others = [name for name in names if name not in VALUED and name not in INSTANTS]
    words = sorted(name.removeprefix("fields.").replace("_", " ") for name in others)
    return f"its {listed(words)}" if words else ""


def _value(value: Any) -> str:
    return "nobody" if value is None else word(str(value))


def _milestone(name: str) -> str:
    level = name.removeprefix("level:")
    return f"The {name} alert" if level == name else f"Escalation level {level}"


def _because(words: str | None) -> str:
    return f' ("{words}")' if words else ""


def _deadline(body: Mapping[str, Any]) -> str:
    return f", due {body['due_at']}" if body["due_at"] else ""


def _level(body: Mapping[str, Any]) -> str:
    level, name = str(body["level"]), body["level_name"]
    return level if name == level else f"{level} ({name})"


def _lag(event: Recorded) -> str:
    """A milestone has its own instant; it is raised as soon as it is known, mostly at once."""
    raised_at = datetime.fromisoformat(event.body["raised_at"])
    return (
        f"; raised at {event.body['raised_at']}" if raised_at - event.occurred_at > AT_ONCE else ""
    )


def _quiet(body: Mapping[str, Any]) -> str:
    why = body["suppressed"]
    return f"; not sent: {NOT_SENT.get(why, why)}" if why else ""
