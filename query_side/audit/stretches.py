"""The stretches of a ticket's life that are excused, each by whom, why, and since when."""

from collections import defaultdict
from dataclasses import dataclass

from command_side.deciding.excusing import Agreement, excused
from engine.sla.calendar import FAR_FUTURE
from engine.sla.excuses import Excuses, merged, within
from query_side.audit.replay import Replay
from query_side.audit.wording import SOMEBODY, Words, listed


@dataclass(frozen=True, slots=True)
class Stretch:
    """Time that does not count for some clocks of a ticket."""

    start: int
    end: int
    """`FAR_FUTURE`: it is going on."""
    clocks: tuple[str, ...]
    """Those that are promised something; none: it makes no difference."""
    agreement: Agreement

    def sentence(self, words: Words) -> str:
        """`No time counts from … to … for the resolution clock: ann has excused it …`"""
        until = "on" if self.end >= FAR_FUTURE else f"to {words.instant(self.end)}"
        clocks = listed([name.replace("_", " ") for name in self.clocks])
        plural = "s" if len(self.clocks) > 1 else ""
        who = self.agreement.by or SOMEBODY
        return (
            f"No time counts from {words.instant(self.start)} {until} for the {clocks}"
            f" clock{plural}: {who} excused it at {words.instant(self.agreement.granted_at)}"
            f' ("{self.agreement.reason}").'
        )

    def brief(self, words: Words) -> str:
        """`Mon 2026-01-05 10:00 UTC to … (network outage)`"""
        end = "on" if self.end >= FAR_FUTURE else f"to {words.instant(self.end)}"
        return f"from {words.instant(self.start)} {end} ({self.agreement.reason})"


def stretches(found: Replay) -> list[Stretch]:
    """Of each agreement by itself: where two overlap, both are told."""
    in_all = merged(window for _, _, windows in excused(found.fold) for window in windows)
    promised = {(cycle.rules.name, cycle.started_at) for cycle in found.fold.cycles()}
    told: list[Stretch] = []
    for one in found.agreements:
        # The ticket is folded again only for those that excuse some of its time.
        if not any(within(one.windows, start, end) for start, end in in_all):
            continue
        clocks: defaultdict[tuple[int, int], set[str]] = defaultdict(set)
        alone = found.case.folded_under(Excuses(0, [one.excuse()]), found.at)
        for clock, started_at, windows in excused(alone):
            for window in windows:
                clocks[window].update([clock] if (clock, started_at) in promised else [])
        told += [Stretch(*each, tuple(sorted(names)), one) for each, names in clocks.items()]
    return sorted(told, key=lambda one: (one.start, one.end))
