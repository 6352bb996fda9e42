"""How a ticket's clocks stand by what was known at two instants: what differs, in sentences."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.sla.calendar import Calendar
from engine.sla.cycle import Cycle
from engine.sla.timeline import Fold
from engine.sla.uses import Time, Uses
from engine.sla.verdict import CycleView, verdict, view
from query_side.audit.why import rule_of
from query_side.audit.wording import Words, clock_name, duration, listed, promise, value

STATES = {
    "running": "was running",
    "paused": "was paused",
    "met": "had met its target",
    "breached": "had ended too late",
    "cancelled": "was cancelled",
}


@dataclass(frozen=True, slots=True)
class Known:
    """A ticket by what was known at an instant, counted to another."""

    known_at: int
    fold: Fold
    uses: Uses
    began: bool
    """Whether it existed by the instant that it is counted to."""

    def cycles(self) -> Mapping[tuple[str, int], "Stood"]:
        """By clock and number."""
        found = self.fold.cycles() if self.began else ()
        return {(one.rules.name, one.number): Stood.of(one, self) for one in found}

    def ticket(self) -> Mapping[str, str | None]:
        """What is told of the ticket itself, as answers call it."""
        if not self.began:
            return {}
        said = self.fold.attributes
        return {
            "status": self.fold.status,
            "priority": said.priority,
            "customer_tier": said.tier,
            "team": said.team,
            "rule": rule_of(self.fold.plan),
            "sla_state": verdict(self.fold).state,
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """All that differs of one cycle or, without a clock, of the ticket itself."""

    clock: str | None
    cycle: int | None
    what: Sequence[str]
    """As answers call it; empty: by one of the two there was none."""
    explanation: str


@dataclass(frozen=True, slots=True)
class Stood:
    """One cycle as it was known to be."""

    view: CycleView
    calendar: Calendar
    rule: str | None
    promise: str
    time: Time

    @classmethod
    def of(cls, cycle: Cycle, known: Known) -> "Stood":
        budget, calendar = cycle.budget, cycle.calendar
        return cls(
            view(cycle),
            calendar,
            None if cycle.plan is None else rule_of(cycle.plan),
            "nothing" if budget is None else promise(budget, calendar),
            known.uses.in_all(cycle, known.fold.at),
        )

    def traits(self) -> Mapping[str, object]:
        """What may differ, as answers call it, in the order in which it is told."""
        it, time = self.view, self.time
        return {
            "state": it.state,
            "started_at": it.started_at,
            "target": self.promise,
            "rule": self.rule,
            "breached_at": it.missed_at,
            "due_at": it.due_at,
            "counted_seconds": time.counted,
            "paused_seconds": time.paused,
            "excused_seconds": time.excused,
        }

    def told(self, trait: str, words: Words) -> str:
        """One of them in words."""
        it, time, calendar = self.view, self.time, self.calendar
        match trait:
            case "state":
                return STATES[it.state]
            case "started_at":
                return f"had begun {words.instant(it.started_at, calendar)}"
            case "target":
                return f"was promised {self.promise}"
            case "rule":
                return f"was judged by {_named(self.rule)}"
            case "breached_at":
                if it.missed_at is None:
                    return "had missed no deadline"
                return f"had missed its deadline of {words.instant(it.missed_at, calendar)}"
            case "due_at":
                if it.due_at is None:
                    return "had no deadline"
                return f"was due {words.instant(it.due_at, calendar)}"
            case "counted_seconds":
                return f"had counted {duration(time.counted, calendar)}"
            case "paused_seconds" if not time.paused:
                return "had not been paused"
            case "paused_seconds":
                return f"had been paused for {duration(time.paused, calendar)}"
            case _ if not time.excused:
                return "was not excused"
            case _:
                return f"was excused for {duration(time.excused, calendar)}"


TICKET = {
    "status": "had the status",
    "priority": "had the priority",
    "customer_tier": "had the customer tier",
    "team": "was with",
    "rule": "fell under",
    "sla_state": "showed as",
}
BRIEFLY = ("state", "started_at", "breached_at", "due_at")
"""What is told of a cycle that only one of the two knows."""


def differences(before: Known, after: Known, words: Words) -> Iterator[Difference]:
    """Of the ticket, then of each cycle, in the order of `after`. Both are counted to one instant:
    what differs was learned in between."""
    had, has = before.ticket(), after.ticket()
    what = [name for name in TICKET if had.get(name) != has.get(name)]
    if what:
        told = [_ticket(one, what) for one in (had, has)]
        yield Difference(None, None, what, _sentence("The ticket", told, before, after, words))
    stood, stands = before.cycles(), after.cycles()
    for key in dict.fromkeys([*stands, *stood]):
        was, now = stood.get(key), stands.get(key)
        if was is None or now is None:
            differs, what = BRIEFLY, ()
        else:
            differs = what = _differ(was, now)
        if differs:
            told = [_cycle(it, differs, words) for it in (was, now)]
            sentence = _sentence(clock_name(*key), told, before, after, words)
            yield Difference(*key, what, sentence)


def _differ(was: Stood, now: Stood) -> Sequence[str]:
    old, new = was.traits(), now.traits()
    return [name for name in old if old[name] != new[name]]


def _ticket(it: Mapping[str, str | None], what: Sequence[str]) -> str:
    if not it:
        return "it was not there yet"
    return f"it {listed([f'{TICKET[name]} {_named(it[name])}' for name in what])}"


def _cycle(it: Stood | None, differs: Sequence[str], words: Words) -> str:
    if it is None:
        return "there was none"
    # Beside the state, that there is no deadline and that none was missed needs no telling.
    needless = {"due_at": it.view.due_at is None, "breached_at": it.view.missed_at is None}
    beside = "state" in differs
    told = [it.told(one, words) for one in differs if not (beside and needless.get(one))]
    return f"it {listed(told)}"


def _sentence(name: str, told: Sequence[str], before: Known, after: Known, words: Words) -> str:
    then, now = words.instant(before.known_at), words.instant(after.known_at)
    at = f"at {then}" if then != now else "a moment before"
    return words.once(
        f"{name}: by what was known {at} {told[0]}; by what was known at {now} {told[1]}."
    )


def _named(given: str | None) -> str:
    return "nothing" if given is None else value(given)
