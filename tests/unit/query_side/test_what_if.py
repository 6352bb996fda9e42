"""What is counted of tickets that are folded under two policies."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from engine.sla.instants import micros, moment
from engine.sla.policy import Policy
from engine.sla.statuses import BUILT_IN_STATUSES
from query_side.audit.heard import TOPICS
from query_side.audit.what_if.past import Past, past
from query_side.audit.what_if.sums import GROUPINGS, By, Side, Sums
from tests.support.items import at, identity, opening, submission, update
from tests.support.log_in_memory import Log, book
from tests.support.ruling import Ruled, ruled
from tests.support.timeline_strategies import Story, stories
from tests.support.timelines import policy
from tests.unit.command_side.test_casefile_properties import known, run

TARGETS = {"resolution": "4h"}
GOAL = {"resolution": Fraction("99.5")}
BY_CLOCK = By(["clock"])


def lived(*items: dict[str, object], under: Policy) -> Past:
    log = Log(identity())
    log.ingest([submission(item) for item in items], book(under), at(0))
    found = past(log.stream)
    assert found is not None
    return found


def counted(found: Past, under: Policy, by: By = BY_CLOCK, minute: float = 600) -> Side:
    side = Side()
    fold = found.folded((under,), found.excused(Log(identity()).excuses), micros(at(minute)))
    side.count(found, fold, under, by, {})
    return side


@given(
    stories(),
    st.lists(st.integers(1, 4), max_size=4),
    st.lists(st.booleans(), min_size=1, max_size=3),
)
def test_counting_again_gives_every_verdict_that_was_recorded(
    story: Story, sizes: Sequence[int], acknowledged: Sequence[bool]
) -> None:
    log = Log(identity())
    run(story, sizes, log, awake=[True], acknowledged=acknowledged)
    end = story.end
    versions = known(story, end)
    log.follow(versions, moment(end))
    found = past([event for event in log.stream if event.topic in TOPICS])
    assert found is not None

    fold = found.folded(found.versions(versions), found.excused(log.excuses), end)
    sums, side = Sums(), Side()
    verdicts = side.count(found, fold, versions.current, BY_CLOCK, {})
    sums.compare(found, verdicts, verdicts, end)

    assert (sums.differences, sums.differing) == ([], 0)
    assert sums.proven == len(verdicts)
    assert (sums.tickets_turned, sums.cycles) == (0, [])


def test_statuses_count_as_they_would_have_been_mapped() -> None:
    found = lived(opening(0), update(10, status="pending"), under=policy(TARGETS))
    supposed = policy(TARGETS, statuses={**BUILT_IN_STATUSES, "pending": "done"})
    assert counted(found, policy(TARGETS)).total.open == 1
    assert counted(found, supposed).total.met == 1


def test_the_goal_is_that_of_the_rule_and_of_a_group_with_several_none() -> None:
    rules = ruled(policy(TARGETS), Ruled("Queue", {"team": "a"}, targets={"any": TARGETS}))
    held = {key: replace(plan, goals=GOAL) for key, plan in rules.rule_plans.items()}
    rules = replace(rules, rule_plans=held)
    ends = update(60, status="resolved")
    by_rule, by_tier = (
        lived(opening(0, team="a"), ends, under=rules),
        lived(opening(0), ends, under=rules),
    )
    running = lived(opening(590), under=rules)
    side = Side()

    def count(found: Past) -> tuple[int, float | None]:
        fold = found.folded((rules,), Log(identity()).excuses.newest, micros(at(600)))
        side.count(found, fold, rules, BY_CLOCK, {})
        return side.total.met, side.total.goal

    assert side.total.goal is None
    assert count(by_rule) == (1, 99.5)
    assert count(running) == (1, 99.5)
    assert count(by_tier) == (2, None)


def test_groups_are_told_by_what_the_cycle_was_judged_by_in_the_days_of_a_zone() -> None:
    under = policy(TARGETS, version=7)
    first = opening(-9 * 60 - 30, team="A", organization="ACME")  # 23:30 UTC, Sunday
    found = lived(first, update(-9 * 60 - 20, team="B", status="resolved"), under=under)
    by = By(GROUPINGS, ZoneInfo("Europe/Berlin"))
    spelled: dict[tuple[str | None, ...], tuple[str | None, ...]] = {}
    side = Side()
    fold = found.folded((under,), Log(identity()).excuses.newest, micros(at(0)))
    side.count(found, fold, under, by, spelled)
    [(key, counts)] = side.groups.items()
    assert counts.met == 1
    assert dict(zip(GROUPINGS, spelled[key], strict=True)) == {
        "clock": "resolution",
        "rule": None,
        "tier": "gold",
        "priority": "P1",
        "team": "B",
        "organization": "ACME",
        "policy": "7",
        "day": "2026-01-05",
        "week": "2026-01-05",
        "month": "2026-01-01",
    }
    assert key[GROUPINGS.index("organization")] == "acme"


def test_whoever_had_it_when_it_was_breached_is_judged_by_the_goal_of_then() -> None:
    under = policy({"P1": {"resolution": "1h"}, "P3": {"resolution": "1h"}})
    plans = {
        key: replace(plan, goals={"resolution": Fraction(99 if key[1] == "p1" else 80)})
        for key, plan in under.plans.items()
    }
    under = replace(under, plans=plans)
    found = lived(
        opening(0, team="A", organization="ACME"),
        update(120, team="B", organization="Other", priority="P3"),
        update(180, status="resolved"),
        under=under,
    )
    side = counted(found, under, By(["team", "organization", "priority"]))
    assert list(side.groups) == [("a", "acme", "p1")]
    assert (side.total.goal, side.breaches_of) == (99.0, {"A": 1})


def test_what_an_acknowledgement_holds_still_has_not_come_up() -> None:
    rungs = {"P1": {1: "10m", 2: "20m"}}
    under = policy(TARGETS, ladders=rungs, ack_timeout=3 * 3_600_000_000)
    log = Log(identity())
    log.ingest([submission(opening(0))], book(under), at(0))
    log.acknowledge(book(under), at(15))
    found = past(log.stream)
    assert found is not None
    assert counted(found, under, minute=60).escalations.total() == 1
    assert counted(found, under, minute=200).escalations.total() == 2


def test_parts_that_are_counted_apart_add_up_to_the_whole() -> None:
    under, shorter = policy(TARGETS), policy({"resolution": "1h"})
    tickets = [
        lived(opening(0, team="a"), update(minute, status="resolved"), under=under)
        for minute in (30, 90, 300)
    ]

    def sums(of: Sequence[Past]) -> Sums:
        result = Sums()
        for found in of:
            sides = ((result.before, under), (result.after, shorter))
            verdicts = [
                side.count(
                    found,
                    found.folded((one,), Log(identity()).excuses.newest, micros(at(600))),
                    one,
                    BY_CLOCK,
                    result.spelled,
                )
                for side, one in sides
            ]
            result.compare(found, verdicts[0], verdicts[1], micros(at(600)))
        return result

    parts, whole = sums(tickets[:1]), sums(tickets)
    parts.add(sums(tickets[1:]))
    assert parts == whole
    assert whole.turned == {("met", "breached"): 1}
    assert (whole.before.breaches_of, whole.after.breaches_of) == ({"a": 1}, {"a": 2})
    assert whole.after.alerts[date(2026, 1, 5)] - whole.before.alerts[date(2026, 1, 5)] == 3


def test_a_stream_that_is_no_tickets_has_no_past() -> None:
    assert past([]) is None
