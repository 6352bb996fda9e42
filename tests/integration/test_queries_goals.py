"""Reports show the goal beside the result, and how many more may be missed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import httpx

from engine.sla.policy import Policy
from tests.integration.test_queries_excused import LATE, MET
from tests.support.house import House, get
from tests.support.recorded import at, cycle, opened, text
from tests.support.timelines import policy

KEPT = cycle(
    state="met",
    stopped_at=text(at(40)),
    elapsed_seconds=2400.0,
    **dict.fromkeys(("due_at", "warning_at", "critical_at", "breached_at", "overdue_from")),
)
MISSED = cycle(overdue_from=text(at(60) + timedelta(microseconds=1)))
GONE = {**KEPT, "state": "cancelled"}


def with_goals(goals: Mapping[str, Mapping[str, float]]) -> Policy:
    """By priority of the tier gold; `""`: of all other priorities and tiers."""
    plain = policy({name: {"resolution": "1h", "response": "1h"} for name in goals if name})
    exact = {
        name: {clock: Fraction(str(goal)) for clock, goal in of_clocks.items()}
        for name, of_clocks in goals.items()
    }
    others = exact.get("", {})
    return replace(
        plain,
        plans={
            ("gold", name.casefold()): replace(
                plain.plans["gold", name.casefold()], goals={**others, **of_clocks}
            )
            for name, of_clocks in exact.items()
            if name
        },
        tier_fallbacks={"gold": replace(plain.tier_fallbacks["gold"], goals=others)},
        fallback=replace(plain.fallback, goals=others),
    )


async def tell(house: House, *cycles: Any, priority: str = "P1", tier: str = "Gold") -> None:
    """A ticket for each cycle."""
    for number, one in enumerate(cycles):
        name = f"{tier} {priority} {number}"
        await house.tell(name, opened(name, priority=priority, customer_tier=tier, cycles=[one]))


async def shown(client: httpx.AsyncClient, **asked: Any) -> list[tuple[Any, ...]]:
    """Of each group and of all: met, breached, the goal and what is left."""
    found = await get(client, "/reports/attainment", **asked)
    return [
        (one["met"], one["breached"], one["goal_percent"], one["budget_left"])
        for one in (*found["groups"], found["total"])
    ]


async def test_the_goal_stands_beside_the_result_with_what_is_left_of_its_budget(
    house: House, client: httpx.AsyncClient
) -> None:
    house.policy = with_goals({"P1": {"resolution": 50}, "P2": {"resolution": 99.5}})
    await tell(house, KEPT, KEPT, KEPT, MISSED, priority="P1")
    await tell(house, KEPT, MISSED, priority="P2")
    house.now = at(90)

    assert await shown(client, group_by="priority") == [
        (3, 1, 50, 1),
        (1, 1, 99.5, -1),
        (4, 2, None, None),
    ]
    asked = {"group_by": "priority", "format": "csv"}
    lines = (await client.get("/reports/attainment", params=asked)).text.splitlines()
    assert lines[0].split(",")[5:8] == [
        "attainment_percent_excused_counted",
        "goal_percent",
        "budget_left",
    ]
    assert [line.split(",")[6:8] for line in lines[1:]] == [["50.0", "1"], ["99.5", "-1"]]


async def test_a_group_of_several_goals_has_none_nor_has_one_of_which_a_part_has_none(
    house: House, client: httpx.AsyncClient
) -> None:
    house.policy = with_goals({"P1": {"resolution": 50}, "P2": {"resolution": 90}, "P3": {}})
    await tell(house, KEPT, MISSED, priority="P1")
    house.now = at(90)
    assert await shown(client) == [(1, 1, 50, 0)] * 2
    await tell(house, KEPT, priority="P3")
    assert await shown(client) == [(2, 1, None, None)] * 2
    assert await shown(client, group_by="priority") == [
        (1, 1, 50, 0),
        (1, 0, None, None),
        (2, 1, None, None),
    ]
    await tell(house, KEPT, priority="P2")
    assert (await shown(client, group_by="tier"))[0] == (3, 1, None, None)


async def test_where_there_are_no_goals_there_are_none_to_show(
    house: House, client: httpx.AsyncClient
) -> None:
    await tell(house, KEPT, MISSED)
    house.now = at(90)
    assert await shown(client) == [(1, 1, None, None)] * 2
    assert (await shown(client, to=text(at(1))))[-1] == (0, 0, None, None)


async def test_groups_of_equal_goals_have_that_goal_together(
    house: House, client: httpx.AsyncClient
) -> None:
    house.policy = with_goals({"P1": {"resolution": 50}, "P2": {"resolution": 50}})
    await tell(house, KEPT, MISSED, priority="P1")
    await tell(house, KEPT, KEPT, priority="P2")
    house.now = at(90)
    assert await shown(client, group_by="tier,clock") == [(3, 1, 50, 1)] * 2


async def test_tickets_without_a_plan_of_their_own_have_the_goals_of_the_tier_or_the_file(
    house: House, client: httpx.AsyncClient
) -> None:
    house.policy = with_goals({"P1": {"resolution": 50}, "": {"resolution": 75}})
    await tell(house, KEPT, priority="P1", tier="GOLD")
    await tell(house, KEPT, priority="P7", tier="gold")
    await tell(house, KEPT, priority="p1", tier="Großkunden")
    house.now = at(90)
    found = await get(client, "/reports/attainment", group_by="tier,priority")
    assert [(one["tier"].lower(), one["goal_percent"]) for one in found["groups"]] == [
        ("gold", 50),
        ("gold", 75),
        ("großkunden", 75),
    ]


async def test_a_tier_is_found_in_whatever_case_it_is_written(
    house: House, client: httpx.AsyncClient
) -> None:
    plain = with_goals({"P1": {"resolution": 50}})
    house.policy = replace(plain, plans={("grosskunden", "p1"): plain.plans["gold", "p1"]})
    await tell(house, KEPT, tier="Großkunden")
    await tell(house, KEPT, tier="GROSSKUNDEN")
    house.now = at(90)
    assert (await shown(client))[-1] == (2, 0, 50, 1)


async def test_what_was_cancelled_has_no_part_in_the_budget_nor_in_the_goal(
    house: House, client: httpx.AsyncClient
) -> None:
    house.policy = with_goals({"P1": {"resolution": 50}, "P2": {"resolution": 90}})
    await tell(house, KEPT, MISSED, GONE, priority="P1")
    await tell(house, GONE, priority="P2")
    house.now = at(90)
    assert await shown(client, group_by="priority") == [
        (1, 1, 50, 0),
        (0, 0, None, None),
        (1, 1, 50, 0),
    ]


async def test_the_goals_are_the_newest_also_for_what_was_decided_before(
    house: House, client: httpx.AsyncClient
) -> None:
    await tell(house, KEPT, MISSED)
    house.now = at(90)
    for goal, left in ((50, 0), (100, -1), (0, 1)):
        house.policy = with_goals({"P1": {"resolution": goal}})
        assert await shown(client) == [(1, 1, goal, left)] * 2


async def test_the_budget_is_that_of_the_figures_that_were_asked_for(
    house: House, client: httpx.AsyncClient
) -> None:
    house.policy = with_goals({"P1": {"resolution": 60}})
    await tell(house, KEPT, MET, LATE)
    house.now = at(100)
    assert await shown(client, excused="with") == [(2, 0, 60, 0)] * 2
    assert await shown(client, excused="without") == [(1, 2, 60, -1)] * 2
