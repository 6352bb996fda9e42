"""Why the clocks stand as they do, in plain sentences."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from command_side.event_store import Recorded
from command_side.ticket import Ticket
from engine.sla.calendar import Calendar
from engine.sla.instants import SECOND, rfc3339
from engine.sla.timeline import Fold
from engine.sla.verdict import CycleView, view

LATEST = 50
"""Segments of a change that are kept."""
TOLD = ("status", "priority", "customer_tier", "assigned_to", "updated_by")
"""What is told with its value; of all else only that it was given."""
REACHED = {
    "warning": "reached its warning",
    "critical": "became critical",
    "breached": "was breached",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One cycle became something else at an instant."""

    at: int
    kind: str
    explanation: str
    policy: int
    clock: str
    cycle: int
    started_at: int
    counted: list[tuple[str, int, int]] | None
    """Open time since the change before, by calendar; None: the cycle did not run."""


@dataclass(slots=True)
class _Known:
    """A cycle as it was when something last happened to it."""

    view: CycleView
    since: int
    calendar: Calendar


class Witness:
    """Watches a fold being made, and says what each point of the timeline did to the clocks."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self._known: dict[tuple[str, int, int], _Known] = {}

    def __call__(self, fold: Fold) -> None:
        there: set[tuple[str, int, int]] = set()
        for cycle in fold.cycles():
            now = view(cycle)
            key = (now.clock, now.number, now.started_at)
            there.add(key)
            before = self._known.get(key)
            told = _told(before.view if before is not None else None, now)
            counted = _counted(before, fold.at)
            for kind, sentence in told:
                self.changes.append(
                    Change(fold.at, kind, sentence, now.policy, *key, counted=counted)
                )
            if before is None or told:
                self._known[key] = _Known(now, fold.at, cycle.calendar)
        if gone := self._known.keys() - there:  # a cycle that never lasted never was
            self.changes = [
                one for one in self.changes if (one.clock, one.cycle, one.started_at) not in gone
            ]
            for key in gone:
                del self._known[key]


def _counted(before: _Known | None, until: int) -> list[tuple[str, int, int]] | None:
    if before is None or before.view.state != "running":
        return None
    calendar = before.calendar
    open_time = calendar.open_intervals(before.since, until)
    return [(calendar.name, start, end) for start, end in open_time[-LATEST:]]


def _told(before: CycleView | None, now: CycleView) -> list[tuple[str, str]]:
    """The kinds and sentences of what a cycle became."""
    name = f"{now.clock} (cycle {now.number})" if now.number > 1 else now.clock
    if before is None:
        paused = ", paused" if now.state == "paused" else ""
        started = f"The {name} clock started{paused}: {_budget(now)}{_due(now)}."
        ended = [] if now.state in ("running", "paused") else [_became(name, now)]
        return [("clock_started", started), *ended]
    if before.state != now.state:
        return [_became(name, now)]
    if before.target != now.target or before.calendar != now.calendar:
        return [("clock_moved", f"The {name} clock moved: {_budget(now)}{_due(now)}.")]
    return []


def _became(name: str, now: CycleView) -> tuple[str, str]:
    left = None if now.target is None else now.target - now.elapsed
    match now.state:
        case "paused":
            return "clock_paused", f"The {name} clock was paused with {_left(left)}."
        case "running":
            return "clock_resumed", f"The {name} clock ran again with {_left(left)}{_due(now)}."
        case "met":
            return "clock_met", f"The {name} clock was met after {_time(now.elapsed)}."
        case "breached":
            over = _time(-(left or 0))
            missed = "" if now.missed_at is None else f" at {rfc3339(now.missed_at)}"
            return "clock_stopped_late", (
                f"The {name} clock stopped {over} over its target; it was breached{missed}."
            )
        case "cancelled":
            return "clock_cancelled", f"The {name} clock was cancelled after {_time(now.elapsed)}."


def _budget(now: CycleView) -> str:
    if now.target is None:
        return "no target"
    return f"{_time(now.target)} on the calendar {now.calendar}"


def _due(now: CycleView) -> str:
    return "" if now.due_at is None else f", due {rfc3339(now.due_at)}"


def _left(left: int | None) -> str:
    if left is None:
        return "no target"
    return f"{_time(left)} left" if left >= 0 else f"{_time(-left)} over its target"


def _time(micros: int) -> str:
    seconds, rest = divmod(max(micros, 0), SECOND)
    parts: list[str] = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    if seconds or rest or not parts:
        parts.append(f"{seconds + rest / SECOND:g} s")
    return " ".join(parts[:3])


def explain(event: Recorded) -> tuple[str, str]:
    """The kind of a stored event, and what it says."""
    body, personal = event.body, event.personal or {}
    match event.topic:
        case Ticket.Opened.TOPIC | Ticket.Observed.TOPIC:
            late = " It arrived late." if body["late"] else ""
            kind = "opened" if event.topic == Ticket.Opened.TOPIC else "observed"
            return kind, f"The source reported {_said(body, personal)}.{late}"
        case Ticket.Conflicted.TOPIC:
            return "conflict", (
                "Other content came under the same key and was kept apart:"
                f" {_said(body, personal)}."
            )
        case Ticket.AlertRaised.TOPIC:
            return "alert", (
                f"The {body['clock']} clock {REACHED[body['severity']]}"
                f"{_deadline(body)}; raised {body['raised_at']}{_quiet(body)}."
            )
        case Ticket.Escalated.TOPIC:
            return "escalation", (
                f"Escalation level {body['level']} ({body['level_name']}) was reached on the"
                f" {body['clock']} clock; raised {body['raised_at']}{_quiet(body)}."
            )
        case Ticket.Retracted.TOPIC:
            return "retracted", (
                f"{_milestone(body['milestone'])} of the {body['clock']} clock was withdrawn:"
                f" {body['reason']}."
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


def _said(body: Mapping[str, Any], personal: Mapping[str, Any]) -> str:
    said: dict[str, Any] = {**body["given"], **(personal.get("given") or {})}
    parts = [
        f"{name.replace('_', ' ')} {'nobody' if said[name] is None else said[name]}"
        for name in TOLD
        if name in said
    ]
    others = sorted(set(said) - set(TOLD))
    if others:
        parts.append("its " + ", ".join(name.replace("_", " ") for name in others))
    return ", ".join(parts) or "nothing new"


def _milestone(name: str) -> str:
    level = name.removeprefix("level:")
    return f"The {name} alert" if level == name else f"Escalation level {level}"


def _because(words: str | None) -> str:
    return f' ("{words}")' if words else ""


def _deadline(body: Mapping[str, Any]) -> str:
    return f", due {body['due_at']}" if body["due_at"] else ""


def _quiet(body: Mapping[str, Any]) -> str:
    return f", not sent ({body['suppressed']})" if body["suppressed"] else ""
