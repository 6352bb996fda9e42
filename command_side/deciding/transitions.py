"""Deciding whom it is told what a clock has turned to: those alone whose routes ask for it.

Pure. An append tells what has changed with it, or was left to it, from what there was before to
what there is now: of what came and went in between nothing is told, nor of what was long past when
it became known. Neither snoozes nor silences keep it back: it is no alert, and whoever asks for it
counts on it.
"""

from typing import NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

from command_side.deciding.about import subject
from command_side.deciding.casefile import Casefile
from command_side.deciding.events import Told
from command_side.deciding.telling import Telling, hours_of
from engine.sla.cycle import Cycle
from engine.sla.routes import taking
from engine.sla.stored_fold import StoredCycle, StoredFold
from engine.sla.timeline import Fold
from engine.sla.verdict import severity, state_of

NONE = "none"
"""Before a clock starts."""


class Transition(NamedTuple):
    cycle: Cycle
    before: str
    after: str
    at: int


def tell_transitions(
    case: Casefile, fold: Fold, known: StoredFold | None, telling: Telling, now: int
) -> None:
    """What has changed since it was `known`. To be called before the fold is counted to now."""
    found = [one for one in _found(known, fold) if now - one.at <= fold.policy.notify_within]
    routes = [route for route in fold.policy.routes if route.names_types] if found else []
    level = case.level(fold, now) if routes else 0
    for cycle, before, after, at in found if routes else ():
        clock, loudness = cycle.rules.name, severity(cycle)
        turned = subject(
            case,
            fold,
            now,
            type="transition",
            severity=loudness,
            level=level,
            clock=clock,
            cycle=cycle,
            to=after,
        )
        told = Told(
            type="transition",
            alert_id=transition_id(case.ticket, clock, cycle.started_at, before, after, at),
            clock=clock,
            cycle=cycle.number,
            generation=0,
            milestone="",
            severity=loudness,
            escalation_level=level,
            occurred_at=at,
            raised_at=now,
            due_at=cycle.due_at(),
            remaining=None if cycle.target is None else cycle.target - cycle.elapsed,
            before=before,
            after=after,
            calendar=hours_of(cycle),
        )
        to = [channel for route in taking(routes, turned) for channel in route.to]
        telling.tell(tuple(dict.fromkeys(to)), told)


def transition_id(
    ticket: UUID, clock: str, started_at: int, before: str, after: str, at: int
) -> str:
    """The same whoever tells it."""
    identity = f"{ticket}|transition|{clock}|{started_at}|{before}|{after}|{at}"
    return str(uuid5(NAMESPACE_URL, identity))


def _found(stored: StoredFold | None, fold: Fold) -> list[Transition]:
    found: list[Transition] = []
    for name, clock in fold.clocks.items():
        kept = stored.clocks.get(name) if stored is not None else None
        known = None if kept is None else kept.cycle
        # Of cycles that began together only the last lasted.
        for cycle in {one.started_at: one for one in clock.cycles()}.values():
            if cycle.target is None and cycle.vanished is None:
                continue
            if known is not None and cycle.started_at < known.started_at:
                continue
            same = known is not None and cycle.started_at == known.started_at
            before = _state_of(known) if known is not None and same else NONE
            after = state_of(cycle)
            if before != after:
                found.append(Transition(cycle, before, after, _when(fold, cycle, before)))
    order = {name: place for place, name in enumerate(fold.policy.clocks)}
    return sorted(found, key=lambda one: order.get(one.cycle.rules.name, len(order)))


def _when(fold: Fold, cycle: Cycle, before: str) -> int:
    if cycle.ended_at is not None:
        return cycle.ended_at
    if before == NONE and cycle.state == "running":
        return cycle.started_at
    return fold.resumed.get(cycle.rules.name, cycle.since)


def _state_of(known: StoredCycle) -> str:
    if known.vanished is not None:
        return "cancelled"
    if known.target is None and known.state in ("running", "paused"):
        return NONE  # it is promised only from now on
    if known.state == "stopped":
        return "met" if known.target is None or known.elapsed <= known.target else "breached"
    return known.state
