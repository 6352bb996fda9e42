"""What an update of the source says, in plain sentences: what changed, from what to what, once."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from command_side.deciding.events import Observation, Ticket
from command_side.deciding.observed import WITHDRAWN
from command_side.event_store import Recorded
from engine.sla.instants import micros, parsed
from query_side.audit.wording import ATTRIBUTES, Words, beginning, capital, listed, value

INSTANTS = {
    "created_at": "it was opened at",
    "first_responded_at": "the first response was at",
    "last_agent_reply_at": "an agent replied at",
    "last_customer_reply_at": "the customer wrote at",
    "automatic_reply_at": "an automatic reply, which does not count, was sent at",
    "response_due_at": "its own date for the first response is",
    "resolution_due_at": "its own date for the resolution is",
}
NOTHING = "an update that changes nothing"


def opening(event: Recorded, words: Words, who: str | None) -> str:
    """Of the first update of a ticket that came: all that it says."""
    reported = f"{capital(who)} reported the ticket" if who else "Reported"
    given = _given(event)
    for name in _cleared(given):  # there was nothing to clear
        del given[name]
    return f"{reported}: {_contents(event, given, words)}."


def update(
    event: Recorded,
    before: Mapping[str, Any],
    words: Words,
    who: str | None,
    elsewhere: Collection[str] = (),
) -> str:
    """What changed, and what was named for the first time; empty where other sentences tell it.

    `before` are the attributes that the update found, `elsewhere` those whose change is told by
    others.
    """
    given = _given(event)
    changed = {name for name in given if name in before and before[name] != given[name]}
    first = given.keys() - before.keys() - _cleared(given)
    if not (changed or first):
        return f"{capital(who)} sent {NOTHING}." if who else f"{beginning(NOTHING)}."
    changed, first = changed.difference(elsewhere), first.difference(elsewhere)
    told: list[str] = []
    if what := [*_from_to(changed, before, given), *_others(changed)]:
        told.append(f"changed {listed(what)}")
    if what := [f"{ATTRIBUTES[name]} to {value(given[name])}" for name in _valued(first)]:
        told.append(f"set {listed(what)}")
    if what := _others(first):
        told.append(f"added {listed(what)}")
    happened = _happened({name: given[name] for name in changed | first}, words)
    if told and who:
        happened.insert(0, f"{capital(who)} {listed(told)}")
    elif told:
        happened.insert(0, f"The source {listed(told)}")
    sentence = "; ".join(happened)
    return f"{sentence if told else beginning(sentence)}." if sentence else ""


def contents(event: Recorded, words: Words) -> str:
    """All that an update says."""
    return _contents(event, _given(event), words)


def _contents(event: Recorded, given: dict[str, Any], words: Words) -> str:
    if given.get("created_at") == micros(event.occurred_at):
        del given["created_at"]
    named = [
        f"{ATTRIBUTES[name].removeprefix('the ')} {value(given[name])}" for name in _valued(given)
    ]
    named += _others(given)
    parts = [listed(named)] if named else []
    return "; ".join([*parts, *_happened(given, words)]) or "nothing"


def said(
    given: Mapping[str, Any], moments: Mapping[str, int], personal: Mapping[str, Any]
) -> dict[str, Any]:
    """Everything that an observation says, each field of the source's own by itself."""
    named: dict[str, Any] = {**given, **moments}
    named |= personal
    extra: Mapping[str, Any] = named.pop("extra", None) or {}
    return {**named, **{f"fields.{name}": value for name, value in extra.items()}}


def _given(event: Recorded) -> dict[str, Any]:
    """What it says, but for who made it."""
    body, personal = event.body, event.personal
    if not isinstance(body, Observation | Ticket.Conflicted):
        return {}
    given = said(body.given, body.moments or {}, personal.given or {})
    given.pop("updated_by", None)
    return given


def _cleared(given: Mapping[str, Any]) -> set[str]:
    """What it says that there is none of; that nobody is assigned is told by itself."""
    return {name for name, value in given.items() if value is None and name != "assigned_to"}


def _valued(names: Collection[str]) -> Iterable[str]:
    return (name for name in ATTRIBUTES if name in names)


def _from_to(
    names: Collection[str], before: Mapping[str, Any], given: Mapping[str, Any]
) -> Iterable[str]:
    for name in _valued(names):
        yield f"{ATTRIBUTES[name]} from {value(before[name])} to {value(given[name])}"


def _others(names: Iterable[str]) -> list[str]:
    """What is told without its value."""
    told_else = {*ATTRIBUTES, *INSTANTS, WITHDRAWN}
    others = [name for name in names if name not in told_else]
    told = sorted(name.removeprefix("fields.").replace("_", " ") for name in others)
    return [f"its {listed(told)}"] if told else []


def _happened(given: Mapping[str, Any], words: Words) -> list[str]:
    told = [
        f"{what.removesuffix(' is')} was withdrawn"
        if given[name] is None
        else f"{what} {words.instant(given[name])}"
        for name, what in INSTANTS.items()
        if name in given
    ]
    if replies := given.get(WITHDRAWN):
        at = listed([words.instant(parsed(one)) for one in replies])
        told.append(f"what was said at {at} was no reply")
    return told
