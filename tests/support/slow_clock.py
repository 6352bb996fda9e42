"""A slow and obviously right evaluator of the four clocks, to check the fast one against.

It walks through the life of a ticket minute by minute and counts; it shares no code with the
clocks of the product. Everything here is in whole minutes.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from tests.support.slow_cycle import Cycle, Promise, nothing
from tests.support.slow_days import Allowed, Minutes

STANDING_STILL = ("done", "cancelled")
CUSTOMER, GIVEN, AGENT = range(3)
"""Who comes first in the same minute: an answer answers what was asked by then."""


UNSAID = "?"
"""In place of a team that is not named."""


class Said(NamedTuple):
    """One observation."""

    at: int
    revision: int
    phase: str | None
    priority: str | None
    agent: int | None
    customer: int | None
    created: int | None
    first: int | None
    withdrawn: tuple[int, ...] = ()
    team: str | None = UNSAID
    assigned: bool | None = None
    about: Mapping[str, Any] = MappingProxyType({})
    """What else it says of the ticket, by the name that conditions call it by."""
    own: Mapping[str, int | None] = MappingProxyType({})
    """Deadlines that it brings along, by clock; None withdraws one."""


class Rules(NamedTuple):
    """How a clock behaves, as the configuration says."""

    pauses_in: frozenset[str]
    on_change: str
    reopen: str
    answered_by: str
    after: str
    pauses_at_most: int | None
    again: frozenset[str] = frozenset()


About = Mapping[str, Any]
"""What a ticket says of itself in one minute, by the names that conditions use."""
Promises = Callable[[About, int, int], Mapping[str, Promise]]
"""By when it was created, and in which minute."""
ExcusedBy = Callable[[str, About], Minutes]
"""By clock, too."""


class Ticket:
    """The ticket as it stands in one minute."""

    def __init__(
        self,
        rules: Mapping[str, Rules],
        promises: Promises,
        excused: ExcusedBy,
    ) -> None:
        self.rules = rules
        self.promises = promises
        self.excused = excused
        self.cycles: dict[str, list[Cycle]] = {name: [] for name in rules}
        self.begun: dict[str, int] = dict.fromkeys(rules, 0)
        self.phase = "waiting"
        self.priority = ""
        self.given: int | None = None
        self.answered = False
        self.customer_waits = False
        self.team: str | None = None
        self.assigned = False
        self.nobody_has_it = False
        self.others: dict[str, Any] = {}
        self.own: dict[str, int] = {}
        self.created_at = 0

    @property
    def about(self) -> About:
        """All that it says of itself now."""
        assigned = "yes" if self.assigned else "no"
        own = {"priority": self.priority, "team": self.team, "assigned": assigned}
        return {**self.others, **own}

    # Cycles
    def current(self, clock: str) -> Cycle | None:
        """The open cycle of a clock."""
        newest = self.cycles[clock][-1] if self.cycles[clock] else None
        return newest if newest is not None and newest.ended is None else None

    def start(self, clock: str, now: int) -> None:
        self.begun[clock] += 1
        cycle = Cycle(now, self.begun[clock])
        self.cycles[clock].append(cycle)
        cycle.come_under(self.promised(clock, cycle, now), now, "carry")

    def promised(self, clock: str, cycle: Cycle, now: int) -> Promise:
        """Its own date where it has one after the start, else what the rules say."""
        promise = self.promises(self.about, self.created_at, now)[clock]
        own = self.own.get(clock)
        if own is None or not promise.takes_own or own <= cycle.started_at:
            return promise
        return promise._replace(allowed=Allowed("own_date", own))

    def end(self, clock: str, now: int, how: str) -> None:
        cycle = self.current(clock)
        if cycle is None:
            return
        cycle.ended = how
        never_lasted = how == "cancelled" and cycle.started_at == now
        if never_lasted and clock in ("next_response", "update", "ownership"):
            self.cycles[clock].pop()
            self.begun[clock] -= 1

    def run_again(self, clock: str, now: int) -> None:
        if self.cycles[clock] and (newest := self.cycles[clock][-1]).ended:
            newest.ended = None
            promise = self.promised(clock, newest, now)
            newest.come_under(promise, now, self.rules[clock].on_change)

    # What happens
    def created(self, now: int, *, observed: bool) -> None:
        self.start("response", now)
        self.start("resolution", now)
        self.start("assignment", now)
        if self.phase not in STANDING_STILL:
            self.start("update", now)
            self.start_stint(now)
        if self.assigned and self.phase != "cancelled":
            self.end("assignment", now, "stopped")
        if self.phase == "cancelled":
            self.end("response", now, "cancelled")
            self.end("resolution", now, "cancelled")
            self.end("assignment", now, "cancelled")
        if self.phase == "done":
            self.end("resolution", now, "stopped")
        if observed:
            self.perhaps_answered_by_status(now)

    def first_answer(self, now: int) -> None:
        self.answered = True
        self.end("response", now, "stopped")

    def perhaps_answered_by_status(self, now: int) -> None:
        by_reply_only = self.rules["response"].answered_by == "reply"
        if self.phase in ("waiting", "cancelled") or by_reply_only or self.given is not None:
            return
        if not self.answered:
            self.first_answer(now)

    def customer_wrote(self, now: int) -> None:
        if not self.answered and self.rules["next_response"].after == "first_response":
            return
        if self.phase in STANDING_STILL:
            self.customer_waits = True
        elif self.current("next_response") is None:
            self.start("next_response", now)

    def agent_wrote(self, now: int) -> None:
        if self.given is None:
            self.first_answer(now)
        self.customer_waits = False
        self.end("next_response", now, "stopped")
        self.end("update", now, "stopped")
        if self.phase not in STANDING_STILL:
            self.start("update", now)

    def is_promised_anew(self, now: int) -> None:
        for clock in self.rules:
            cycle = self.current(clock)
            if cycle is not None:
                promise = self.promised(clock, cycle, now)
                cycle.come_under(promise, now, self.rules[clock].on_change)

    def start_stint(self, now: int) -> None:
        if self.team is not None:
            self.start("ownership", now)

    def end_stint(self, now: int) -> None:
        stint = self.current("ownership")
        if stint is not None and stint.started_at == now:
            self.end("ownership", now, "cancelled")
        else:
            self.end("ownership", now, "stopped")

    def brings_along(self, own: Mapping[str, int | None]) -> None:
        every = {**self.own, **own}
        self.own = {clock: at for clock, at in every.items() if at is not None}

    def takes_in(self, one: Said, now: int) -> None:
        """What it says about the ticket, but for its status."""
        before, own = self.about, self.own
        team = self.team if one.team == UNSAID else one.team
        assigned = self.assigned if one.assigned is None else one.assigned
        moved = (team or "").lower() != (self.team or "").lower()
        lost = self.assigned and not assigned
        if moved:
            self.end_stint(now)
        self.team, self.assigned = team, assigned
        self.priority = one.priority or self.priority
        self.others.update(one.about)
        self.brings_along(one.own)
        if (self.about, self.own) != (before, own):
            self.is_promised_anew(now)
        if moved and self.phase not in STANDING_STILL:
            self.start_stint(now)
        again = self.rules["assignment"].again
        if assigned:
            self.nobody_has_it = False
            self.end("assignment", now, "stopped")
            return
        comes = moved and team is not None
        if self.current("assignment") is None and (
            (lost and "unassigned" in again) or (comes and "team" in again)
        ):
            self.nobody_has_it = True
            self.perhaps_wait_for_somebody(now)

    def perhaps_wait_for_somebody(self, now: int) -> None:
        if self.nobody_has_it and self.phase not in STANDING_STILL:
            self.nobody_has_it = False
            self.start("assignment", now)

    def enters(self, phase: str, now: int) -> None:
        before, self.phase = self.phase, phase
        if phase == before:
            self.perhaps_answered_by_status(now)
            return
        reopened = before == "cancelled" or (before == "done" and phase != "cancelled")
        if reopened:
            self.reopened(now)
        if phase == "cancelled":
            for clock in self.rules:
                self.end(clock, now, "cancelled")
        self.perhaps_answered_by_status(now)
        if phase == "done":
            self.end_stint(now)
            self.end("resolution", now, "stopped")
            for clock in ("next_response", "update"):
                waited = self.current(clock)
                overdue = waited is not None and waited.overdue and waited.target is not None
                self.end(clock, now, "stopped" if overdue else "cancelled")

    def reopened(self, now: int) -> None:
        if not self.answered:
            self.run_again("response", now)
        if self.rules["resolution"].reopen == "resume":
            self.run_again("resolution", now)
        else:
            self.start("resolution", now)
        if self.cycles["assignment"][-1].ended == "cancelled":
            self.nobody_has_it = False
            self.run_again("assignment", now)
            if self.assigned and self.phase != "cancelled":
                self.end("assignment", now, "stopped")
        if self.phase in STANDING_STILL:
            return
        self.start("update", now)
        self.start_stint(now)
        self.perhaps_wait_for_somebody(now)
        if self.customer_waits:
            self.customer_waits = False
            self.start("next_response", now)

    def minutes_pass(self, first: int, end: int) -> None:
        for clock, rules in self.rules.items():
            cycle = self.current(clock)
            if cycle is not None:
                self.look(cycle, rules)
                cycle.excuse(first, self.excused(clock, self.about))
                cycle.minutes_pass(first, end)

    def look(self, cycle: Cycle, rules: Rules) -> None:
        """Whether it runs, by the phase, and how long it may be paused."""
        held = self.phase in STANDING_STILL
        pauses = self.phase in rules.pauses_in
        cycle.may_pause = None if held else rules.pauses_at_most
        cycle.running = not held and (not pauses or cycle.is_exhausted())
        cycle.waiting = pauses and not held


def walk(
    observations: Sequence[Said],
    rules: Mapping[str, Rules],
    promises: Promises,
    as_of: int,
    excused: ExcusedBy = lambda clock, about: nothing,
    edges: Iterable[int] = (),
) -> dict[str, list[Cycle]]:
    """All cycles of every clock at `as_of`; `observations` in order, `excused` says by clock and
    what the ticket says which minutes are, `edges` where rules begin or end to hold."""
    none = {at for one in observations for at in one.withdrawn}
    observations = [
        one._replace(
            agent=None if one.agent in none else one.agent,
            customer=None if one.customer in none else one.customer,
            first=None if one.first in none else one.first,
        )
        for one in observations
    ]
    ticket = Ticket(rules, promises, excused)
    created = next((one.created for one in reversed(observations) if one.created is not None), None)
    created = observations[0].at if created is None else created
    ticket.given = next(
        (one.first for one in reversed(observations) if one.first is not None), None
    )
    ticket.priority = next((one.priority for one in observations if one.priority), "")
    first_phase = next((one.phase for one in observations if one.phase), "waiting")
    if as_of < created:
        return {}
    ticket.created_at = created
    before = [one for one in observations if one.at <= created]
    later = [one for one in observations if one.at > created]
    if before:
        ticket.phase = first_phase
        for one in before:
            ticket.phase = one.phase or ticket.phase
            ticket.priority = one.priority or ticket.priority
            ticket.team = ticket.team if one.team == UNSAID else one.team
            ticket.assigned = ticket.assigned if one.assigned is None else one.assigned
            ticket.others.update(one.about)
            ticket.brings_along(one.own)
    else:
        ticket.others.update(later[0].about)
        ticket.brings_along(later[0].own)
        ticket.team = None if later[0].team == UNSAID else later[0].team
        later[0] = later[0]._replace(phase=later[0].phase or first_phase)
    seen: dict[int, list[Said]] = defaultdict(list)
    for one in later:
        seen[one.at].append(one)
    answers = sorted(
        {(one.customer, CUSTOMER) for one in observations if one.customer is not None}
        | {(one.agent, AGENT) for one in observations if one.agent is not None}
        | ({(ticket.given, GIVEN)} if ticket.given is not None else set())
    )
    ticket.created(created, observed=bool(before))
    answered = {max(at, created) for at, _ in answers}
    turns = {one for one in edges if one > created}
    happens = sorted(one for one in answered | seen.keys() | turns if one <= as_of)
    ticket.minutes_pass(created, min([*happens, as_of]))
    for now, next_one in zip(happens, [*happens, as_of][1:], strict=True):
        now_answered = [kind for at, kind in answers if max(at, created) == now]
        if now in turns:
            ticket.is_promised_anew(now)
        if seen[now] and now_answered:
            ticket.takes_in(seen[now][0], now)
        for kind in now_answered:
            if kind == CUSTOMER:
                ticket.customer_wrote(now)
            elif kind == AGENT:
                ticket.agent_wrote(now)
            else:
                ticket.first_answer(now)
        for one in seen[now]:
            ticket.takes_in(one, now)
            if one.phase is not None:
                ticket.enters(one.phase, now)
        ticket.minutes_pass(now, next_one)
    for clock, rule in rules.items():
        for cycle in ticket.cycles[clock]:
            if cycle.ended is None:
                ticket.look(cycle, rule)
            cycle.excuse(as_of, excused(clock, ticket.about))
    return ticket.cycles
