"""What a ticket's stream says of who was told of what, and of who is reminded: event by event.

Pure. With the clocks as the events say that they were decided, it follows from the stream alone:
a head that is made anew knows of it what the one that was kept did.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from msgspec.structs import replace

from command_side.deciding.events import (
    DECISIONS,
    Body,
    Facts,
    Milestone,
    Notice,
    Raised,
    Repeats,
    Ticket,
    Told,
    ToldAfterAll,
)
from command_side.deciding.head import Repeated
from command_side.deciding.records import Recorded
from command_side.deciding.repeating import begun, go_on
from command_side.deciding.telling import raising_of, reach
from engine.sla.escalation import says_less
from engine.sla.instants import micros
from engine.sla.pairing import Raising

MUTED = ("snoozed", "silenced")
"""Why what matters was not sent: it is, when that is over."""
OPEN = ("running", "paused")
"""States of a cycle that is not over."""

Of = tuple[str, int]
"""A cycle, by its clock and start."""


class ToldBefore:
    """What the events read so far say."""

    def __init__(self) -> None:
        self.raised: dict[Raising, tuple[int, Raised]] = {}
        """The milestones that stand, as they were raised: when they happened, and the event."""
        self.muted: dict[Raising, str] = {}
        """How those were muted that nobody has been told of, nor of anything worse of their kind,
        nor has taken on since."""
        self.generations: dict[tuple[str, int, str], int] = {}
        self.over: dict[Of, str] = {}
        """The cycles that are over, and how, as whoever follows them knows: met | breached |
        cancelled."""
        self._turned: dict[Of, str | None] = {}
        """What has changed of that, and may have been left to the tick that came at once; None:
        it runs."""
        self._all_turned = False
        """What is not among these is not any more."""
        self.left = False
        """Whether what was decided last was left to be told to the tick that came at once, and none
        has told it yet."""
        self._reminded: dict[str, list[Repeated]] = {}
        """By alert."""
        self._by_rotation: defaultdict[str, list[Notice]] = defaultdict(list)

    @property
    def reminded(self) -> list[Repeated]:
        """Those who are reminded, of what and when next."""
        return [one for of in self._reminded.values() for one in of]

    def by_rotation(self, rotation: str) -> Collection[Notice]:
        """What was told by it, and whom."""
        return self._by_rotation.get(rotation, ())

    def told_of(self) -> Iterable[Raised]:
        """What stands, and somebody was told of."""
        return [body for _, body in self.raised.values() if body.to or body.tell]

    def read(self, event: Recorded) -> None:
        """The next one of the stream."""
        body = event.body
        if isinstance(body, DECISIONS):
            self._decide(body.facts)
            return  # it tells nobody of anything: as most are
        if isinstance(body, Raised | Ticket.Retracted):
            self._settle()
            self._take(body, micros(event.occurred_at))
        elif isinstance(body, Ticket.Unmuted):
            self._settle()
            self._unmute(body.alerts, body.escalation_level, micros(event.occurred_at))
        elif isinstance(body, Ticket.Acknowledged):
            self.muted.clear()
            for of in self._reminded.values():
                of[:] = [one for one in of if one.until != "acknowledged"]
        elif isinstance(body, Ticket.NotReminded):
            for one in body.reminders:
                self._swallow(one.alert_id, one.route, micros(event.occurred_at), one.goes_on)
        self._hear(body)

    # What of its clocks is known to whoever follows them
    def _decide(self, facts: Facts) -> None:
        if facts.all_cycles:
            self._all_turned = True
            self._turned.clear()
        for one in facts.cycles:
            self._turned[one.clock, one.started_at] = None if one.state in OPEN else one.state
        # What a head alone decides says nothing of earlier cycles: what was left of them still is.
        self.left = facts.left or (self.left and not facts.all_cycles)
        if not self.left:
            self._settle()

    def _settle(self) -> None:
        self.left = False
        if not (self._turned or self._all_turned):
            return
        if self._all_turned:
            self.over.clear()
        for cycle, state in self._turned.items():
            if state is None:
                self.over.pop(cycle, None)
            else:
                self.over[cycle] = state
        self._turned.clear()
        self._all_turned = False
        for of in self._reminded.values():
            of[:] = [one for one in of if one.of[:2] not in self.over]

    # What was raised, and taken back
    def _take(self, body: Raised | Ticket.Retracted, at: int) -> None:
        if isinstance(body, Raised):
            raising = raising_of(body)
            self.raised[raising] = at, body
            self.generations[raising[0]] = body.generation
            if body.suppressed in MUTED:
                self.muted[raising] = body.suppressed
            elif body.suppressed is None:
                self.settle_muted(raising)
            self._begin(raising, body.alert_id, body.repeats, body.raised_at)
        else:
            self.raised.pop(raising_of(body), None)
            self._reminded.pop(body.alert_id, None)
            self.muted.pop(raising_of(body), None)

    def _unmute(self, told: Sequence[ToldAfterAll], level: int, now: int) -> None:
        """These were told after all, in this order: who was, hears of it when it is taken back.
        With the level that the ticket is on by then, and not with that of when it was muted."""
        muted = {self.raised[raising][1].alert_id: raising for raising in self.muted}
        for one in told:
            if (raising := muted.get(one.alert_id)) is not None:
                at, body = self.raised[raising]
                now_told = replace(body, to=one.to, tell=one.tell, escalation_level=level)
                self.raised[raising] = at, now_told
                self.settle_muted(raising)
                self._begin(raising, body.alert_id, one.repeats, now)

    def settle_muted(self, told: Raising) -> None:
        """It is told: of what was muted and says no more than that nobody needs to be told."""
        if self.muted:
            self.muted = {
                one: how for one, how in self.muted.items() if not says_less(one[0], told[0])
            }

    # Who is reminded
    def reaches(self, told: Raising, level: int) -> None:
        """It is told once more, with the ticket on this level."""
        at, body = self.raised.get(told, (0, None))
        if body is not None and reach(body) < level and not isinstance(body, Ticket.Escalated):
            self.raised[told] = at, replace(body, escalation_level=level)

    def _begin(self, raising: Raising, alert_id: str, said: tuple[Repeats, ...], now: int) -> None:
        of, generation = raising
        if not said:
            return
        for before in self._reminded.values():
            before[:] = [one for one in before if one.of != of]
        if of[:2] not in self.over:
            at = self.raised[raising][0]
            self._reminded[alert_id] = begun(said, of, generation, at, now)

    def _swallow(self, alert_id: str, route: str, now: int, goes_on: bool) -> None:
        of = self._reminded.get(alert_id, [])
        for one in [one for one in of if one.route == route]:
            if goes_on:
                go_on(one, now)
            else:
                of.remove(one)

    def _hear(self, body: Body) -> None:
        if not isinstance(body, Milestone | Ticket.Unmuted | Ticket.Informed):
            return
        for notice in body.notices:
            for asked in notice.on_call:
                self._by_rotation[asked.rotation].append(notice)
            for one in notice.alerts if self._reminded else ():
                if one.type == "reminder":
                    self._remind(one)

    def _remind(self, told: Told) -> None:
        of = self._reminded.get(told.alert_id, [])
        for one in of:
            if one.route == told.route:
                one.count = told.count
                go_on(one, told.raised_at)
                self.reaches((one.of, one.generation), told.escalation_level)
        of[:] = [one for one in of if not one.is_done]
