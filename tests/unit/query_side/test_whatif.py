"""A policy that has always been in force gives statuses its own phases."""

from dataclasses import replace
from fractions import Fraction

from command_side.deciding.head import Head
from command_side.deciding.replayed import Replayed
from engine.sla.instants import micros
from engine.sla.statuses import BUILT_IN_STATUSES
from query_side.audit.whatif import Always, Attained
from tests.support.items import at, identity, opening, submission, update
from tests.support.log_in_memory import Log, book
from tests.support.ruling import Ruled, ruled
from tests.support.timelines import policy, saw, see

TARGETS = {"resolution": "4h"}
GOAL = {"resolution": Fraction("99.5")}


def test_statuses_count_as_they_would_have_been_mapped() -> None:
    log = Log(identity())
    items = [submission(opening(0)), submission(update(10, status="pending"))]
    log.ingest(items, book(policy(TARGETS)), at(20))
    supposed = Always(policy(TARGETS, statuses={**BUILT_IN_STATUSES, "pending": "done"}))

    case = Replayed(identity(), 0, Head("default", "T-1", 1), supposed, log.stream)

    assert case.refold(micros(at(20))).phase == "done"


def test_the_goal_is_that_of_the_rule_and_of_a_group_with_several_none() -> None:
    rules = ruled(policy(TARGETS), Ruled("Queue", {"team": "a"}, targets={"any": TARGETS}))
    held = {key: replace(plan, goals=GOAL) for key, plan in rules.rule_plans.items()}
    rules = replace(rules, rule_plans=held)
    ends = saw("10:00", "done")
    by_rule = see([saw("09:00", "waiting", team="a"), ends], rules, "11:00").fold
    running = see([saw("09:00", "waiting")], rules, "11:00").fold
    by_tier = see([saw("09:00", "waiting"), ends], rules, "11:00").fold
    group = ("gold", "p1", "resolution")
    found = Attained()
    assert found.goal(group) is None
    found.count(by_rule, rules)
    assert found.goal(group) == 99.5
    found.count(running, rules)
    assert (found.met[group], found.goal(group)) == (1, 99.5)
    found.count(by_tier, rules)
    assert (found.met[group], found.goal(group)) == (2, None)
