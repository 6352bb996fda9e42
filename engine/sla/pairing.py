"""Which crossing each raised milestone tells of, when a correction has changed their number."""

from collections import defaultdict
from collections.abc import Mapping

from engine.sla.escalation import Key

NOTHING = 1_000_000
"""From here on count the ordinals of what tells of no crossing: none has so many."""

CycleMilestone = tuple[str, int, str]
"""Clock, start of the cycle, milestone."""
Raising = tuple[CycleMilestone, int]
"""A milestone and its generation: how often it had been raised before."""


def paired(told: Mapping[Raising, int], happened: Mapping[Key, int]) -> dict[Raising, Key]:
    """The key of the crossing that each raised milestone tells of, by the instants of both.

    `told` are in the order in which they were raised. What tells of the very instant of a crossing
    tells of that; the others of those that are left, in order. Whoever is over tells of nothing,
    and gets a key that nothing has.
    """
    left: dict[CycleMilestone, list[tuple[Key, int]]] = defaultdict(list)
    for key, at in sorted(happened.items()):
        left[key[:3]].append((key, at))
    found: dict[Raising, Key] = {}
    for name, at in told.items():
        there = next((one for one in left[name[0]] if one[1] == at), None)
        if there is not None:
            left[name[0]].remove(there)
            found[name] = there[0]
    for number, name in enumerate(one for one in told if one not in found):
        rest = left[name[0]]
        found[name] = rest.pop(0)[0] if rest else Key(*name[0], NOTHING + number)
    return found
