"""What the stored events of a ticket say, in plain sentences."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec.structs import asdict

from command_side.deciding.events import Body, Milestone, Raised, Ticket
from command_side.event_store import Recorded
from engine.notify.people import called
from engine.notify.words import phrase
from engine.sla.calendar import ALWAYS, Calendar
from engine.sla.instants import SECOND, micros
from query_side.audit.updates import contents
from query_side.audit.wording import (
    SOMEBODY,
    Words,
    beginning,
    capital,
    clock_name,
    duration,
    listed,
    value,
)

NOT_SENT = {
    "inhibited": "as a graver one was",
    "backfill": "as it became known too late",
    "snoozed": "as the ticket was snoozed",
    "silenced": "as it was silenced",
    "acknowledged": "as somebody had acknowledged the ticket",
}
NOT_REMINDED = {
    "snoozed": ", as the ticket was snoozed",
    "silenced": ", as it was silenced",
    "unrouted": " any more, as the route repeats nothing now",
    "changed": " any more, as it was so no longer",
}
AT_ONCE = 60 * SECOND
"""Whatever is noticed so soon, is noticed as it happens."""
ALERTS = {
    "warning": "warning",
    "critical": "critical alert",
    "breached": "breach",
}
ABOUT = {"alert": "", "escalation": "", "retracted": "the withdrawal of ", "reminder": "again "}
REACHED = {
    "warning": "reached its warning",
    "critical": "became critical",
    "breached": "was breached",
}


def explain(
    event: Recorded,
    words: Words,
    calendar: Calendar = ALWAYS,
    alerts: Mapping[str, tuple[str, str]] | None = None,
    missed_at: int | None = None,
) -> tuple[str, str]:
    """The kind of a stored event, and what it says; of observations see `updates`.

    `calendar` is that of the clock it is about, `alerts` the milestones of the ticket by the ids of
    their alerts. `missed_at` is when a deadline was missed at which the clock stood still.
    """
    kind, sentence = _explain(event, words, calendar, alerts or {}, missed_at)
    return kind, " ".join([sentence, *_on_call(event.body)])


def _explain(
    event: Recorded,
    words: Words,
    calendar: Calendar,
    alerts: Mapping[str, tuple[str, str]],
    missed_at: int | None,
) -> tuple[str, str]:
    body, personal = event.body, event.personal
    who = called(personal.by or SOMEBODY, {})

    def at(instant: int) -> str:
        return words.instant(instant, calendar)

    match body:
        case Ticket.Conflicted():
            return "conflict", (
                "Other content came under the same key and was kept apart:"
                f" {contents(event, words)}."
            )
        case Ticket.AlertRaised():
            was = "it was " if body.severity == "breached" else ""
            due = "" if body.due_at is None else f"{was}due {at(body.due_at)}"
            # What remained was counted when it was noticed.
            lag = _lag(event, body, at, missed_at)
            counts = body.remaining > 0 and not lag
            left = f"{duration(body.remaining, calendar)} left" if counts else ""
            stands = ", ".join(filter(None, [left, due]))
            reached = f"{clock_name(body.clock, body.cycle)} {REACHED[body.severity]}"
            return "alert", f"{reached}{stands and f': {stands}'}{lag}{_quiet(body.suppressed)}."
        case Ticket.Escalated():
            return "escalation", (
                f"Escalation level {_level(body)} was reached on the"
                f" {body.clock.replace('_', ' ')} clock{_lag(event, body, at)}"
                f"{_quiet(body.suppressed)}."
            )
        case Ticket.Retracted():
            what, clock = milestone(body)
            what = f"{beginning(what)} of the {clock}"
            return "retracted", f"{what} was withdrawn: {body.reason}."
        case Ticket.Unmuted():
            told = [f"{one.clock} {one.milestone}" for one in body.alerts]
            return "unmuted", (
                "The quiet was over, and what had been muted was still so:"
                f" {', '.join(told).replace(':', ' ')}. Now it was told."
            )
        case Ticket.Informed():
            return "informed", _informed(body)
        case Ticket.NotReminded():
            return "not_reminded", _not_reminded(body, alerts)
        case Ticket.Acknowledged():
            return "acknowledged", (
                f"{capital(who)} acknowledged it{_because(personal.note)}; escalation holds until"
                f" {at(body.until)}."
            )
        case Ticket.Snoozed():
            why = _because(personal.reason)
            return "snoozed", f"{capital(who)} snoozed it until {at(body.until)}{why}."
        case Ticket.Retargeted() if (version := words.repaired(body)) is not None:
            since, reason = words.repairs[version]
            return "retargeted", (
                f"Policy version {version}{words.origin(version)} was put into force as if it had"
                f" been since {at(since)}{_because(reason)}: all is counted anew from then on."
            )
        case Ticket.Retargeted():
            return "retargeted", (
                f"Policy version {body.policy}{words.origin(body.policy)} came into force in place"
                f" of {body.previous_policy}; no deadline moved."
            )
        case Ticket.Excused():
            return "excused", "What is agreed not to count has changed for this ticket."
        case Ticket.Moved():
            if body.resumed:
                return "moved", f"Paused for as long as it may be: {listed(body.resumed)}."
            if body.current is None:
                rule = body.facts.rule
                decides = f"the rule {value(rule)}" if rule else "the customer tier"
                return "moved", (
                    f"By its dates, {decides} decides from then on; no deadline moved."
                )
            return "moved", "What had been reported ahead of time took effect."
        case Ticket.Delivered():
            return "delivered", _delivered(body, alerts)
        case _:
            return event.topic, event.topic


def milestone(body: Raised | Ticket.Retracted) -> tuple[str, str]:
    """`the critical alert` and `resolution clock`, `escalation level 2` and `update clock`."""
    match body:
        case Ticket.AlertRaised():
            what = f"the {ALERTS[body.severity]}"
        case Ticket.Escalated():
            what = f"escalation level {body.level}"
        case Ticket.Retracted():
            level = body.milestone.removeprefix("level:")
            alert = ALERTS.get(level)
            what = f"the {alert}" if alert else f"escalation level {level}"
    return what, f"{body.clock.replace('_', ' ')} clock"


def told_of(told: Iterable[tuple[str, str]], alerts: Mapping[str, tuple[str, str]]) -> str:
    """What a message tells of: what of which alert, by its id, in words."""
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for type, alert_id in told:
        what, clock = alerts.get(alert_id, ("an alert", ""))
        found[ABOUT.get(type, "what became of "), clock].append(what)
    return listed(
        [
            f"{about}{listed(of)}{clock and f' of the {clock}'}"
            for (about, clock), of in found.items()
        ]
    )


def _delivered(body: Ticket.Delivered, alerts: Mapping[str, tuple[str, str]]) -> str:
    what = told_of(((one.type, one.alert_id) for one in body.alerts), alerts)
    tries = f" It took {body.attempts} attempts." if body.attempts > 1 else ""
    return f"{body.channel} was told of {what}.{tries}"


def _on_call(body: Body) -> Iterator[str]:
    """Who was meant because of being on call, by key: whose that is, is not for the log."""
    if not isinstance(body, Milestone | Ticket.Unmuted | Ticket.Informed):
        return
    # The people of a notice are named together, whichever of its rotations each is of.
    said = {
        (tuple(sorted({(one.rotation, one.version, one.fallback) for one in of})), notice.people)
        for notice in body.notices
        if (of := notice.on_call)
    }
    for asked, people in sorted(said):
        names = [f"{name}, by version {number}" for name, number, fallback in asked if not fallback]
        missing = " and ".join(name for name, _, fallback in asked if fallback)
        on_call, nobody = f"On call for {', and '.join(names)}", f"Nobody was on call for {missing}"
        if names and missing:
            yield f"{nobody}. {on_call}, or standing in: {listed(people)}."
        elif names:
            yield f"{on_call}: {listed(people)}."
        elif people:
            yield f"{nobody}: {listed(people)} stood in."
        else:
            yield f"{nobody}, and nobody stood in."


def _informed(body: Ticket.Informed) -> str:
    told = [
        f"{listed(notice.to)}: {listed([phrase(asdict(one)) for one in notice.alerts])}"
        for notice in body.notices
    ]
    return f"To be told, {'; '.join(told)}."


def _not_reminded(body: Ticket.NotReminded, alerts: Mapping[str, tuple[str, str]]) -> str:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for one in body.reminders:
        what, clock = alerts.get(one.alert_id, ("an alert", ""))
        found[one.because].append(f"{what}{clock and f' of the {clock}'} ({one.route})")
    return " ".join(
        f"Nobody was reminded of {listed(of)}{NOT_REMINDED.get(because, f': {because}')}."
        for because, of in found.items()
    )


def _because(words: str | None) -> str:
    return f' ("{words}")' if words else ""


def _level(body: Ticket.Escalated) -> str:
    level = str(body.level)
    return level if body.level_name == level else f"{level} ({body.level_name})"


def _lag(
    event: Recorded, body: Milestone, at: Callable[[int], str], missed_at: int | None = None
) -> str:
    """A milestone has its own instant; it is raised as soon as it is known, mostly at once. A
    deadline at which no time counted is missed only when time counts again."""
    due, said = micros(event.occurred_at), ""
    since = max(due, missed_at or due)
    if since - due > AT_ONCE:
        said = f", and missed at {at(since)}, when time counted again"
    late = body.raised_at - since
    return f"{said}; noticed at {at(body.raised_at)}" if late > AT_ONCE else said


def _quiet(why: str | None) -> str:
    return f"; not sent, {NOT_SENT.get(why, why)}" if why else ""
