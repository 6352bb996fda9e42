"""Builds where alerts go: the routes to the channels."""

from collections.abc import Collection, Mapping
from typing import Any

from config import schema
from config.findings import Findings
from config.problems import KeyPath
from config.suggestion import suggestion
from engine.sla.conditions import OWN, Condition, Match, UnknownField, is_own
from engine.sla.matching import (
    FIELDS,
    HIGHEST,
    Levels,
    condition,
    found,
    levels,
    long_last,
    of_routes,
)
from engine.sla.policy import Policy
from engine.sla.rotations import PREFIX
from engine.sla.routes import (
    EVERYTHING,
    RAISED,
    TYPES,
    USUAL_WAIT,
    USUALLY,
    Gathering,
    Repeat,
    Route,
)

MINUTE = 60_000_000
LONGEST_WAIT = 60 * MINUTE
PERSONAL = ("assigned_to",)
PATH: KeyPath = ("notifications", "routes")


def routes(
    block: schema.Notifications,
    names: Collection[str],
    policy: Policy,
    findings: Findings,
) -> tuple[Route, ...]:
    """The routes of the file; without any, everything goes to every channel.

    `policy` is the one that they become a part of.
    """
    if block.routes is None:
        return (Route(tuple(names)),)
    known = [*names, *(f"{PREFIX}{name}" for name in policy.rotations)]
    built: list[Route] = []
    called: dict[str, str] = {}
    for index, route in enumerate(block.routes):
        here = (*PATH, index)
        for position, channel in enumerate(route.to):
            if channel not in known:
                what = "rotation" if channel.startswith(PREFIX) else "channel"
                message = f"there is no {what} {channel!r}{suggestion(channel, known)}"
                findings.refuse((*here, "to", position), message)
        if route.name is not None:
            key = route.name.casefold()
            if key in called:
                message = f"another route is called {called[key]!r} already"
                findings.refuse((*here, "name"), message)
            called[key] = route.name
        built.append(_route(route, policy, here, findings))
    if not built or built[-1].match != EVERYTHING:
        message = "the last route should match everything ({match: {}}): other alerts go nowhere"
        findings.warn((*PATH, len(built) - 1) if built else PATH, message)
    return tuple(built)


def _route(block: schema.Route, policy: Policy, here: KeyPath, findings: Findings) -> Route:
    when = _conditions(block.match or {}, policy, (*here, "match"), findings)
    unless = _conditions(block.unless or {}, policy, (*here, "unless"), findings)
    of_transitions = any(
        one.field == "type" and one.words == frozenset(("transition",)) for one in when
    )
    for one in (*when, *unless):
        if one.field == "to" and not of_transitions:
            key = "match" if one in when else "unless"
            message = "only transitions turn to something: match `type: transition`, too"
            findings.refuse((*here, key, "to"), message)
    of_raised = all(any(map(one.holds, RAISED)) for one in when if one.field == "type")
    if block.tell is not None and not of_raised:
        message = "says nothing here: it is about what is raised, and `match` takes none of that"
        findings.warn((*here, "tell"), message)
    return Route(
        to=block.to,
        match=Match(when, unless),
        name=block.name or "",
        goes_on=block.goes_on,
        tell=USUALLY if block.tell is None else frozenset(block.tell),
        repeat=_repeat(block, of_raised, here, findings),
        gather=_gathering(block, policy, here, findings),
    )


def _gathering(
    block: schema.Route, policy: Policy, here: KeyPath, findings: Findings
) -> Gathering | None:
    if block.group_by is None and block.group_wait is None:
        return None
    known = [name for name in of_routes() if name not in PERSONAL]
    for position, name in enumerate(block.group_by or ()):
        path = (*here, "group_by", position)
        if name in PERSONAL:
            message = "who has a ticket is personal: what is stored is not gathered by it"
            findings.refuse(path, message)
        elif name not in known and not is_own(name):
            hint = suggestion(name, [*known, f"{OWN}<name>"])
            findings.refuse(path, f"nothing is gathered by that{hint}")
    wait = USUAL_WAIT if block.group_wait is None else block.group_wait
    if wait > LONGEST_WAIT:
        findings.refuse((*here, "group_wait"), "is at most 1h")
    for position, channel in enumerate(block.to):
        if channel in policy.alone:
            message = f"{channel!r} tells of each ticket by itself: nothing is gathered for it"
            findings.warn((*here, "to", position), message)
    return Gathering(tuple(dict.fromkeys(block.group_by or ())), wait)


def _repeat(
    block: schema.Route, of_raised: bool, here: KeyPath, findings: Findings
) -> Repeat | None:
    repeat = block.repeat
    if repeat is None:
        return None
    path = (*here, "repeat")
    if not block.name:
        findings.refuse(path, "needs the route's `name`: by it is known what was told how often")
    if not of_raised:
        findings.refuse(path, "repeats what is raised, and `match` takes none of that")
    if block.tell is not None and "raised" not in block.tell:
        findings.refuse(path, "repeats what is raised, and `tell` leaves that out")
    if repeat.every < MINUTE:
        findings.refuse((*path, "every"), "is at least 1m")
    return Repeat(repeat.every, repeat.until, repeat.at_most)


def _conditions(
    entries: Mapping[str, Any], policy: Policy, path: KeyPath, findings: Findings
) -> tuple[Condition, ...]:
    built: list[Condition] = []
    for name, accepted in entries.items():
        here = (*path, name)
        if name in FIELDS and not FIELDS[name].in_routes:
            name = ""  # a field of silences alone
        try:
            one = condition(name, accepted)
        except UnknownField:
            hint = suggestion(str(here[-1]), [*of_routes(), f"{OWN}<name>"])
            findings.refuse(here, f"no route matches that{hint}")
        except ValueError as error:
            findings.refuse(here, error)
        else:
            built.append(one)
            _check(one, policy, here, findings)
    return long_last(built)


def _check(one: Condition, policy: Policy, path: KeyPath, findings: Findings) -> None:
    """What it can never have is refused, or warned about where it may come one day."""
    if isinstance(one, Levels):
        return _check_levels(one, policy, path, findings)
    if one.field == "status":
        return _check_statuses(one, policy, path, findings)
    field = found(one.field)
    possible = field.values or field.promised
    known = None if possible is None else possible(policy)
    if known is None:
        return None
    known = list(known)
    spelled = {value.casefold() for value in known}
    for value in one.written:
        if (one.field, value.casefold()) == ("type", "retracted"):
            findings.limit(
                path,
                "is called `withdrawn` here; those who were told of what is taken back are told"
                f" without it: there are {', '.join(TYPES)}",
            )
        elif (one.field, value.casefold()) == ("type", "reminder"):
            findings.refuse(
                path,
                "cannot be matched: who is reminded of an alert is told by the route that told"
                " them, if that has a `name` and says `repeat`",
            )
        elif value.casefold() in spelled:
            continue
        elif field.values is not None:
            findings.refuse(path, f"there is no {one.field} {value!r}{suggestion(value, known)}")
        else:
            hint = suggestion(value, known)
            findings.warn(path, f"{value!r} has no targets, so that no alert ever matches{hint}")
    return None


def _check_levels(one: Levels, policy: Policy, path: KeyPath, findings: Findings) -> None:
    there = levels(policy)
    for written, (low, high) in zip(one.written, one.ranges, strict=True):
        if low > high or low > HIGHEST or not any(low <= level <= high for level in there):
            highest = max(there)
            findings.warn(path, f"no ticket is ever on level {written}: the highest is {highest}")


def _check_statuses(one: Condition, policy: Policy, path: KeyPath, findings: Findings) -> None:
    for status in one.written:
        if policy.phase(status) is None:
            hint = suggestion(status, policy.statuses)
            findings.warn(path, f"no ticket is ever {status!r}: it is no status{hint}")
