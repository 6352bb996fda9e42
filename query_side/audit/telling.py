"""What happened to a clock in a sentence: what, why, and what follows."""

from query_side.audit import causes
from query_side.audit.causes import What
from query_side.audit.moving import excused_otherwise, milestones_moved, moved_by
from query_side.audit.standing import Happening, Known
from query_side.audit.witness import Change
from query_side.audit.wording import (
    DAY,
    Words,
    beginning,
    clock_name,
    duration,
    listed,
    promise,
    short,
    used,
    value,
)

AHEAD = 400 * DAY
"""How far ahead a calendar is looked at while there is no deadline."""


def tell(change: Change, words: Words) -> str:
    """Such as `Resolution clock paused: jane changed the status from open to pending. 2 h 10 min of
    8 working hours are used; the deadline is open.`"""
    it = change.happening
    if it.cycle is None:
        return beginning(f"{_why('state', it, words)}.")
    now, clock = it.cycle, _name(it.cycle)
    match change.kind:
        case "clock_started":
            paused = ", paused" if now.view.state == "paused" else ""
            said = f"{_promised(now)}{_due(now, words)}"
            return f"{clock} started{paused}: {_why('state', it, words)}. {said}."
        case "clock_promised":
            back = "is back" if it.was is not None else "came into force"
            since = f", counted from {words.instant(now.view.started_at, now.calendar)} on"
            said = f"{_promised(now)}{since}{_due(now, words)}"
            return f"{clock} {back}: {_why('terms', it, words)}. {said}."
        case "own_date_ignored":
            return f"{_ignored(now, words)}."
        case "clock_moved":
            return _moved(it, now, words)
        case "milestones_moved":
            rules = clock_name(now.view.clock, now.view.number, "rules")
            return f"{rules} changed: {_terms(it, now, words)}."
        case "clock_paused":
            stays = "stays " if it.was is not None and it.was.view.state == "paused" else ""
            return f"{clock} {stays}paused: {_why('state', it, words)}. {_stands(now, words)}."
        case "clock_resumed":
            again = "runs again" + (" by itself" if causes.by_itself(it) else "")
            return f"{clock} {again}: {_why('state', it, words)}. {_stands(now, words)}."
        case "clock_met":
            return f"{clock} met its target: {_answer(it, now, words)}. {_used(now)} were used."
        case "clock_stopped_late":
            return f"{clock} stopped too late: {_answer(it, now, words)}. {_over(now, words)}."
        case "clock_cancelled" if now.view.target is None:
            stays = "stays " if it.was is not None and it.was.view.state == "cancelled" else ""
            why = _why("terms", it, words)
            return f"{clock} {stays}cancelled: {why}. Nothing is promised any more."
        case _:
            return f"{clock} cancelled: {_why('state', it, words)}. {_used(now)} were used."


def _name(of: Known) -> str:
    """Of a clock by team with whose stint it is."""
    name, team = clock_name(of.view.clock, of.view.number), of.view.team
    return name if team is None else f"{name} of {value(team)}"


def told_with(change: Change) -> set[str]:
    """The attributes of the update whose change the sentence tells."""
    it = change.happening
    terms = change.kind in ("clock_promised", "clock_moved", "milestones_moved") or (
        change.kind == "clock_cancelled" and it.cycle is not None and it.cycle.view.target is None
    )
    found = causes.of("terms" if terms else "state", it)
    return {one.tells for one in found if one.tells is not None and it.before is not None}


def _why(what: What, it: Happening, words: Words) -> str:
    return causes.clauses(causes.of(what, it), it, words)


def _answer(it: Happening, now: Known, words: Words) -> str:
    """Why it stopped; of a status it is said that it is an answer."""
    cause, why = causes.of("state", it)[0], _why("state", it, words)
    answered = now.rules.kind == "response" and cause.tells in (None, "status")
    return f"{why}, which counts as the first response" if answered else why


def _moved(it: Happening, now: Known, words: Words) -> str:
    old, new = None if it.was is None else it.was.view, now.view
    why = _terms(it, now, words)
    if old is not None and old.state == new.state and old.due_at != new.due_at:
        deadline = clock_name(new.clock, new.number, "deadline")
        if new.due_at is None:
            return f"{deadline} is open: {why}."
        if old.due_at is None:
            return f"{deadline} is {words.instant(new.due_at, now.calendar)}: {why}."
        before, after = (words.bare(at, now.calendar) for at in (old.due_at, new.due_at))
        zone = "" if words.asked else f" ({words.zone(now.calendar)})"
        return f"{deadline} moved from {before} to {after}{zone}: {why}."
    follows = "" if old is None or old.state != new.state else f" {_stands(now, words)}."
    return f"{clock_name(new.clock, new.number, 'promise')} changed: {why}.{follows}"


def _terms(it: Happening, now: Known, words: Words) -> str:
    """Why something else is promised, with what that brings; a cause may say it by itself."""
    why, brought = _why("terms", it, words), _brought(it, now)
    why += f", which brings {brought}" if brought else ""
    restarted = it.was is not None and it.was.anchor != now.anchor
    return why + ("; it counts from zero again" if restarted else "")


def _brought(it: Happening, now: Known) -> str:
    was = it.was
    if was is None:
        return ""
    ends = [one for one in (was.view.due_at, now.view.due_at) if one is not None]
    by_days = any(one.budget is not None and one.budget.unit != "time" for one in (was, now))
    start = min(it.at, now.view.started_at) if by_days else it.at  # working days count from there
    end = max(ends, default=it.at + AHEAD)
    terms = (was.budget, was.calendar), (now.budget, now.calendar)
    parts = [*moved_by(*terms, start, end), *milestones_moved(was.milestones, now.milestones)]
    if it.under is not None:
        parts += filter(None, [excused_otherwise(it.under.windows, now.windows, it.at, end)])
    return listed(parts) if parts else ""


def _ignored(now: Known, words: Words) -> str:
    shown = now.view
    at, start = (
        "" if each is None else words.instant(each, now.calendar)
        for each in (shown.own_date_ignored, shown.started_at)
    )
    clock = clock_name(shown.clock, shown.number)
    return f"{clock} ignores the ticket's own date {at}: it is not after its start, {start}"


def _promised(now: Known) -> str:
    target = "nothing" if now.budget is None else promise(now.budget, now.calendar)
    rule = now.view.rule
    return f"The promise is {target}{f' under the rule {value(rule)}' if rule else ''}"


def _used(now: Known) -> str:
    return used(now.view.elapsed, now.view.target, now.budget, now.calendar)


def _stands(now: Known, words: Words) -> str:
    """How much is used, and until when it has to be done."""
    again = now.view.resumes_at
    by_itself = "" if again is None else words.instant(again, now.calendar)
    resumes = by_itself and f", and it runs again by itself {by_itself}"
    return f"{_used(now)} are used{_due(now, words, ';')}{resumes}"


def _over(now: Known, words: Words) -> str:
    """How long it took, by how much that is too long, and when it should have been."""
    shown, target = now.view, now.view.target or 0
    took, over = (duration(span, now.calendar) for span in (shown.elapsed, shown.elapsed - target))
    promised = (
        ""
        if now.budget is None
        else f" the {short(now.budget, now.calendar).removeprefix('the ')} promised"
    )
    due = "" if shown.missed_at is None else words.instant(shown.missed_at, now.calendar)
    return f"It took {took}, {over} longer than{promised}" + (due and f"; it was due {due}")


def _due(now: Known, words: Words, comma: str = ",") -> str:
    if now.view.state not in ("running", "paused"):
        return ""
    at = now.view.due_at
    if at is None:
        return "; the deadline is open"
    due = "due" if at >= now.since else "it was due"
    return f"{comma} {due} {words.instant(at, now.calendar)}"
