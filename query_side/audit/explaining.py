"""What the stored events of a ticket say, in plain sentences."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from command_side.deciding.events import Milestone, Observation, Ticket
from command_side.event_store import Recorded
from engine.sla.calendar import ALWAYS, Calendar
from engine.sla.instants import SECOND, micros
from query_side.audit.wording import ATTRIBUTES, SOMEBODY, Words, capital, clock_name, listed, value

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


def explain(event: Recorded, words: Words, calendar: Calendar = ALWAYS) -> tuple[str, str]:
    """The kind of a stored event, and what it says; of observations see `update`.

    `calendar` is that of the clock it is about.
    """
    body, personal = event.body, event.personal
    who = personal.by or SOMEBODY

    def at(instant: int) -> str:
        return words.instant(instant, calendar)

    match body:
        case Ticket.Conflicted():
            return "conflict", (
                "Other content came under the same key and was kept apart:"
                f" {_listed(_given(event), words)}."
            )
        case Ticket.AlertRaised():
            due = "" if body.due_at is None else f", due {at(body.due_at)}"
            return "alert", (
                f"{_clock(body)} {REACHED[body.severity]}{due}{_lag(event, body, at)}"
                f"{_quiet(body.suppressed)}."
            )
        case Ticket.Escalated():
            return "escalation", (
                f"Escalation level {_level(body)} was reached on the"
                f" {body.clock.replace('_', ' ')} clock{_lag(event, body, at)}"
                f"{_quiet(body.suppressed)}."
            )
        case Ticket.Retracted():
            of = f"the {body.clock.replace('_', ' ')} clock"
            return (
                "retracted",
                f"{_milestone(body.milestone)} of {of} was withdrawn: {body.reason}.",
            )
        case Ticket.Unmuted():
            told = [f"{one.clock} {one.milestone}" for one in body.alerts]
            return "unmuted", (
                "The quiet was over, and what had been muted was still so:"
                f" {', '.join(told).replace(':', ' ')}. Now it was told."
            )
        case Ticket.Acknowledged():
            return "acknowledged", (
                f"{capital(who)} acknowledged it{_because(personal.note)}; escalation holds until"
                f" {at(body.until)}."
            )
        case Ticket.Snoozed():
            why = _because(personal.reason)
            return "snoozed", f"{capital(who)} snoozed it until {at(body.until)}{why}."
        case Ticket.Retargeted():
            version = f"Policy version {body.policy}{words.origin(body.policy)}"
            return "retargeted", f"{version} came into force in place of {body.previous_policy}."
        case Ticket.Moved():
            return "moved", "What had been reported ahead of time took effect."
        case Ticket.Delivered():
            return "delivered", f"{body.channel} took the message at attempt {body.attempts}."
        case _:
            return event.topic, event.topic


def opening(event: Recorded, words: Words, who: str | None) -> str:
    """Of the first update of a ticket that came: all that it says."""
    told = _listed(_given(event), words)
    return f"{capital(who)} reported {told}." if who else f"Reported: {told}."


def update(
    event: Recorded,
    before: Mapping[str, Any],
    words: Words,
    who: str | None,
    elsewhere: Collection[str] = (),
) -> str:
    """What changed, from what to what, and what was named for the first time; empty where other
    sentences tell all of it.

    `before` are the attributes that the update found, `elsewhere` those whose change is told by
    others.
    """
    given = _given(event)
    changed = [name for name in given if name in before and before[name] != given[name]]
    first = {name: value for name, value in given.items() if name not in before}
    first |= {name: given[name] for name in changed if name in INSTANTS}
    if not (changed or first):
        return f"{capital(who)} reported nothing new." if who else "Reported: nothing new."
    changed = [name for name in changed if name not in elsewhere]
    first = {name: value for name, value in first.items() if name not in elsewhere}
    parts = [
        f"{what} from {value(before[name])} to {value(given[name])}"
        for name, what in ATTRIBUTES.items()
        if name in changed
    ]
    if others := _others(changed):
        parts.append(others)
    told = [(f"changed {listed(parts)}", f"Changed: {listed(parts)}.")] if parts else []
    if first:
        told.append((f"reported {_listed(first, words)}", f"Reported: {_listed(first, words)}."))
    if who:
        return f"{capital(who)} {' and '.join(one for one, _ in told)}." if told else ""
    return " ".join(one for _, one in told)


def said(
    given: Mapping[str, Any], moments: Mapping[str, int], personal: Mapping[str, Any]
) -> dict[str, Any]:
    """Everything that an observation says, each field of the source's own by itself."""
    named: dict[str, Any] = {**given, **moments}
    named |= personal
    extra: Mapping[str, Any] = named.pop("extra", None) or {}
    return {**named, **{f"fields.{name}": value for name, value in extra.items()}}


def _given(event: Recorded) -> dict[str, Any]:
    body, personal = event.body, event.personal
    if not isinstance(body, Observation | Ticket.Conflicted):
        return {}
    given = said(body.given, body.moments or {}, personal.given or {})
    given.pop("updated_by", None)
    return given


def _listed(given: Mapping[str, Any], words: Words) -> str:
    parts = [
        f"{what.removeprefix('the ')} {value(given[name])}"
        for name, what in ATTRIBUTES.items()
        if name in given
    ]
    if others := _others(given):
        parts.append(others)
    happened = [
        f"{what} {words.instant(given[name])}" for name, what in INSTANTS.items() if name in given
    ]
    if not (parts or happened):
        return "nothing new"
    return "; ".join([*([", ".join(parts)] if parts else []), *happened])


def _others(names: Iterable[str]) -> str:
    others = [name for name in names if name not in ATTRIBUTES and name not in INSTANTS]
    told = sorted(name.removeprefix("fields.").replace("_", " ") for name in others)
    return f"its {listed(told)}" if told else ""


def _clock(body: Milestone) -> str:
    return clock_name(body.clock, body.cycle)


def _milestone(name: str) -> str:
    level = name.removeprefix("level:")
    return f"The {name} alert" if level == name else f"Escalation level {level}"


def _because(words: str | None) -> str:
    return f' ("{words}")' if words else ""


def _level(body: Ticket.Escalated) -> str:
    level = str(body.level)
    return level if body.level_name == level else f"{level} ({body.level_name})"


def _lag(event: Recorded, body: Milestone, at: Callable[[int], str]) -> str:
    """A milestone has its own instant; it is raised as soon as it is known, mostly at once."""
    late = body.raised_at - micros(event.occurred_at)
    return f"; raised at {at(body.raised_at)}" if late > AT_ONCE else ""


def _quiet(why: str | None) -> str:
    return f"; not sent: {NOT_SENT.get(why, why)}" if why else ""
