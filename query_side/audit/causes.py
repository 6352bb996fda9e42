"""Why a clock did what it did: the one list of causes, each told in a clause.

To add a cause: give `Standing` (or `Known`, for what belongs to one cycle) the field that it can be
seen by, and add one `Cause` to `CAUSES`: what it explains, how it is recognised by comparing what
was with what is, and its clause, such as `jane changed the priority from P2 to P1`. Of the causes
of a state (why a clock started, stood still, ran, stopped) the first that happened is told, of
those of the terms (why something else is promised) all are. What a cause brings, such as another
target or calendar, is told by `moving` behind `which brings`; where that finds nothing, the clause
stands alone and has to say why the deadline moved.

A cycle that has ended comes under what its ticket says or is promised only once it is opened again:
what changed meanwhile is told then, and as that.

Where an update of the source says the same, the cause names the attribute in `tells`: the update's
own sentence leaves it out.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from engine.sla.policy import ClockKind
from query_side.audit.standing import Happening, Standing
from query_side.audit.wording import ATTRIBUTES, Words, listed, value

What = Literal["state", "terms"]


class Cause(NamedTuple):
    """One reason."""

    explains: What
    happened: Callable[[Happening], bool]
    clause: Callable[[Happening, Words], str]
    tells: str | None = None
    """The attribute of an update that says the same."""


def of(what: What, happening: Happening) -> Sequence[Cause]:
    """What explains it; there always is something."""
    found = [one for one in CAUSES if one.explains == what and one.happened(happening)]
    if not found:
        return [next(one for one in OTHERWISE if one.explains == what and one.happened(happening))]
    return found[:1] if what == "state" else found


def clauses(causes: Sequence[Cause], happening: Happening, words: Words) -> str:
    return listed([one.clause(happening, words) for one in causes])


def policy(it: Happening, words: Words) -> str:
    """`policy version 3 (by ada)`: that in force, with who, or which file, brought it."""
    version = it.now.policy.version
    return f"policy version {version}{words.origin(version)}"


def _opened(it: Happening) -> bool:
    return it.before is None


def _under_another_policy(it: Happening) -> bool:
    return it.before is not None and it.before.policy is not it.now.policy


def _repaired(it: Happening) -> bool:
    return _under_another_policy(it) and it.now.policy.since is not None


def _come_into_force(it: Happening) -> bool:
    return _under_another_policy(it) and it.now.policy.since is None


def _come_into_force_meanwhile(it: Happening) -> bool:
    if it.under is None or _under_another_policy(it):
        return False
    return it.under.ticket.policy is not it.now.policy


def _rephased(it: Happening) -> bool:
    return _under_another_policy(it) and it.before is not None and it.before.phase != it.now.phase


def _changed(*names: str) -> Callable[[Happening], bool]:
    """Whether one of these differs in what the ticket was and is."""

    def happened(it: Happening) -> bool:
        return it.before is not None and any(
            getattr(it.before, name) != getattr(it.now, name) for name in names
        )

    return happened


def _then(it: Happening, *names: str) -> tuple[Standing, bool] | None:
    """As what the ticket was before one of these was another, and whether it became so while the
    cycle was over; None: neither."""
    for then, meanwhile in ((it.before, False), (it.under and it.under.ticket, True)):
        if then and any(getattr(then, name) != getattr(it.now, name) for name in names):
            return then, meanwhile
    return None


def _differs(*names: str) -> Callable[[Happening], bool]:
    """Whether one of these is not what it was, or what it was when the cycle ended."""
    return lambda it: _then(it, *names) is not None


def _ends_or_begins(it: Happening) -> bool:
    """Whether what a tier is promised begins or ends, as its contract says."""
    then = _then(it, "promised_as")
    if then is None or _under_another_policy(it) or _come_into_force_meanwhile(it):
        return False
    before, now = then[0], it.now
    return before.tier == now.tier and not (before.rule or now.rule)


def _says_otherwise(it: Happening) -> bool:
    """Whether what it says of itself brings other excused time."""
    return it.under is not None and it.cycle is not None and it.under.windows != it.cycle.windows


def _opening(it: Happening, words: Words) -> str:
    status = it.now.status
    return "the ticket was opened" + ("" if status is None else f" as {value(status)}")


def _mapping(it: Happening, words: Words) -> str:
    instead = "" if it.before is None else f" instead of {it.before.phase}"
    counts = f"counts the status {value(it.now.status or '')} as {it.now.phase}{instead}"
    return f"{policy(it, words)} {counts}"


def _repaused(it: Happening, words: Words) -> str:
    return f"{policy(it, words)} changed what pauses it"


def _in_force(it: Happening, words: Words) -> str:
    return f"{policy(it, words)} came into force"


def _in_force_since(it: Happening, words: Words) -> str:
    decided = words.instant(it.now.policy.accepted_at)
    return (
        f'{policy(it, words)} counts from then on, as decided {decided} ("{it.now.policy.reason}")'
    )


def _in_force_meanwhile(it: Happening, words: Words) -> str:
    return f"{_in_force(it, words)} meanwhile"


def _replied(it: Happening, words: Words) -> str:
    return "an agent replied"


def _wrote(it: Happening, words: Words) -> str:
    return "the customer wrote"


def _first_response(it: Happening, words: Words) -> str:
    return "the source names this as the first response"


def by_itself(it: Happening) -> bool:
    """Whether the clock runs again because it may not be paused for any longer."""
    was, now = it.was, it.cycle
    if was is None or now is None or now.view.state != "running":
        return False
    return was.view.state == "paused" and it.now.resumed.get(now.view.clock) == it.at


def _exhausted(it: Happening, words: Words) -> str:
    return "it has been paused for as long as it may be"


def _of_kind(kind: ClockKind, *names: str) -> Callable[[Happening], bool]:
    """Whether one of these has changed, and a clock is concerned whom that starts and ends."""
    changed = _changed(*names)
    return lambda it: it.cycle is not None and it.cycle.rules.kind == kind and changed(it)


def _team(it: Happening, words: Words) -> str:
    return _gone(None if it.before is None else it.before.team, it.now.team)


def _gone(old: str | None, new: str | None) -> str:
    if new is None:
        return f"{value(old or '')} has the ticket no more"
    return f"the ticket went {f'from {value(old)} ' if old else ''}to {value(new)}"


def _assignee(it: Happening, words: Words) -> str:
    return "somebody was assigned" if it.now.assigned else "nobody is assigned any more"


def _anything(it: Happening) -> bool:
    return True


def _status(it: Happening, words: Words) -> str:
    old = None if it.before is None else it.before.status
    return words.changed("status", old, it.now.status or it.now.phase, it)


def _changed_to(name: str, attribute: str) -> Callable[[Happening, Words], str]:
    """Such as `jane changed the priority from P2 to P1`."""

    def clause(it: Happening, words: Words) -> str:
        then, meanwhile = _then(it, name) or (it.now, False)
        old, new = getattr(then, name), getattr(it.now, name)
        if meanwhile:
            return f"{ATTRIBUTES[attribute]} changed from {value(old)} to {value(new)} meanwhile"
        return words.changed(attribute, old, new, it)

    return clause


def _rule(it: Happening, words: Words) -> str:
    before, meanwhile = _then(it, "rule") or (it.now, False)
    then, now = (
        f"the rule {value(one.rule)}" if one.rule else "the customer tier"
        for one in (before, it.now)
    )
    if meanwhile:
        return f"{now} came to decide instead of {then} meanwhile"
    return f"{now} decides instead of {then}"


def _dated(name: str, what: str) -> Callable[[Happening, Words], str]:
    def clause(it: Happening, words: Words) -> str:
        _, meanwhile = _then(it, name) or (it.now, False)
        said = words.dated(what, getattr(it.now, name), None if meanwhile else it.update)
        return f"{said} meanwhile" if meanwhile else said

    return clause


def _contract(it: Happening, words: Words) -> str:
    holds = "begins to hold" if it.now.promised_as else "holds no longer"
    return f"what is promised to customer tier {value(it.now.tier)} {holds}"


def _says(it: Happening, words: Words) -> str:
    then = _then(it, "team")
    if then is None:
        return "the ticket says something else of itself"
    said = _gone(then[0].team, it.now.team)
    return f"{said} meanwhile" if then[1] else said


def _somehow(it: Happening, words: Words) -> str:
    return "something else counts for it"


CAUSES: Sequence[Cause] = (
    Cause("state", _opened, _opening),
    Cause("state", by_itself, _exhausted),
    Cause("state", _of_kind("assignment", "assigned"), _assignee),
    Cause("state", _of_kind("assignment", "team"), _team),
    Cause("state", _of_kind("ownership", "team"), _team),
    Cause("state", _rephased, _mapping),
    Cause("state", _under_another_policy, _repaused),
    Cause("state", _changed("phase", "status"), _status, "status"),
    Cause("state", _changed("agent_reply"), _replied, "last_agent_reply_at"),
    Cause("state", _changed("customer_reply"), _wrote, "last_customer_reply_at"),
    Cause("terms", _repaired, _in_force_since),
    Cause("terms", _come_into_force, _in_force),
    Cause("terms", _come_into_force_meanwhile, _in_force_meanwhile),
    Cause("terms", _differs("tier"), _changed_to("tier", "customer_tier"), "customer_tier"),
    Cause("terms", _differs("priority"), _changed_to("priority", "priority"), "priority"),
    Cause("terms", _differs("rule"), _rule),
    Cause("terms", _ends_or_begins, _contract),
    *(
        Cause("terms", _differs(name), _dated(name, what), name)
        for name, what in (
            ("response_due_at", "the ticket's own date for the first response"),
            ("resolution_due_at", "the ticket's own date for the resolution"),
        )
    ),
)
OTHERWISE: Sequence[Cause] = (
    Cause("state", _anything, _first_response, "first_responded_at"),
    Cause("terms", _says_otherwise, _says),
    Cause("terms", _anything, _somehow),
)
"""What it was when nothing else has happened."""
