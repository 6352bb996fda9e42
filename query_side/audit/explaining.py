"""What the stored events of a ticket say, in plain sentences."""

from collections.abc import Iterable, Mapping
from typing import Any

from command_side.deciding.events import Milestone, Observation, Ticket
from command_side.event_store import Recorded
from engine.sla.instants import SECOND, micros, rfc3339
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
AT_ONCE = SECOND
REACHED = {
    "warning": "reached its warning",
    "critical": "became critical",
    "breached": "was breached",
}


def explain(event: Recorded, before: Mapping[str, Any] | None = None) -> tuple[str, str]:
    """The kind of a stored event, and what it says.

    `before` are the attributes that an observation found; of the ticket's first there are none.
    """
    body, personal = event.body, event.personal
    match body:
        case Observation():
            late = " It arrived late." if body.late else ""
            kind = "opened" if isinstance(body, Ticket.Opened) else "observed"
            given = said(body.given, body.moments or {}, personal.given or {})
            who = given.pop("updated_by", None) or "The source"
            return kind, f"{who} {_news(given, before or {})}.{late}"
        case Ticket.Conflicted():
            return "conflict", (
                "Other content came under the same key and was kept apart:"
                f" {_listed(said(body.given, body.moments or {}, personal.given or {}))}."
            )
        case Ticket.AlertRaised():
            return "alert", (
                f"The {body.clock} clock {REACHED[body.severity]}"
                f"{_deadline(body.due_at)}{_lag(event, body)}{_quiet(body.suppressed)}."
            )
        case Ticket.Escalated():
            return "escalation", (
                f"Escalation level {_level(body)} was reached on the {body.clock} clock"
                f"{_lag(event, body)}{_quiet(body.suppressed)}."
            )
        case Ticket.Retracted():
            return "retracted", (
                f"{_milestone(body.milestone)} of the {body.clock} clock was withdrawn:"
                f" {body.reason}."
            )
        case Ticket.Unmuted():
            told = [f"{one.clock} {one.milestone}" for one in body.alerts]
            return "unmuted", (
                "The quiet was over, and what had been muted was still so:"
                f" {', '.join(told).replace(':', ' ')}. Now it was told."
            )
        case Ticket.Acknowledged():
            who = personal.by or "somebody"
            return "acknowledged", (
                f"{who} acknowledged it{_because(personal.note)}; escalation holds until"
                f" {rfc3339(body.until)}."
            )
        case Ticket.Snoozed():
            who = personal.by or "somebody"
            why = _because(personal.reason)
            return "snoozed", f"{who} snoozed it until {rfc3339(body.until)}{why}."
        case Ticket.Retargeted():
            return "retargeted", (
                f"Policy version {body.policy} came into force in place of {body.previous_policy}."
            )
        case Ticket.Moved():
            return "moved", "What had been reported ahead of time took effect."
        case Ticket.Delivered():
            return "delivered", f"{body.channel} took the message at attempt {body.attempts}."
        case _:
            return event.topic, event.topic


def said(
    given: Mapping[str, Any], moments: Mapping[str, int], personal: Mapping[str, Any]
) -> dict[str, Any]:
    """Everything that an observation says, each field of the source's own by itself."""
    named: dict[str, Any] = {**given, **{name: rfc3339(at) for name, at in moments.items()}}
    named |= personal
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


def _deadline(due_at: int | None) -> str:
    return "" if due_at is None else f", due {rfc3339(due_at)}"


def _level(body: Ticket.Escalated) -> str:
    level = str(body.level)
    return level if body.level_name == level else f"{level} ({body.level_name})"


def _lag(event: Recorded, body: Milestone) -> str:
    """A milestone has its own instant; it is raised as soon as it is known, mostly at once."""
    late = body.raised_at - micros(event.occurred_at)
    return f"; raised at {rfc3339(body.raised_at)}" if late > AT_ONCE else ""


def _quiet(why: str | None) -> str:
    return f"; not sent: {NOT_SENT.get(why, why)}" if why else ""
