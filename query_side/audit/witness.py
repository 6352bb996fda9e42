"""What each point of a ticket's timeline did to its clocks, and why, in plain sentences."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.sla.calendar import Calendar
from engine.sla.cycle import Cycle
from engine.sla.instants import rfc3339
from engine.sla.policy import Budget, Phase, Policy
from engine.sla.timeline import Fold
from engine.sla.verdict import CycleView, view
from query_side.audit.moving import moved_by
from query_side.audit.wording import DAY, duration, promise, used, word

LATEST = 50
"""Segments of a change that are kept."""
AHEAD = 400 * DAY
"""How far ahead a calendar is looked at while there is no deadline."""


@dataclass(frozen=True, slots=True)
class Change:
    """One cycle became something else at an instant; or, without a clock, the ticket did."""

    at: int
    kind: str
    explanation: str
    policy: int
    clock: str | None = None
    cycle: int | None = None
    started_at: int | None = None
    counted: list[tuple[str, int, int]] | None = None
    """Open time since the change before, by calendar; None: the cycle did not run."""


class _Ticket(NamedTuple):
    """What a point of the timeline may change of a ticket."""

    policy: Policy
    tier: str
    priority: str
    phase: Phase
    status: str | None
    agent_reply: int | None
    customer_reply: int | None


@dataclass(slots=True)
class _Known:
    """A cycle as it was when something last happened to it."""

    view: CycleView
    budget: Budget | None
    calendar: Calendar
    since: int
    counted: list[tuple[str, int, int]] = field(default_factory=list[tuple[str, int, int]])
    """By calendars that have changed since then without moving the deadline."""


class Witness:
    """Watches a fold being made, and says what each point of the timeline did to the clocks."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self._known: dict[tuple[str, int, int], _Known] = {}
        self._ticket: _Ticket | None = None

    def __call__(self, fold: Fold) -> None:
        before = self._ticket
        now = self._ticket = _Ticket(
            fold.policy,
            fold.tier,
            fold.priority,
            fold.phase,
            fold.status,
            fold.agent_reply,
            fold.customer_reply,
        )
        if before is not None and before.policy is not now.policy and before.phase != now.phase:
            self.changes.append(
                Change(fold.at, "phase_changed", _put(before, now), now.policy.version)
            )
        there: set[tuple[str, int, int]] = set()
        for cycle in fold.cycles():
            shown = view(cycle)
            key = (shown.clock, shown.number, shown.started_at)
            there.add(key)
            self._look(key, cycle, shown, _Cause(before, now, fold.at))
        if gone := self._known.keys() - there:  # a cycle that never lasted never was
            self.changes = [
                one for one in self.changes if (one.clock, one.cycle, one.started_at) not in gone
            ]
            for key in gone:
                del self._known[key]

    def _look(
        self, key: tuple[str, int, int], cycle: Cycle, shown: CycleView, cause: "_Cause"
    ) -> None:
        known, at = self._known.get(key), cause.at
        plan = cycle.plan
        budget = None if plan is None else plan.targets.get(shown.clock)
        now = _Known(shown, budget, cycle.calendar, at)
        told = _started(now, cause) if known is None else _told(known, now, cause)
        counted = _counted(known, at)
        if known is None and cycle.spans:
            counted = _open(cycle.calendar, cycle.spans)
        for kind, sentence in told:
            self.changes.append(Change(at, kind, sentence, shown.policy, *key, counted=counted))
        if known is None or told:
            self._known[key] = now
        elif known.calendar is not now.calendar:
            known.counted, known.since, known.calendar = counted or [], at, now.calendar


def _open(calendar: Calendar, spans: Iterable[tuple[int, int]]) -> list[tuple[str, int, int]]:
    found = (one for start, end in spans for one in calendar.open_intervals(start, end))
    return [(calendar.name, start, end) for start, end in found][-LATEST:]


def _counted(known: _Known | None, until: int) -> list[tuple[str, int, int]] | None:
    if known is None or known.view.state != "running":
        return None
    return [*known.counted, *_open(known.calendar, [(known.since, until)])][-LATEST:]


class _Cause(NamedTuple):
    """What happened to the ticket at an instant; `before` None: it was opened."""

    before: _Ticket | None
    now: _Ticket
    at: int

    def of_state(self) -> str:
        """` when …`: why a clock started, stood still, ran or stopped."""
        before, now = self.before, self.now
        if before is None:
            return f" when the ticket was opened{_as(now.status)}"
        if before.policy is not now.policy:
            if before.phase != now.phase:
                return f" when {_named(now.policy)} {_mapping(now)}"
            return f" when {_named(now.policy)} changed what pauses it"
        if (before.phase, before.status) != (now.phase, now.status):
            return f" when the status became {word(now.status or now.phase)}"
        if before.agent_reply != now.agent_reply:
            return " when an agent replied"
        if before.customer_reply != now.customer_reply:
            return " when the customer wrote"
        return " by the first response that the source names"

    def of_terms(self) -> str:
        """` when …`: why something else is promised, or nothing."""
        before, now = self.before, self.now
        if before is None:
            return ""
        if before.policy is not now.policy:
            return f" when {_named(now.policy)} came into force"
        became = self._attributes(before)
        return f" when {became}" if became else ""

    def of_move(self, brought: str) -> str:
        """The same, with what it brought."""
        before, now = self.before, self.now
        if before is None:
            return ""
        if before.policy is not now.policy:
            return f" when {_named(now.policy)} came with {brought or 'other rules'}"
        became = self._attributes(before)
        if not became:  # it came while the ticket was done
            return f" under {_named(now.policy)}, which comes with {brought or 'other rules'}"
        return f" when {became}, which comes with {brought or 'another promise'}"

    def _attributes(self, before: _Ticket) -> str:
        became: list[str] = []
        if before.tier != self.now.tier:
            became.append(f"the customer tier became {word(self.now.tier)}")
        if before.priority != self.now.priority:
            became.append(f"the priority became {word(self.now.priority)}")
        return " and ".join(became)


def _named(policy: Policy) -> str:
    return f"policy version {policy.version}"


def _as(status: str | None) -> str:
    return "" if status is None else f" as {word(status)}"


def _mapping(now: _Ticket) -> str:
    return f"put the status {word(now.status or '')} into the phase {now.phase}"


def _put(before: _Ticket, now: _Ticket) -> str:
    status, version = word(now.status or ""), now.policy.version
    return f"Policy version {version} put the status {status} from {before.phase} to {now.phase}."


def _name(shown: CycleView) -> str:
    return f"{shown.clock} clock" + (f" (cycle {shown.number})" if shown.number > 1 else "")


def _started(now: _Known, cause: _Cause) -> list[tuple[str, str]]:
    shown, name = now.view, _name(now.view)
    if shown.started_at < cause.at:
        said = f"{_promise(now)}, counted from {rfc3339(shown.started_at)} on{_due(shown)}"
        told = "clock_promised", f"The {name} came into force{cause.of_terms()}: {said}."
    else:
        why = "" if cause.before is None else cause.of_state()
        paused = ", paused" if shown.state == "paused" else ""
        told = (
            "clock_started",
            f"The {name} started{paused}{why}: {_promise(now)}{_due(shown)}.",
        )
    ended = [] if shown.state in ("running", "paused") else [_became(now, cause)]
    return [told, *ended]


def _told(before: _Known, now: _Known, cause: _Cause) -> list[tuple[str, str]]:
    """The kinds and sentences of what a cycle became."""
    old, shown, name = before.view, now.view, _name(now.view)
    if old.target is None and shown.target is not None and shown.state in ("running", "paused"):
        said = f"{_promise(now)}, counted from {rfc3339(shown.started_at)} on{_due(shown)}"
        return [("clock_promised", f"The {name} is back{cause.of_terms()}: {said}.")]
    changed = (old.target, old.calendar) != (shown.target, shown.calendar)
    if old.state != shown.state:
        told = [_became(now, cause)]
        if changed and shown.target is not None:
            why = cause.of_move(_brought(before, now, cause.at))
            told.insert(0, ("clock_moved", f"The promise of the {name} changed{why}."))
        return told
    if old.due_at != shown.due_at:
        why = cause.of_move(_brought(before, now, cause.at))
        from_to = f"from {_instant(old.due_at)} to {_instant(shown.due_at)}"
        return [("clock_moved", f"The deadline of the {name} moved {from_to}{why}.")]
    # Without a deadline what it will be is in the calendar.
    paused = shown.state == "paused" and before.calendar != now.calendar
    if paused or changed:
        why = cause.of_move(_brought(before, now, cause.at))
        return [("clock_moved", f"The promise of the {name} changed{why}: {_stands(now)}.")]
    return []


def _brought(before: _Known, now: _Known, at: int) -> str:
    ends = [one for one in (before.view.due_at, now.view.due_at) if one is not None]
    start = min(at, now.view.started_at) if _by_days(before, now) else at
    return moved_by(
        (before.budget, before.calendar),
        (now.budget, now.calendar),
        start,
        max(ends, default=at + AHEAD),
    )


def _by_days(before: _Known, now: _Known) -> bool:
    """Working days are counted from the start."""
    return any(one.budget is not None and one.budget.unit != "time" for one in (before, now))


def _became(now: _Known, cause: _Cause) -> tuple[str, str]:
    shown, name = now.view, _name(now.view)
    match shown.state:
        case "paused":
            said = f"The {name} was paused{cause.of_state()}: {_stands(now)}."
            return "clock_paused", said
        case "running":
            said = f"The {name} ran again{cause.of_state()}: {_stands(now)}."
            return "clock_resumed", said
        case "met":
            return "clock_met", f"The {name} was met{cause.of_state()}: {_used(now)} used."
        case "breached":
            over = duration(shown.elapsed - (shown.target or 0), now.calendar)
            missed = "" if shown.missed_at is None else f" at {rfc3339(shown.missed_at)}"
            return "clock_stopped_late", (
                f"The {name} stopped{cause.of_state()}, {over} over its target; it was"
                f" breached{missed}."
            )
        case "cancelled":
            if shown.target is None:
                why = f"{cause.of_terms()}: nothing is promised any more"
            else:
                why = f"{cause.of_state()}: {_used(now)} used"
            return "clock_cancelled", f"The {name} was cancelled{why}."


def _promise(now: _Known) -> str:
    return "no target" if now.budget is None else promise(now.budget, now.calendar)


def _used(now: _Known) -> str:
    return used(now.view.elapsed, now.view.target, now.budget, now.calendar)


def _stands(now: _Known) -> str:
    """How much is used, and until when it has to be done."""
    due = ", the deadline is open" if now.view.due_at is None else _due(now.view)
    return f"{_used(now)} used{due}"


def _due(shown: CycleView) -> str:
    return "" if shown.due_at is None else f", due {rfc3339(shown.due_at)}"


def _instant(at: int | None) -> str:
    return "none" if at is None else rfc3339(at)
