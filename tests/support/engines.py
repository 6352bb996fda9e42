"""An engine of alerts that is stepped by hand, and what it raised in a few words."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.sla.escalation import Acknowledgement, Consequences, Key, Raise, consequences, key_of
from engine.sla.milestones import Crossing
from engine.sla.policy import Policy
from engine.sla.timeline import Observation, fold
from tests.support.timelines import at, in_order, shown


@dataclass
class Engine:
    """Raises what is due whenever it is asked, and remembers what it has raised."""

    observations: list[Observation]
    policies: list[Policy]
    acknowledgements: list[Acknowledgement] = field(default_factory=list[Acknowledgement])
    snoozed_until: int | None = None
    standing: set[Key] = field(default_factory=set[Key])
    raised: list[Raise] = field(default_factory=list[Raise])
    retracted: list[Key] = field(default_factory=list[Key])

    def tick(self, now: str | int, *, heard: str | int | None = None) -> Consequences:
        """`heard` is when the observations came; by default just now."""
        now = at(now)
        result = fold(in_order(self.observations), self.policies, now)
        result.count_to(now)
        found = consequences(
            result,
            crossings=result.crossings(),
            raised=self.standing,
            acknowledgements=self.acknowledgements,
            snoozed_until=self.snoozed_until,
            heard=now if heard is None else at(heard),
            now=now,
        )
        self.standing -= set(found.retracts)
        self.retracted += found.retracts
        self.standing |= {key_of(one.crossing) for one in found.raises}
        self.raised += found.raises
        return found

    def run(self, start: str | int, until: str | int) -> list[Raise]:
        """Ticks whenever the last tick said so; what was raised, in the order of raising."""
        now, until = at(start), at(until)
        before = len(self.raised)
        while True:
            next_at = self.tick(now).next_at
            if next_at is None or next_at > until:
                break
            if next_at <= now:
                raise RuntimeError(f"the engine would not sleep at {shown(now)}")
            now = next_at
        return self.raised[before:]


def told(raises: Sequence[Raise]) -> list[tuple[str, str | None, str | None]]:
    """Milestone, instant and suppression of each, for tables."""
    return [(one.crossing.milestone, shown(one.at), one.suppressed) for one in raises]


def named(crossings: Sequence[Crossing]) -> list[tuple[str, str | None]]:
    """Milestone and instant of each, for tables."""
    return [(one.milestone, shown(one.at)) for one in crossings]
