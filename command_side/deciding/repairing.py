"""What a version of the configuration that counts since a time before its acceptance changes.

Pure. It bears on what has ended, too, which no other version touches.
"""

from collections.abc import Collection, Sequence
from itertools import takewhile
from typing import Any

from msgspec.structs import replace

from engine.sla import escalation
from engine.sla.escalation import Key
from engine.sla.policy import Policy
from engine.sla.stored_fold import StoredFold
from engine.sla.timeline import Fold
from engine.sla.verdict import CycleView, view


def may_move(policies: Sequence[Policy], stood: StoredFold, judged: int = 0) -> bool:
    """Whether the versions that have come since may bear on this ticket: its stream has to say.
    Those up to `judged` left it as it was, or it stands under them."""
    known = max(stood.policy, judged)
    newer = takewhile(lambda one: one.version > known, reversed(policies))
    return any(
        (one.takes_over and stood.may_be_moved) or (one.since is not None and one.since <= stood.at)
        for one in newer
    )


def repairs(policies: Sequence[Policy], after: int) -> Collection[int]:
    """The numbers of those since a version."""
    return {one.version for one in policies if one.version > after and one.since is not None}


def figures(
    fold: Fold, now: int
) -> tuple[Any, Sequence[CycleView], Collection[tuple[Key, int | None, int]]]:
    """All that people are told of a ticket, but for the version that it stands under; the fold is
    spent. Two versions are the same to a ticket when this is."""
    if now >= fold.created_at:
        fold.count_to(now)
    cycles = [replace(view(cycle), policy=0) for cycle in fold.cycles()]
    crossed = {(escalation.key_of(one), one.due_at, one.at) for one in fold.crossings()}
    return fold.phase, cycles, crossed
