"""The statuses that are known without being configured, and what they mean to the clocks.

A list of them is never changed: a version of the configuration goes on meaning what it meant when
it was accepted, so it names the list that it extends. What is to be known besides is a new list.
"""

from collections.abc import Mapping
from typing import Final

from engine.sla.policy import PHASES, Phase, status_key

Words = Mapping[Phase, tuple[str, ...]]

_FIRST: Final[Words] = {
    "waiting": ("open", "new", "reopened"),
    "active": ("in_progress", "active", "assigned", "escalated"),
    "paused": ("pending", "on_hold", "waiting_on_customer"),
    "done": ("resolved", "closed"),
    "cancelled": ("cancelled", "canceled", "duplicate", "spam"),
}
_SECOND: Final[Words] = {
    "waiting": ("to_do", "backlog", "waiting_for_support", "reported"),
    "active": ("work_in_progress", "processing", "under_investigation", "planning", "reviewing"),
    "paused": (
        "hold",
        "suspended",
        "waiting",
        "waiting_for_customer",
        "waiting_on_third_party",
        "pending_reminder",
        "pending_close",
    ),
    "done": ("solved", "done", "completed", "fixed"),
    "cancelled": ("merged", "deleted", "rejected", "declined", "wont_fix", "trashed"),
}


def _with(known: Words, more: Words) -> Words:
    return {phase: known[phase] + more[phase] for phase in PHASES}


LISTS: Final[tuple[Words, ...]] = (_FIRST, _with(_FIRST, _SECOND))
"""From the first on, each as it is told to people."""
NEWEST: Final = len(LISTS)
"""The number of the list that is extended by what is accepted now; they count from 1."""


def built_in_statuses(number: int) -> Mapping[str, Phase]:
    """The phases of a list by `status_key`; there are none after `NEWEST`."""
    words = LISTS[number - 1]
    return {status_key(word): phase for phase in PHASES for word in words[phase]}


BUILT_IN_STATUSES: Final = built_in_statuses(NEWEST)
