"""Which milestones are to be raised or taken back now, how loudly, and when to look again.

Instants are integer microseconds.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from engine.sla.cycle import Cycle
from engine.sla.kinds import HALTED
from engine.sla.milestones import DEADLINE, Crossing, level_of
from engine.sla.policy import Policy
from engine.sla.timeline import Fold

Suppression = Literal["inhibited", "backfill", "snoozed", "silenced", "acknowledged"]
RANK: Mapping[str, int] = {"warning": 1, "critical": 2, "breached": 3}
Rank = tuple[int, int]
"""How much a milestone counts among those due with it, and its ordinal: of an alert that was armed
again the newest is the one to hear of. What a level counts does not depend on that."""


class Key(NamedTuple):
    """What a milestone is raised once for, but for its generation."""

    clock: str
    started_at: int
    milestone: str
    ordinal: int


class Acknowledgement(NamedTuple):
    at: int
    until: int


@dataclass(slots=True)
class Raise:
    """A milestone to be raised; `at` is its instant, not the engine's."""

    crossing: Crossing
    at: int
    suppressed: Suppression | None


@dataclass(slots=True)
class Consequences:
    raises: list[Raise]
    retracts: list[Key]
    level: int
    """The ticket's escalation level once these are recorded."""
    next_at: int | None
    """When the next milestone falls due if nothing else happens."""
    holds: bool
    """Levels that have been crossed wait for an acknowledgement to lapse."""


def key_of(crossing: Crossing) -> Key:
    return Key(crossing.clock, crossing.started_at, crossing.milestone, crossing.ordinal)


def cycle_key(cycle: Cycle, milestone: str) -> Key:
    """The key of a milestone of this cycle, crossed or still to come."""
    ordinal = cycle.ordinals.get(milestone, 0)
    return Key(cycle.rules.name, cycle.started_at, milestone, ordinal)


def instants(
    fold: Fold, now: int, acknowledgements: Sequence[Acknowledgement], breaches: Sequence[int]
) -> dict[Key, int]:
    """The milestones that a full fold has crossed, or will have by `now`, and the instants told of
    them: that of a breach is its deadline, that of a level when nothing holds it any more. A level
    whose cycle was over by then is none to be told of."""
    found: dict[Key, int] = {}
    for one in fold.crossings():
        at = told_at(one.milestone, one.at, one.due_at)
        if level_of(one.milestone):
            at = held_until(at, acknowledgements, breaches)
            if at > one.at and _ended(fold, one, at):
                continue
        found[key_of(one)] = at
    for cycle in fold.counting():
        for milestone, at in cycle.foreseen().items():
            if at <= now and milestone != DEADLINE:
                told = told_at(milestone, at, cycle.due_at())
                if level_of(milestone):
                    told = held_until(at, acknowledgements, breaches)
                found[cycle_key(cycle, milestone)] = told
    return found


def told_at(milestone: str, at: int, due_at: int | None) -> int:
    """The instant told of a milestone that happened at `at`: of a breach its deadline."""
    return due_at if milestone == "breached" and due_at is not None else at


def held_until(
    instant: int, acknowledgements: Sequence[Acknowledgement], breaches: Sequence[int]
) -> int:
    """When a level crossed at `instant` counts: an acknowledgement holds it until it lapses."""
    for given in acknowledgements:
        lapse = lapses(given, breaches)
        if given.at <= instant < lapse:
            instant = lapse
    return instant


def lapses(given: Acknowledgement, breaches: Sequence[int]) -> int:
    """When it ends: by itself, or with the first breach after it."""
    return min([given.until, *(at for at in breaches if at >= given.at)])


def level_at(
    fold: Fold, at: int, acknowledgements: Sequence[Acknowledgement], breaches: Sequence[int]
) -> int:
    """The highest level that any open cycle has reached by `at`; 0 when none is open."""
    level = 0
    for cycle in fold.counting():
        for milestones in (cycle.reached, cycle.foreseen()):
            for milestone, reached in milestones.items():
                if reached > at:
                    continue
                candidate = level_of(milestone)
                if candidate > level and held_until(reached, acknowledgements, breaches) <= at:
                    level = candidate
    return level


def next_level(
    fold: Fold, level: int, acknowledgements: Sequence[Acknowledgement], breaches: Sequence[int]
) -> tuple[int, int] | None:
    """The next level above `level` and when it is reached if nothing happens: of those that are
    reached together the highest, which the ticket has then."""
    soonest: tuple[int, int] | None = None
    for cycle in fold.counting():
        for milestone, at in [*cycle.reached.items(), *cycle.foreseen().items()]:
            candidate = level_of(milestone)
            if candidate > level:
                due = held_until(at, acknowledgements, breaches)
                if soonest is None or (due, -candidate) < (soonest[1], -soonest[0]):
                    soonest = (candidate, due)
    return soonest


def breach_instants(fold: Fold, crossings: Iterable[Crossing]) -> list[int]:
    """When the ticket was breached or will be, on any clock."""
    found = [one.at for one in crossings if one.milestone == "breached"]
    for clock in fold.clocks.values():
        if clock.cycle is None:
            continue
        if "breached" in clock.cycle.reached:
            found.append(clock.cycle.reached["breached"])
        if "breached" in (ahead := clock.cycle.foreseen()):
            found.append(ahead["breached"])
    return found


def consequences(
    fold: Fold,
    *,
    crossings: Sequence[Crossing],
    raised: Iterable[Key],
    acknowledgements: Sequence[Acknowledgement],
    snoozed_until: int | None,
    heard: int,
    now: int,
) -> Consequences:
    """Compares what has happened by `now` with what has been raised.

    `heard` is when the newest evidence came: what was long past by then is no news any more. What
    falls due later is news, however late the engine is.
    `fold` has been counted to `now`; `crossings` are all that this fold has made, `raised` the
    keys that stand (those of cycles that the fold still has, where it is not a full one).
    """
    policy = fold.policy
    # Only an acknowledgement asks when the ticket was breached.
    breaches = breach_instants(fold, crossings) if acknowledgements else []
    standing = set(raised)
    happened = {key_of(one): one for one in crossings}
    level = level_at(fold, now, acknowledgements, breaches)
    due: list[Raise] = []
    held: list[int] = []
    for crossing, at in _outstanding(fold, happened, standing, acknowledgements, breaches):
        if at > now:
            held.append(at)
        else:
            due.append(Raise(crossing, at, None))
    due.sort(key=lambda one: (one.at, one.crossing.clock, _rank_of(one.crossing)))
    loudest = _loudest(fold, standing, due)
    for one in due:
        one.suppressed = _suppression(one, policy, loudest, snoozed_until, heard, now)
    retracts = sorted(key for key in standing if key not in happened and not _reached(fold, key))
    coming = upcoming(fold, standing.difference(retracts), acknowledgements, breaches)
    return Consequences(due, retracts, level, min([*held, *coming], default=None), bool(held))


def _outstanding(
    fold: Fold,
    happened: Mapping[Key, Crossing],
    standing: Collection[Key],
    acknowledgements: Sequence[Acknowledgement],
    breaches: Sequence[int],
) -> Iterator[tuple[Crossing, int]]:
    """What has been crossed and not raised, and from when on it counts."""
    for key, crossing in happened.items():
        if key in standing:
            continue
        at = crossing.at
        if level_of(crossing.milestone):
            at = held_until(at, acknowledgements, breaches)
            if at > crossing.at and _ended(fold, crossing, at):
                continue
        yield crossing, at


def owes_now(
    fold: Fold,
    standing: Collection[Key],
    acknowledgements: Sequence[Acknowledgement],
    breaches: Sequence[int],
    now: int,
) -> bool:
    """Whether anything is to be raised or taken back at once, of what a fold has come to: what an
    acknowledgement holds is not."""
    happened = {key_of(one): one for one in fold.crossings()}
    outstanding = _outstanding(fold, happened, standing, acknowledgements, breaches)
    return any(at <= now for _, at in outstanding) or bool(
        untrue(fold, standing, happened.keys(), now)
    )


def upcoming(
    fold: Fold,
    standing: Iterable[Key],
    acknowledgements: Sequence[Acknowledgement],
    breaches: Sequence[int],
) -> list[int]:
    """When something falls due if nothing happens: milestones not raised yet, known futures, and
    clocks that run again by themselves."""
    raised = set(standing)
    found = [] if fold.pending_at is None else [fold.pending_at]
    if fold.policy.limits_pauses:
        found += fold.resumptions().values()
    if fold.policy.edges and (turns_at := _turns_at(fold)) is not None:
        found.append(turns_at)
    for cycle in fold.counting():
        if not (raised or acknowledgements):
            found += [at for name, at in cycle.foreseen().items() if name != DEADLINE]
            continue
        for milestone, at in cycle.foreseen().items():
            if milestone == DEADLINE or cycle_key(cycle, milestone) in raised:
                continue
            if acknowledgements and level_of(milestone):
                at = held_until(at, acknowledgements, breaches)
            found.append(at)
        if acknowledgements:
            # A level that was raised before the promise moved, and is reached since at a time when
            # somebody had taken the ticket on: it comes to that level as this lapses.
            found += [
                lapse
                for milestone, at in cycle.reached.items()
                if level_of(milestone)
                and cycle_key(cycle, milestone) in raised
                and (lapse := held_until(at, acknowledgements, breaches)) > fold.at
            ]
    return found


def _turns_at(fold: Fold) -> int | None:
    """When time alone will bring the ticket under another rule, if nothing else happens."""
    if fold.phase in HALTED and not any([cycle.is_open for cycle in fold.newest_cycles()]):
        return None  # an open one may be promised something for the first time, though it is held
    edges = (at for at in fold.policy.edges if at > fold.at)
    return next((at for at in edges if fold.promised(at) is not fold.plan), None)


def _ended(fold: Fold, crossing: Crossing, at: int) -> bool:
    """Whether the cycle of a level that was held is over by the time at which it would count: who
    had taken the ticket on has done with it, or nothing is promised any more."""
    return any(
        cycle.ended_at is not None and cycle.ended_at <= at
        for cycle in fold.clocks[crossing.clock].cycles()
        if cycle.started_at == crossing.started_at
    )


def _reached(fold: Fold, key: Key) -> bool:
    """Crossed, perhaps before a stored fold was taken up again."""
    if key.clock not in fold.clocks:
        return False
    for cycle in fold.clocks[key.clock].cycles():
        if cycle.started_at == key.started_at:
            ordinal = cycle.ordinals.get(key.milestone, 0)
            if ordinal > key.ordinal or (ordinal == key.ordinal and key.milestone in cycle.reached):
                return True
    return False


def untrue(fold: Fold, standing: Collection[Key], happened: Collection[Key], now: int) -> list[Key]:
    """Raised milestones that an uncounted fold neither has nor foresees by `now`."""
    if not standing:
        return []
    foreseen: set[Key] = set()
    for cycle in fold.counting():
        for milestone, at in cycle.foreseen().items():
            if at <= now:
                foreseen.add(cycle_key(cycle, milestone))
    return [
        key
        for key in standing
        if key not in happened and key not in foreseen and not _reached(fold, key)
    ]


def _rank(milestone: str, ordinal: int) -> Rank:
    level = level_of(milestone)
    return (3 + level, 0) if level else (RANK[milestone], ordinal)


def _rank_of(crossing: Crossing) -> Rank:
    return _rank(crossing.milestone, crossing.ordinal)


def _group(clock: str, started_at: int, milestone: str) -> tuple[str, int, bool]:
    """Within such a group the higher mutes the lower; levels are the ticket's, not a clock's."""
    if level_of(milestone):
        return ("", 0, True)
    return (clock, started_at, False)


def says_less(one: tuple[str, int, str], told: tuple[str, int, str]) -> bool:
    """Whether a milestone of a cycle says no more than another of which somebody is told."""
    return _group(*one) == _group(*told) and _rank(one[2], 0) <= _rank(told[2], 0)


def _loudest(
    fold: Fold, standing: set[Key], due: Iterable[Raise]
) -> dict[tuple[str, int, bool], tuple[Rank, int]]:
    """By group the highest rank, and whether it stands already (1) or is due now (0)."""
    loudest: dict[tuple[str, int, bool], tuple[Rank, int]] = {}
    nothing = ((0, 0), 0)
    for clock in fold.clocks.values():
        # Of cycles that began together only the last lasted: the others have nothing to say.
        for cycle in {one.started_at: one for one in clock.cycles()}.values():
            for milestone in cycle.reached:
                ordinal = cycle.ordinals.get(milestone, 0)
                if Key(clock.rules.name, cycle.started_at, milestone, ordinal) not in standing:
                    continue
                if level_of(milestone) and not cycle.is_open:
                    continue
                group = _group(clock.rules.name, cycle.started_at, milestone)
                stands = (_rank(milestone, ordinal), 1)
                loudest[group] = max(loudest.get(group, nothing), stands)
    for one in due:
        crossing = one.crossing
        group = _group(crossing.clock, crossing.started_at, crossing.milestone)
        loudest[group] = max(loudest.get(group, nothing), (_rank_of(crossing), 0))
    return loudest


def _suppression(
    one: Raise,
    policy: Policy,
    loudest: dict[tuple[str, int, bool], tuple[Rank, int]],
    snoozed_until: int | None,
    heard: int,
    now: int,
) -> Suppression | None:
    crossing = one.crossing
    if heard - one.at > policy.notify_within:
        return "backfill"
    group = _group(crossing.clock, crossing.started_at, crossing.milestone)
    rank, stands = loudest[group]
    own = _rank_of(crossing)
    if rank > own or (stands and rank == own):
        return "acknowledged" if one.at > crossing.at else "inhibited"
    if not stands and level_of(crossing.milestone):
        # Two clocks reach one level together: the first says so, the other is recorded.
        loudest[group] = (rank, 1)
    if snoozed_until is not None and now < snoozed_until:
        return "snoozed"
    return None
