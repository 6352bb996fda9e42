"""Why a clock did what it did: the one list of causes, each told in a clause.

To add a cause: give `Standing` (or `Known`, for what belongs to one cycle) the field that it can be
seen by, and add one `Cause` to `CAUSES`: what it explains, how it is recognised by comparing what
was with what is, and its clause, such as `jane changed the priority from P2 to P1`. Of the causes
of a state (why a clock started, stood still, ran, stopped) the first that happened is told, of
those of the terms (why something else is promised) all are. What a cause brings, such as another
target or calendar, is told by `moving` behind `which brings`; where that finds nothing, the clause
stands alone and has to say why the deadline moved.

Where an update of the source says the same, the cause names the attribute in `tells`: the update's
own sentence leaves it out.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from engine.sla.policy import ClockKind
from query_side.audit.standing import Happening
from query_side.audit.wording import Words, listed, value

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
    return (found[:1] if what == "state" else found) or [OTHERWISE[what]]


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


def _rephased(it: Happening) -> bool:
    return _under_another_policy(it) and it.before is not None and it.before.phase != it.now.phase


def _changed(*names: str) -> Callable[[Happening], bool]:
    """Whether one of these differs in what the ticket was and is."""

    def happened(it: Happening) -> bool:
        return it.before is not None and any(
            getattr(it.before, name) != getattr(it.now, name) for name in names
        )

    return happened


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
    old, new = None if it.before is None else it.before.team, it.now.team
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


def _tier(it: Happening, words: Words) -> str:
    old = None if it.before is None else it.before.tier
    return words.changed("customer_tier", old, it.now.tier, it)


def _priority(it: Happening, words: Words) -> str:
    old = None if it.before is None else it.before.priority
    return words.changed("priority", old, it.now.priority, it)


def _rule(it: Happening, words: Words) -> str:
    old = "" if it.before is None else it.before.rule
    then = f"the rule {value(old)}" if old else "the customer tier"
    now = f"the rule {value(it.now.rule)}" if it.now.rule else "the customer tier"
    return f"{now} decides instead of {then}"


def _response_date(it: Happening, words: Words) -> str:
    return words.dated("the ticket's own date for the first response", it.now.response_due_at, it)


def _resolution_date(it: Happening, words: Words) -> str:
    return words.dated("the ticket's own date for the resolution", it.now.resolution_due_at, it)


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
    Cause("terms", _changed("tier"), _tier, "customer_tier"),
    Cause("terms", _changed("priority"), _priority, "priority"),
    Cause("terms", _changed("rule"), _rule),
    Cause("terms", _changed("response_due_at"), _response_date, "response_due_at"),
    Cause("terms", _changed("resolution_due_at"), _resolution_date, "resolution_due_at"),
)
OTHERWISE: Mapping[What, Cause] = {
    "state": Cause("state", _anything, _first_response, "first_responded_at"),
    # It came while the ticket was done, when no clock was touched.
    "terms": Cause("terms", _anything, _in_force_meanwhile),
}
"""What it was when nothing else has happened."""
