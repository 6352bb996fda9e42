"""Generated timelines, policies and orders of arrival, for the properties of the clocks.

Instants lie on a coarse grid, so that many coincide, around a change of summer time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

from hypothesis import strategies as st

from engine.sla.calendar import ALWAYS, FAR_FUTURE, Calendar
from engine.sla.conditions import Match, condition
from engine.sla.excuses import Excuse, merged
from engine.sla.policy import OWN_DATES, PHASES, ClockKind, Phase, Policy, status_key
from engine.sla.statuses import BUILT_IN_STATUSES
from engine.sla.timeline import Observation
from tests.support.timelines import (
    DAY,
    HOUR,
    MINUTE,
    OFFICE,
    UNSAID,
    at,
    in_order,
    policy,
    saw,
    shown,
)

BERLIN = Calendar(
    "berlin",
    "Europe/Berlin",
    {day: [(9 * 60, 12 * 60 + 30), (13 * 60 + 30, 18 * 60)] for day in range(4)}
    | {4: [(9 * 60, 16 * 60)], 6: [(0, 24 * 60)]},
)
"""Open on Sundays, when the clocks change; a 23-hour and a 25-hour day."""

KINDS: tuple[ClockKind, ...] = get_args(ClockKind)
EXTRA = "vendor"
"""A clock that only some policies have."""
STARTS = (at("2024-01-15T00:00:00Z"), at("2024-03-29T00:00:00Z"), at("2024-10-25T00:00:00Z"))
LONGEST = 6 * DAY

STATUS: Mapping[Phase, str] = {
    "waiting": "open",
    "active": "in_progress",
    "paused": "pending",
    "done": "resolved",
    "cancelled": "cancelled",
}
"""A status of each phase, as every policy has it that says nothing else."""


def maybe(strategy: st.SearchStrategy[Any], likely: int = 1) -> st.SearchStrategy[Any]:
    """`strategy` as often as `likely` says, in four; otherwise nothing."""
    return st.one_of(*[strategy] * likely, *[st.none()] * (4 - likely))


# Made once: a strategy is checked before it is first drawn from, which takes longer than to draw.
of_three, of_four, of_five, of_ten, of_twenty = (st.integers(0, last) for last in (2, 3, 4, 9, 19))
booleans = st.booleans()
calendars = st.sampled_from([ALWAYS, OFFICE, BERLIN])
ticks = st.integers(0, LONGEST // (30 * MINUTE)).map(lambda count: count * 30 * MINUTE)
exact = st.integers(0, LONGEST)
lags = st.sampled_from([0, 0, 0, MINUTE, HOUR])
durations = st.sampled_from(["30m", "1h", "90m", "4h", "8h", "30h"])
working_days = st.tuples(
    st.sampled_from(["1bd", "2bd"]),
    st.sampled_from(["", "-end", "@02:30", "@12:00", "@17:00"]),
    st.sampled_from(["", "", " cut-off 09:00", " cut-off 16:00"]),
).map("".join)
targets = st.one_of(durations, working_days)
phases: st.SearchStrategy[Phase] = st.sampled_from(PHASES)
priorities = st.sampled_from(["P1", "P2", "P9"])
tiers = st.sampled_from(["gold", "gold", "gold", "tin"])
on_changes = st.sampled_from(["carry", "carry", "restart", "recompute"])
agains = st.sampled_from([(), ("unassigned",), ("team",), ("unassigned", "team")]).map(frozenset)
teams = st.sampled_from(["support", "billing", "Support", None])
pause_limits = st.sampled_from([None, None, 0, 30 * MINUTE, 90 * MINUTE, 8 * HOUR])
remapped = st.dictionaries(st.sampled_from([*map(status_key, STATUS.values())]), phases, max_size=2)
as_usual = st.just(dict[str, Phase]())
some_phases = st.one_of(st.just({"paused"}), st.sets(st.sampled_from(PHASES), max_size=2))
answered_by = st.sampled_from(["reply", "reply_or_status"])
reopens = st.sampled_from(["resume", "new_cycle"])
afters = st.sampled_from(["first_response", "creation"])
kinds = st.sampled_from(KINDS)
others = st.sampled_from(["default", "support"])
apply_to = st.sampled_from(["open_tickets", "open_tickets", "new_tickets"])
mostly = st.sampled_from([True, True, True, False])
warnings = st.sampled_from([15, 50])
starts = st.sampled_from(STARTS)
matched = maybe(st.sampled_from(["p1", "p2"]), 2)
some_kinds = maybe(st.sets(kinds, min_size=1).map(frozenset))
own_offsets = st.one_of(
    *[st.none()] * 5,
    st.dictionaries(st.sampled_from(OWN_DATES), st.one_of(st.none(), ticks), min_size=1),
)
"""Mostly none; those there are may be withdrawn, and may lie before what they are for."""
said_phase, said_priority, said_tier, said_assigned = (
    maybe(phases, 3),
    maybe(priorities),
    maybe(tiers),
    maybe(booleans),
)
revisions = st.integers(0, 2)
rungs = st.sampled_from(
    [
        None,
        {1: "10m", 2: "2h", 4: "6h"},
        {1: "50%", 2: "due-60m", 3: "due+30m"},
        {1: "0m", 3: "80%", 7: "due+2h"},
    ]
)


@st.composite
def clock_rules(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """What `clocks:` says about each of the four."""
    found: dict[str, dict[str, Any]] = {
        name: {
            "pauses_in": draw(some_phases),
            "pauses_at_most": draw(pause_limits),
            "on_change": draw(on_changes),
            "kind": name,
        }
        for name in KINDS
    }
    found["response"]["answered_by"] = draw(answered_by)
    found["resolution"]["reopen"] = draw(reopens)
    found["assignment"]["again"] = draw(agains)
    found["next_response"]["after"] = draw(afters)
    if draw(of_four) == 0:
        found[EXTRA] = {"kind": draw(kinds), "on_change": draw(on_changes)}
    return found


@st.composite
def policies(
    draw: st.DrawFn,
    *,
    version: int = 1,
    accepted_at: int = 0,
    promised: st.SearchStrategy[str] = targets,
    calendars: st.SearchStrategy[Calendar] = calendars,
    remapped: st.SearchStrategy[dict[str, Phase]] = as_usual,
) -> Policy:
    """Two calendars by priority, some targets, any rules; nothing for P9 and tier `tin`.

    `remapped` are statuses that are in another phase than usual.
    """

    clocks = draw(clock_rules())

    def promises() -> dict[str, Any]:
        found: dict[str, Any] = {name: draw(promised) for name in clocks if draw(of_five)}
        if draw(of_four) == 0:
            found["ownership"] = {"billing": draw(promised), draw(others): draw(promised)}
        return found

    return policy(
        {"P1": promises(), "P2": promises()},
        version=version,
        accepted_at=accepted_at,
        calendars={"P1": draw(calendars), "P2": draw(calendars), "P9": draw(calendars)},
        ladders={name: ladder for name in ("P1", "P2") if (ladder := draw(rungs)) is not None},
        clocks=clocks,
        statuses={**BUILT_IN_STATUSES, **draw(remapped)},
        apply_to=draw(apply_to),
        own_dates=draw(mostly),
        warning=draw(warnings),
    )


@st.composite
def excuses(draw: st.DrawFn, *, start: int, instants: st.SearchStrategy[int] = ticks) -> Excuse:
    """Some windows around a ticket's life, seldom without an end, of some tickets and clocks."""
    edges = draw(st.lists(st.tuples(instants, instants), min_size=1, max_size=3))
    windows = [(start - HOUR + min(edge), start - HOUR + max(edge)) for edge in edges]
    if draw(of_ten) == 0:
        windows.append((windows[0][1], FAR_FUTURE))
    match = draw(matched)
    return Excuse(
        merged(windows),
        Match() if match is None else Match((condition("priority", match),)),
        draw(some_kinds),
    )


@st.composite
def timelines(
    draw: st.DrawFn,
    *,
    start: int,
    instants: st.SearchStrategy[int] = ticks,
    most: int = 8,
) -> list[Observation]:
    """Observations with distinct keys, in order; the first arrives with what is required."""
    keys = draw(st.lists(st.tuples(instants, revisions), min_size=1, max_size=most, unique=True))

    any_of_them = st.sampled_from([offset for offset, _ in keys])

    def reply(offset: int) -> int | None:
        """Mostly none, often the observation's own instant, seldom that of another or any."""
        choice = draw(of_twenty)
        if choice < 10:
            return None
        if choice < 15:
            return start + offset
        if choice < 17:
            return start + max(0, offset - draw(of_five) * 30 * MINUTE)
        if choice < 19:
            return start + draw(any_of_them)
        return start + draw(instants)

    def own_dates() -> dict[ClockKind, int | None] | None:
        offsets = draw(own_offsets)
        if offsets is None:
            return None
        return {kind: None if at is None else start + at for kind, at in offsets.items()}

    def rarely(offset: int) -> int | None:
        return reply(offset) if draw(of_ten) == 0 else None

    observations = [
        saw(
            start + offset,
            draw(said_phase),
            rev=revision,
            priority=draw(said_priority),
            tier=draw(said_tier),
            agent=reply(offset),
            customer=reply(offset),
            created=rarely(offset),
            first=rarely(offset),
            own=own_dates(),
            assigned=draw(said_assigned),
            team=draw(teams) if draw(of_three) == 0 else UNSAID,
        )
        for offset, revision in keys
    ]
    if draw(of_four) == 0:
        replies = [at for one in observations for at in replies_of(one)] or [start]
        which = st.lists(st.sampled_from(replies), max_size=2, unique=True)
        observations = [
            one._replace(withdrawn=tuple(draw(which))) if draw(booleans) else one
            for one in observations
        ]
    first = observations[0]
    observations[0] = first._replace(
        phase=first.phase or "waiting", priority=first.priority or "P1", tier=first.tier or "gold"
    )
    return in_order(observations)


def replies_of(one: Observation) -> list[int]:
    """Their instants."""
    named = (one.agent_reply, one.customer_reply, one.first_responded_at)
    return [at for at in named if at is not None]


def said(one: Observation) -> str:
    """What an observation says, in a line that can be read."""
    instants = ("agent_reply", "customer_reply", "created_at", "first_responded_at")
    words = [
        f"{name}={shown(value) if name in instants else value}"
        for name, value in one._asdict().items()
        if value not in (None, ()) and name not in ("at", "revision")
    ]
    return " ".join([f"{shown(one.at)}/{one.revision}", *words])


@dataclass(frozen=True)
class Arrival:
    """An observation, and when it came."""

    now: int
    one: Observation


class Story:
    """A ticket's observations as they arrived, under policies as they were accepted."""

    def __init__(self, arrivals: Sequence[Arrival], policies: Sequence[Policy], end: int) -> None:
        self.arrivals = arrivals
        self.policies = policies
        self.end = end

    def __repr__(self) -> str:
        lines = [f"{shown(each.now)}: {said(each.one)}" for each in self.arrivals]
        for each in self.policies:
            since = "" if each.since is None else f" since {shown(each.since)}"
            lines.append(f"v{each.version} {shown(each.accepted_at)} {each.apply_to}{since}")
            mapped = dict(each.statuses.items() - BUILT_IN_STATUSES.items())
            lines.append(f"  {mapped}")
            lines += [f"  {rules}" for rules in each.clocks.values()]
            for (_, priority), plan in each.plans.items():
                named = {name: calendar.name for name, calendar in plan.calendars.items()}
                lines.append(f"  {priority}: {dict(plan.targets)} {named} {plan.ladder}")
        return "\n".join(["", *lines])

    @property
    def observations(self) -> list[Observation]:
        return in_order([arrival.one for arrival in self.arrivals])

    def known_policies(self, now: int) -> list[Policy]:
        """The version under which the ticket began, and every one since."""
        began = self.arrivals[0].now
        first = max(p.version for p in self.policies if p.accepted_at <= began)
        return [p for p in self.policies if p.version >= first and p.accepted_at <= now]


@st.composite
def stories(
    draw: st.DrawFn, *, instants: st.SearchStrategy[int] = ticks, prompt: bool | None = None
) -> Story:
    """In any order of arrival; `prompt`: each in order and soon, so that most folds continue."""
    start = draw(starts)
    observations = draw(timelines(start=start, instants=instants))
    if prompt is None:
        prompt = draw(booleans)
    if not prompt:
        observations = draw(st.permutations(observations))
    observations[0] = observations[0]._replace(
        phase=observations[0].phase or "waiting",
        priority=observations[0].priority or "P1",
        tier=observations[0].tier or "gold",
    )
    observations = [
        one if one.phase is None else one._replace(status=STATUS[one.phase]) for one in observations
    ]
    arrivals: list[Arrival] = []
    now = start
    for one in observations:
        now = max(now, one.at) + draw(lags) if prompt else now + draw(ticks) // 4
        arrivals.append(Arrival(now, one))
    accepted = sorted(draw(st.lists(st.one_of(ticks, exact), max_size=2)))
    versions = [draw(policies(remapped=remapped))]
    for number, offset in enumerate(accepted, 2):
        version = policies(version=number, accepted_at=start + offset, remapped=remapped)
        since = None if draw(st.integers(0, 2)) else start - HOUR + min(offset, draw(instants))
        versions.append(replace(draw(version), since=since))
    return Story(arrivals, versions, max(now, start + LONGEST) + draw(ticks) + HOUR)


@st.composite
def tickets(
    draw: st.DrawFn,
    *,
    instants: st.SearchStrategy[int] = ticks,
    promised: st.SearchStrategy[str] = targets,
    calendars: st.SearchStrategy[Calendar] = calendars,
) -> Story:
    """Under one policy; known at the end, which may come before the last observation."""
    start = draw(starts)
    end = start + draw(st.one_of(instants, st.just(LONGEST)))
    observations = draw(timelines(start=start, instants=instants))
    return Story(
        [Arrival(end, one) for one in observations],
        [draw(policies(promised=promised, calendars=calendars))],
        end,
    )


def with_limit(story: Story, limit: int | None) -> Story:
    """The same, with this limit of pauses for every clock."""

    def limited(under: Policy) -> Policy:
        clocks = under.clocks.items()
        found = {name: replace(rules, pauses_at_most=limit) for name, rules in clocks}
        return replace(under, clocks=found)

    return Story(story.arrivals, [limited(under) for under in story.policies], story.end)
