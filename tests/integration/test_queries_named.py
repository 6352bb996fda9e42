"""The read side names the rule, the team and what else a ticket is judged by, and asks by it."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import httpx
import pytest

from engine.sla.policy import Policy
from projections.all import PROJECTORS
from projections.rebuild import rebuild
from tests.integration.test_queries_goals import KEPT, MISSED
from tests.support.house import House, get
from tests.support.recorded import at, cycle, observed, opened, raised
from tests.support.ruling import Ruled, ruled
from tests.support.timelines import policy

OUTAGE = {"rule": "Payments outage", "team": "Payments", "organization": "ACME"}


async def three_tickets(house: House) -> None:
    """Of two teams, under a rule and by the tier, and one that nothing is promised to."""
    said = {"team": "Payments", "type": "Incident", "organization": "ACME"}
    one = [{**KEPT, **OUTAGE}]
    await house.tell("A-1", opened("A-1", said=said, rule="Payments outage", cycles=one))
    other = {"team": "Billing", "type": "request"}
    billing = [cycle(overdue_from=MISSED["overdue_from"], team="Billing")]
    await house.tell("B-2", opened("B-2", said=other, cycles=billing))
    nothing: dict[str, Any] = {"rule": "Sandbox", "on_purpose": True, "state": "untracked"}
    await house.tell("C-3", opened("C-3", **nothing, cycles=[]))
    house.now = at(90)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"rule": "payments OUTAGE"}, ["A-1"]),
        ({"rule": "Sandbox,Payments outage"}, ["A-1", "C-3"]),
        ({"team": "BILLING"}, ["B-2"]),
        ({"type": "incident"}, ["A-1"]),
        ({"organization": "acme"}, ["A-1"]),
        ({"organization": "acme", "team": "billing"}, []),
        ({"q": "acme"}, ["A-1"]),
    ],
)
async def test_the_board_is_filtered_by_them(
    house: House, client: httpx.AsyncClient, filters: dict[str, Any], expected: list[str]
) -> None:
    await three_tickets(house)
    found = await get(client, "/dashboard", sort="external_id", **filters)
    assert [one["external_id"] for one in found["items"]] == expected


async def test_letters_of_which_databases_differ_are_found_in_either_case(
    house: House, client: httpx.AsyncClient
) -> None:
    said = {"team": "İZMİR", "organization": "ΟΔΟΣ", "type": "Größe"}
    named = {name: said[name] for name in ("team", "organization")}
    met = [{**KEPT, **named}]
    await house.tell("A-1", opened("A-1", said=said, cycles=met), raised("A-1", None, **named))
    house.now = at(90)
    asked = [("team", "İZMİR"), ("organization", "ΟΔΟΣ"), ("q", "ΟΔΟΣ"), ("type", "GRÖßE")]
    for name, value in asked:
        assert (await get(client, "/dashboard", **{name: value}))["total"] == 1, name
        assert (await get(client, "/reports/cycles", **{name: value}))["total"] == 1, name
        if name in named:
            assert len((await get(client, "/alerts", **{name: value}))["items"]) == 1, name


async def test_the_board_names_them_and_says_what_is_untracked_on_purpose(
    house: House, client: httpx.AsyncClient
) -> None:
    await three_tickets(house)
    names = ("rule", "on_purpose", "team", "type", "organization")
    found = await get(client, "/dashboard", sort="external_id")
    assert [tuple(one[name] for name in names) for one in found["items"]] == [
        ("Payments outage", False, "Payments", "Incident", "ACME"),
        (None, False, "Billing", "request", None),
        ("Sandbox", True, None, None, None),
    ]
    assert [(await get(client, "/tickets/C-3"))[name] for name in names[:2]] == ["Sandbox", True]


async def test_rules_teams_and_types_are_lists_to_filter_by(
    house: House, client: httpx.AsyncClient
) -> None:
    await three_tickets(house)

    async def named(**asked: Any) -> dict[str, dict[str, int]]:
        found = await get(client, "/dashboard/facets", **asked)
        return {
            kind: {one["value"]: one["count"] for one in found[kind]}
            for kind in ("rule", "team", "type", "organization")
        }

    every = {
        "rule": {"Payments outage": 1, "Sandbox": 1},
        "team": {"Billing": 1, "Payments": 1},
        "type": {"Incident": 1, "request": 1},
        "organization": {"ACME": 1},
    }
    assert await named() == every
    assert (await named(organization="acme"))["organization"] == every["organization"]
    assert (await named(organization="acme"))["team"] == {"Payments": 1}
    of_payments = {
        "rule": {"Payments outage": 1},
        "type": {"Incident": 1},
        "organization": {"ACME": 1},
    }
    assert await named(team="payments") == {**of_payments, "team": every["team"]}
    assert (await named(rule="Sandbox"))["rule"] == every["rule"]
    of_requests = await named(type="request")
    assert (of_requests["team"], of_requests.get("organization")) == ({"Billing": 1}, {})


async def test_what_null_clears_leaves_the_board(house: House, client: httpx.AsyncClient) -> None:
    await three_tickets(house)
    gone = {"team": None, "organization": None, "type": None}
    await house.tell("A-1", observed(at(5), gone, rule="Payments outage"))
    found = await get(client, "/tickets/A-1")
    assert (found["team"], found["organization"], found["type"]) == (None, None, "Incident")


async def test_cycles_are_reported_by_what_they_were_judged_by_not_by_what_came_later(
    house: House, client: httpx.AsyncClient
) -> None:
    await three_tickets(house)
    moved = {"team": "Billing", "organization": None, "type": "request"}
    await house.tell("A-1", observed(at(50), moved, cycles=[], priority="P3"))

    async def groups(by: str) -> list[tuple[Any, ...]]:
        found = await get(client, "/reports/attainment", group_by=by)
        return [
            (*(one[name] for name in by.split(",")), one["met"], one["breached"])
            for one in found["groups"]
        ]

    assert await groups("rule") == [("Payments outage", 1, 0), (None, 0, 1)]
    assert await groups("team,priority") == [("Billing", "P1", 0, 1), ("Payments", "P1", 1, 0)]
    assert await groups("organization") == [("ACME", 1, 0), (None, 0, 1)]
    assert await groups("type") == [("request", 1, 1)]  # the ticket's present one


def with_goals() -> Policy:
    """The outage's, and the tier's."""
    found = ruled(
        policy({"P1": {"resolution": "1h"}}),
        Ruled("Payments outage", targets={"any": {"resolution": "1h"}}),
    )
    of_rule, of_tier = found.rule_plans["Payments outage", ""], found.plans["gold", "p1"]
    return replace(
        found,
        rule_plans={("Payments outage", ""): replace(of_rule, goals={"resolution": Fraction(50)})},
        plans={("gold", "p1"): replace(of_tier, goals={"resolution": Fraction(90)})},
    )


async def test_the_goal_is_that_of_the_rule_and_of_none_that_is_no_more(
    house: House, client: httpx.AsyncClient
) -> None:
    house.policy = with_goals()
    for number, by in enumerate((OUTAGE, {}, {"rule": "Last year's"})):
        one = {**KEPT, **by}
        await house.tell(f"T-{number}", opened(f"T-{number}", customer_tier="gold", cycles=[one]))
    house.now = at(60) + timedelta(minutes=30)
    found = await get(client, "/reports/attainment", group_by="rule")
    told = {one["rule"]: one["goal_percent"] for one in found["groups"]}
    assert told == {"Payments outage": 50.0, None: 90.0, "Last year's": None}


async def test_alerts_name_them_and_are_found_by_them(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.tell("A-1", opened("A-1"), raised("A-1", None, **OUTAGE))
    await house.tell("B-2", opened("B-2"), raised("B-2"))
    asked = {"rule": "payments outage", "team": "payments", "organization": "Acme"}
    for name, value in asked.items():
        (one,) = (await get(client, "/alerts", **{name: value}))["items"]
        assert {name: one[name] for name in OUTAGE} == OUTAGE
    other = (await get(client, "/alerts", ticket_id="B-2"))["items"][0]
    assert {other[name] for name in OUTAGE} == {None}


async def test_a_rebuild_names_the_same(house: House, client: httpx.AsyncClient) -> None:
    await three_tickets(house)
    tables = ("tickets", "ticket_clocks", "alerts")
    before = {name: await house.rows(name) for name in tables}
    for projector in PROJECTORS:
        if projector.name in tables:
            await rebuild(house.pool, projector, now=lambda: house.now)
    assert {name: await house.rows(name) for name in tables} == before
