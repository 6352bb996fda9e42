"""Generated lives of a ticket of which people are told: by routes that change, with reminders, and
with people who take it on, snooze or silence it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args
from uuid import UUID

from hypothesis import strategies as st

from command_side.deciding.events import shown
from command_side.deciding.head import Head
from command_side.deciding.silencing import Silence, match
from command_side.event_store import Recorded
from engine.sla.conditions import Match
from engine.sla.instants import micros, moment
from engine.sla.matching import condition
from engine.sla.policy import Policy
from engine.sla.rotations import Plan, Rotation, Shift
from engine.sla.routes import USUALLY, Repeat, Route
from tests.support.log_in_memory import Log, Versions, book
from tests.support.rotas import book as book_of
from tests.support.rotas import read
from tests.support.sent import sent
from tests.support.timeline_strategies import (
    Arrival,
    Story,
    booleans,
    exact,
    maybe,
    of_three,
    stories,
    ticks,
)
from tests.support.timelines import DAY, HOUR, at

Deed = Literal["nothing", "acknowledge", "snooze", "silence", "pass", "rebuild"]
"""What happens after a batch; `pass`: somebody looks at all tickets, as after a change of the
policy; `rebuild`: heads are made anew, where a log is one of which they are."""

MATCHES: Sequence[dict[str, Any]] = (
    {},
    {},
    {"severity": "breached"},
    {"severity": ["warning", "critical"]},
    {"clock": "resolution"},
    {"type": "escalation"},
    {"type": "ended"},
    {"type": ["ended", "acknowledged", "withdrawn"]},
    {"type": "transition"},
    {"type": "transition", "clock": "resolution"},
)
TELL = (USUALLY, USUALLY, frozenset({"raised"}), frozenset({"raised", "ended", "acknowledged"}))

FOR_EVER = at("2024-01-01T00:00:00Z"), at("2025-01-01T00:00:00Z")
ON_CALL = Plan((Shift(*FOR_EVER, "anna"), Shift(*FOR_EVER, "ben", 2)))
"""Ben from level 2 on."""
ROTATIONS = {"payments": Rotation("payments", ("slack",))}

channels = st.sampled_from(
    [("slack",), ("urgent",), ("slack", "urgent"), ("on-call:payments", "urgent")]
)
repetitions = st.builds(
    Repeat,
    st.sampled_from([5 * HOUR, 7 * HOUR + 1]),
    st.sampled_from(["acknowledged", "ended"]),
    st.sampled_from([None, 1, 2]),
)
deed: st.SearchStrategy[Deed] = st.sampled_from([*get_args(Deed), "nothing"])
deeds = st.lists(
    st.tuples(deed, st.sampled_from([HOUR, 5 * HOUR, DAY, 3 * DAY])), min_size=1, max_size=5
)
silenced: st.SearchStrategy[dict[str, list[str]]] = st.sampled_from(
    [{}, {"severity": ["breached"]}, {"clock": ["resolution"]}]
)


@st.composite
def routes(draw: st.DrawFn) -> tuple[Route, ...]:
    """A few, two of which may repeat; in another version they may be gone."""
    found: list[Route] = []
    for name in "AB"[: 1 + draw(of_three) // 2]:
        if draw(of_three) == 0:
            continue
        said = draw(st.sampled_from(MATCHES))
        asks = "type" in said and said["type"] != "escalation"
        found.append(
            Route(
                draw(channels),
                Match(tuple(condition(field, value) for field, value in said.items())),
                name,
                draw(booleans),
                USUALLY if asks else draw(st.sampled_from(TELL)),
                None if asks else draw(maybe(repetitions, 3)),
            )
        )
    return (*found, Route(draw(channels), name="C", repeat=draw(maybe(repetitions))))


@dataclass
class Life:
    """What happens, but for who keeps what in mind."""

    story: Story
    sizes: Sequence[int]
    deeds: Sequence[tuple[Deed, int]]
    matchers: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Of the silences."""

    def __repr__(self) -> str:
        lines = [repr(self.story), f"{self.sizes} {self.deeds} {self.matchers}"]
        lines += [
            str(route) for each in self.story.policies for route in (each.version, each.routes)
        ]
        return "\n".join(lines)

    def known(self, now: int) -> Versions:
        """The versions accepted by then; the first is there from the beginning."""
        return book(*(p for p in self.story.policies if p.version == 1 or p.accepted_at <= now))


@st.composite
def lives(draw: st.DrawFn, *, late: bool = False) -> Life:
    """Of a ticket under a policy or three, each with routes of its own; `late`: nothing that is
    raised is ever too old to be told."""
    story = draw(stories(instants=st.one_of(ticks, exact)))

    within = 300 * DAY if late else draw(st.sampled_from([HOUR, 30 * DAY]))

    first, *later = story.policies
    if draw(booleans):  # only the routes are others
        later = [replace(first, version=one.version, accepted_at=one.accepted_at) for one in later]

    def routed(under: Policy) -> Policy:
        return replace(under, routes=draw(routes()), rotations=ROTATIONS, notify_within=within)

    return Life(
        Story(story.arrivals, [routed(each) for each in (first, *later)], story.end),
        draw(st.lists(st.integers(1, 3), max_size=8)),
        draw(deeds),
        draw(silenced),
    )


class Living:
    """One log that goes through a life, with an engine that looks whenever it is to."""

    def __init__(self, life: Life, log: Log, *, rebuilds: bool = False) -> None:
        self.life, self.log, self.rebuilds = life, log, rebuilds
        log.on_call = book_of(read(ON_CALL, FOR_EVER[0]))
        self.silences: list[Silence] = []
        self.seen: list[tuple[Any, ...]] = []
        """After each step, when to look again, and what the head knows."""

    def live(self, awake: Sequence[bool] = (True,)) -> "Living":
        """The engine sleeps through some of the batches unless it is always `awake`."""
        life, now = self.life, 0
        for number, batch in enumerate(self._batches()):
            if awake[number % len(awake)]:
                self._watch(now, batch[-1].now)
            now = max(now, batch[-1].now)
            submissions = [sent(each.one) for each in batch]
            self.log.ingest(submissions, life.known(now), moment(now))
            self._see()
            if awake[number % len(awake)]:
                self._watch(now, now)
            now = self._do(*life.deeds[number % len(life.deeds)], now)
        self._watch(now, life.story.end)
        return self

    def _batches(self) -> Sequence[Sequence[Arrival]]:
        rest, found = list(self.life.story.arrivals), list[list[Arrival]]()
        for size in [*self.life.sizes, len(rest)]:
            if rest:
                found.append(rest[:size])
                rest = rest[size:]
        return found

    def _watch(self, now: int, until: int) -> None:
        log = self.log
        for _ in range(10_000):
            if log.next_due_at is None or log.next_due_at > moment(until):
                return
            now = max(now, micros(log.next_due_at))
            log.tick(self.life.known(now), moment(now), self._silences(now))
            self._see()
            assert (log.next_due_at or moment(until)) > moment(now) or now == until, (
                "it would not sleep"
            )

    def _silences(self, now: int) -> list[Silence]:
        return [one for one in self.silences if now < one.until]

    def _do(self, deed: Deed, lasts: int, now: int) -> int:
        log, versions, at = self.log, self.life.known(now), moment(now)
        match deed:
            case "acknowledge":
                log.acknowledge(versions, at)
            case "snooze":
                log.snooze(versions, at, now + lasts)
            case "silence":
                number = UUID(int=len(self.silences) + 1)
                self.silences.append(
                    Silence(number, match(self.life.matchers), ((now, now + lasts),))
                )
            case "pass":
                log.follow(versions, at, self._silences(now))
            case "rebuild" if self.rebuilds:
                log.rebuild(versions, at, self._silences(now))
            case _:
                pass
        return now

    def _see(self) -> None:
        due = self.log.next_due_at
        self.seen.append((due and micros(due), what_it_knows(self.log.head)))


def what_it_knows(head: Head) -> dict[str, Any]:
    """Of who was told, and is to be told; while it owes something, the stream will say more."""
    followed = {} if head.owes else head.raised
    return {
        "followed": {
            clock: (of.started_at, of.told, of.over, of.levels, of.heard)
            for clock, of in followed.items()
            if of.told
        },
        "reminded": sorted(head.repeats, key=lambda one: (one.of, one.generation, one.route)),
        "muted": head.muted,
        "acknowledged": head.acknowledged,
        "snoozed_until": head.snoozed_until,
    }


def in_words(events: Sequence[Recorded]) -> list[tuple[Any, ...]]:
    """What happened, but for what only a reader of the whole stream can add."""
    found: list[tuple[Any, ...]] = []
    for event in events:
        body: dict[str, Any] = {**shown(event.body), "current": None}
        if "facts" in body:
            unsaid = {"cycles": None, "all_cycles": None, "left": None}
            body["facts"] = {**body["facts"], **unsaid}
        found.append((event.topic, event.recorded_at, event.occurred_at, body))
    return found
