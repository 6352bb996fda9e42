"""Why a ticket is promised what it is: at any instant, by what was known at any other."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest_asyncio

from tests.support.audit import Auditor, auditing
from tests.support.desk import Process
from tests.support.items import opening, update

RULES = """
rules:
  - name: Payments outage
    when: {team: payments, tags: [outage]}
    P1: {resolution: 30m}
  - name: Sandbox
    when: {source: default, fields.stage: test}
    any: none
sla_targets:
  GOLD:
    P1: {resolution: 60m}
"""


@pytest_asyncio.fixture
async def auditor(process: Process) -> AsyncGenerator[Auditor]:
    await process.change(RULES, 0)
    async with auditing(process) as auditor:
        yield auditor


def tried(answer: dict[str, Any]) -> list[tuple[str, bool, str]]:
    return [(one["rule"], one["matched"], one["because"]) for one in answer["why"]]


async def test_the_rule_is_named_and_each_one_before_it_with_what_keeps_it_from_matching(
    process: Process, auditor: Auditor
) -> None:
    await process.post(opening(0, team="billing"))

    answer = await auditor.sla()

    assert answer["rule"] == "gold"
    assert tried(answer) == [
        ("Payments outage", False, "team is billing, not payments"),
        ("Sandbox", False, "it has no stage, and the rule asks for test"),
        ("gold", True, "customer tier is gold, and no rule before it matches"),
    ]
    assert answer["promise"] == (
        "Customer tier gold is promised at priority P1: resolution within 60m (1 h)."
    )


async def test_it_is_told_as_of_any_instant_and_by_what_was_known_then(
    process: Process, auditor: Auditor
) -> None:
    await process.post(opening(0, team="billing"))
    await process.post(update(10, team="Payments", tags=["Outage"]), when=20)
    process.clock.set(30)

    asked: list[dict[str, Any]] = [
        {},
        {"as_of": 10},
        {"as_of": 9},
        {"as_of": 15, "known_at": 19},
        {"known_at": 20},
    ]
    told = [(await auditor.sla(**one))["rule"] for one in asked]
    assert told == ["Payments outage", "Payments outage", "gold", "gold", "Payments outage"]
    assert tried(await auditor.sla()) == [
        ("Payments outage", True, "team is Payments and it has the tag Outage")
    ]
    before = await auditor.sla(as_of=-1)
    assert (before["rule"], before["why"]) == (None, [])
    assert before["promise"] == "The ticket did not exist yet."


async def test_a_ticket_without_clocks_is_told_why_it_has_none(
    process: Process, auditor: Auditor
) -> None:
    await process.post(
        opening(0, "T-1", stage="Test"),
        opening(0, "T-2", team="payments", tags=["outage"], priority="P3"),
        opening(0, "T-3", customer_tier="Bronze"),
        opening(0, "T-4", priority="P3"),
    )

    told = [await auditor.sla(name) for name in ("T-1", "T-2", "T-3", "T-4")]

    assert [one["clocks"] for one in told] == [[], [], [], []]
    assert [one["rule"] for one in told] == ["Sandbox", "Payments outage", None, "gold"]
    assert [tried(one)[-1] for one in told] == [
        ("Sandbox", True, "source is default and stage is Test"),
        ("Payments outage", True, "team is payments and it has the tag outage"),
        ("Bronze", False, "the configuration has no customer tier Bronze, only gold"),
        ("gold", True, "customer tier is gold, and no rule before it matches"),
    ]
    assert [one["promise"].partition(": ")[2] for one in told] == [
        "the rule Sandbox says none.",
        'the rule "Payments outage" has no targets for priority P3, only for P1, and rules and'
        " tiers behind it are not tried.",
        "no rule matches, and the configuration has no customer tier Bronze.",
        "customer tier gold has no targets for priority P3, only for P1.",
    ]
