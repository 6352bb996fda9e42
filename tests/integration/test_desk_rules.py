"""What a rule promises, from the configuration to what people read."""

import pytest

from command_side.deciding.events import Ticket
from tests.support.audit import auditing
from tests.support.desk import Process
from tests.support.items import opening, update

CONFIG = """
sla_targets: {GOLD: {P1: {resolution: 8h}}}
rules:
  - {name: Payments outage, when: {team: payments}, any: {resolution: 1h}}
  - {name: Sandbox, when: {team: sandbox}, any: none}
"""


OFFICE = """
calendars: {office: {timezone: UTC, hours: {mon-fri: ["09:00-17:00"]}}}
sla_targets: {GOLD: {P1: {calendar: office, response: 2h}, P2: {response: 2h}}}
notifications: {channels: {slack: {type: slack, url_env: URL}}, routes: [{match: {}, to: [slack]}]}
"""


@pytest.fixture
async def ruled(process: Process) -> Process:
    process.clock.set(-1)
    await process.offer(CONFIG)
    return process


async def sentences(process: Process, when: float) -> list[str]:
    async with auditing(process) as auditor:
        return [sentence for _, _, sentence in await auditor.told(as_of=when)]


async def test_the_timeline_names_the_rule_and_says_what_another_one_moved(ruled: Process) -> None:
    await ruled.post(opening(0, team="Payments"), when=0)
    await ruled.post(update(20, team="Billing"), when=20)
    await ruled.post(update(30, team="payments"), when=30)
    told = "\n".join(await sentences(ruled, 31))
    assert 'The promise is 1h under the rule "Payments outage", due Mon' in told
    assert 'the customer tier decides instead of the rule "Payments outage", which brings' in told
    assert 'the rule "Payments outage" decides instead of the customer tier, which brings' in told


async def test_what_is_untracked_on_purpose_is_shown_as_such(ruled: Process) -> None:
    await ruled.post(opening(0, team="Sandbox"), when=0)
    async with auditing(ruled) as auditor:
        answer = await auditor.sla(as_of=1)
    shown = (answer["sla_state"], answer["rule"], answer["on_purpose"], answer["clocks"])
    assert shown == ("untracked", "Sandbox", True, [])


async def test_each_clock_names_by_what_it_is_judged(ruled: Process) -> None:
    await ruled.post(opening(0, team="Payments", organization="ACME"), when=0)
    await ruled.post(update(20, status="resolved"), when=20)
    await ruled.post(update(30, team="Billing", organization="Other"), when=30)
    async with auditing(ruled) as auditor:
        (clock,) = (await auditor.sla(as_of=40))["clocks"]
    names = ("rule", "team", "organization", "customer_tier", "priority")
    assert [clock[name] for name in names] == ["Payments outage", "Payments", "ACME", "gold", "P1"]


async def test_a_notice_names_the_calendar_by_whose_hours_the_time_left_counts(
    process: Process,
) -> None:
    process.clock.set(-1)
    await process.offer(OFFICE)
    await process.post(opening(0), opening(0, "T-2", priority="P2"), when=0)
    await process.run(130)

    told: dict[str, set[str | None]] = {}
    for name in ("T-1", "T-2"):
        notices = [
            notice
            for event in await process.stream(name)
            if isinstance(event.body, Ticket.AlertRaised | Ticket.Escalated)
            for notice in event.body.notices
        ]
        told[name] = {alert.calendar for one in notices for alert in one.alerts}
    assert told == {"T-1": {"office"}, "T-2": {None}}


async def test_a_contract_that_another_follows_with_the_same_promise_is_told_as_that(
    process: Process,
) -> None:
    renewed = """
sla_targets: {GOLD: {}}
rules:
  - {name: Gold 2025, when: {customer_tier: gold}, any: {resolution: 40h},
     valid: {until: 2026-01-05, by: time}}
  - {name: Gold 2026, when: {customer_tier: gold}, any: {resolution: 40h},
     valid: {from: 2026-01-06, by: time}}
"""
    process.clock.set(-1)
    await process.offer(renewed)
    assert process.reloader.status.error is None, process.reloader.status.error
    await process.post(opening(0), when=0)
    midnight = 15 * 60
    await process.run(midnight + 1)
    assert (await sentences(process, midnight + 1))[-1] == (
        'By its dates, the rule "Gold 2026" decides from then on; no deadline moved.'
    )
