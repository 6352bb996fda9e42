"""The promises to those who are told: everything, once, in order, in time, and else silence."""

import asyncio
from collections.abc import AsyncGenerator, Generator, Sequence
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from ops.wiring import now
from tests.support.clients import (
    Client,
    Listener,
    Slack,
    client_of,
    instant,
    item,
    listening,
    seconds_late,
)
from tests.support.database import temporary_database
from tests.support.patience import watched_machine
from tests.support.service import Program, mock_slack, running, service

CONFIG = """
sla_targets:
  ENTERPRISE:
    P0: {resolution: 4s, escalation: {LEVEL_1: 25%}}
    P1: {resolution: 2s, escalation: {}}
    P2: {resolution: 2s, escalation: {LEVEL_1: 20%, LEVEL_2: 40%, LEVEL_3: 60%}}
    P3: {resolution: 6s, escalation: {}}
alert_thresholds: {warning: 50, critical: 25}
escalation_levels: {1: "Team lead notified", 2: "Manager notified", 3: "Director notified"}
notifications:
  routes:
    - {match: {priority: [P0]}, to: [punctual]}
    - {match: {priority: [P2]}, to: [held]}
    - {match: {priority: [P3]}, to: [corrected]}
    - {match: {}, to: [slack]}
  channels:
    slack: {type: slack, url_env: SLACK_WEBHOOK_URL}
    punctual: {type: slack, url_env: PUNCTUAL_URL}
    held: {type: slack, url_env: HELD_URL}
    corrected: {type: slack, url_env: CORRECTED_URL}
"""
LATEST = 5.0
"""Seconds that an alert may be late."""
SECONDS = {"level:1": 1, "warning": 2, "critical": 3, "breached": 4}
"""After which a P0 comes to each."""
STEPS = 10
"""Times that an alert waits for the machine on its way, which may be busy with other things."""


@pytest.fixture(scope="module")
def slack_program(tmp_path_factory: pytest.TempPathFactory) -> Generator[Program]:
    program = mock_slack(tmp_path_factory.mktemp("slack"))
    with running(program):
        yield program


@pytest.fixture(scope="module")
def program(
    server: str,
    migrated_template: str,
    slack_program: Program,
    tmp_path_factory: pytest.TempPathFactory,
) -> Generator[Program]:
    """One service for all of these: each test has tickets and a channel of its own."""
    slack = f"{slack_program.url}/services"
    with temporary_database(server, migrated_template) as (_, database):
        program = service(
            tmp_path_factory.mktemp("service"),
            CONFIG,
            database=database,
            slack=f"{slack}/slack",
            PUNCTUAL_URL=f"{slack}/punctual",
            HELD_URL=f"{slack}/held",
            CORRECTED_URL=f"{slack}/corrected",
        )
        with running(program):
            yield program
        assert not program.complaints()


@pytest_asyncio.fixture
async def client(program: Program) -> AsyncGenerator[Client]:
    async with client_of(program) as client:
        yield client


@pytest_asyncio.fixture
async def listener(program: Program) -> AsyncGenerator[Listener]:
    async with listening(program) as listener:
        yield listener


@pytest.fixture
def slack(slack_program: Program) -> Slack:
    return Slack(slack_program)


def told(messages: Sequence[dict[str, Any]]) -> list[tuple[str, str | None, int]]:
    return [(one["type"], one["milestone"], one["escalation_level"]) for one in messages]


async def logged(client: Client, name: str, *milestones: str) -> list[dict[str, Any]]:
    """The log of a ticket's alerts, once it has all of these."""

    async def complete() -> bool:
        return {one["milestone"] for one in await client.alerts(name)} >= set(milestones)

    await client.until(complete, f"{', '.join(milestones)} of {name}")
    return await client.alerts(name)


def to_be_told(log: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """All, but for what a slow machine came to when something worse was due already."""
    found = [one for one in log if one["suppressed"] is None]
    for late in (one for one in log if one["suppressed"] == "inhibited"):
        noticed_at = instant(late["recorded_at"])
        assert any(instant(one["raised_at"]) <= noticed_at for one in found if one["clock"]), late
    return found


def noticed(expected: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What messages are of: a level that was recorded together with an alert comes with it."""
    alerts = {one["recorded_at"] for one in expected if one["type"] == "alert"}
    return [one for one in expected if one["type"] == "alert" or one["recorded_at"] not in alerts]


async def arrived(client: Client, slack: Slack, path: str, count: int) -> list[dict[str, Any]]:
    async def enough() -> bool:
        return len(await slack.notices(path)) >= count

    await client.until(enough, f"{count} notices at {path}")
    return await slack.notices(path)


async def said_last(slack: Slack, path: str) -> str:
    """The first line of the newest message there."""
    messages = await slack.messages(path)
    return messages[-1]["payload"]["text"]


async def test_every_milestone_is_told_once_in_order_and_in_time(
    client: Client, listener: Listener, slack: Slack
) -> None:
    async with watched_machine() as machine:
        opened = now()
        await client.post(item("punctual", updated_at=opened, title="Printer on fire"))
        log = await logged(client, "punctual", *SECONDS)
        expected = to_be_told(log)
        count = len(expected)
        await listener.until(lambda: len(listener.about("punctual")) >= count, "all is told")
        notices = await arrived(client, slack, "punctual", len(noticed(expected)))
    assert told(log) == [
        ("escalation", "level:1", 1),
        ("alert", "warning", 1),
        ("alert", "critical", 1),
        ("alert", "breached", 1),
    ]
    messages = listener.about("punctual")
    assert told(messages) == told(expected)
    assert messages[-1]["milestone"] == "breached"
    assert {one["title"] for one in messages} == {"Printer on fire"}
    assert {instant(one["due_at"]) for one in messages} == {opened + timedelta(seconds=4)}
    assert log[0]["level_name"] == "Team lead notified"
    assert [one["dedup_key"] for one in notices] == [
        f"{one['alert_id']}:{one['type']}:punctual" for one in noticed(expected)
    ]
    due = {name: opened + timedelta(seconds=after) for name, after in SECONDS.items()}
    latest = LATEST + STEPS * machine.late
    for message in messages:
        assert instant(message["raised_at"]) >= due[message["milestone"]]
        assert seconds_late(message["received_at"], due[message["milestone"]]) < latest
    for one, notice in zip(noticed(expected), notices, strict=True):
        assert seconds_late(notice["received_at"], due[one["milestone"]]) < latest
    resolution = (await client.get("/tickets/punctual/sla"))["clocks"][0]
    assert instant(resolution["breached_at"]) == opened + timedelta(seconds=4)


async def test_whoever_reconnects_misses_nothing_and_sees_nothing_twice(
    client: Client, listener: Listener, program: Program
) -> None:
    names = [f"resumed {number}" for number in range(8)]
    opened = now()
    await client.post(
        *(
            item(name, priority="P1", updated_at=opened + timedelta(seconds=place / 5))
            for place, name in enumerate(names)
        )
    )

    def resumed(messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            {name: value for name, value in one.items() if name != "received_at"}
            for one in messages
            if one["external_id"] in names
        ]

    restless = Listener(program)

    async def again_and_again() -> None:
        while True:
            await restless.listen(most=1)  # and hangs up, whatever else is on its way by then

    listening = asyncio.create_task(again_and_again())
    logs = [await logged(client, name, "warning", "critical", "breached") for name in names]
    expected = sorted(one["position"] for log in logs for one in to_be_told(log))
    for one in (restless, listener):
        await one.until(lambda one=one: len(resumed(one.messages)) >= len(expected), "all is told")
    listening.cancel()
    await asyncio.wait({listening})
    positions = [one["position"] for one in restless.messages]
    assert positions == sorted(set(positions))
    assert restless.connections >= len(positions)
    assert resumed(restless.messages) == resumed(listener.messages)
    assert [one["position"] for one in resumed(listener.messages)] == expected


async def test_an_acknowledgement_holds_the_ladder_until_the_breach(
    client: Client, listener: Listener, slack: Slack
) -> None:
    about = {"priority": "P2"}
    await client.post(item("held", "pending", updated_at=now(), **about))
    await client.command("/tickets/held/acknowledge", {"by": "jo", "note": "on it"})
    await client.post(item("held", updated_at=now(), **about))
    levels = ("level:1", "level:2", "level:3")
    log = await logged(client, "held", "warning", "critical", "breached", *levels)
    expected = to_be_told(log)
    await listener.until(lambda: len(listener.about("held")) >= len(expected), "all is told")
    first, *between, last, level = told_of(listener, "held")
    assert [first, *between, last, level] == told(expected)
    assert (first, last) == (("acknowledged", None, 0), ("alert", "breached", 3))
    assert level == ("escalation", "level:3", 3)
    assert set(between) <= {("alert", "warning", 0), ("alert", "critical", 0)}
    held = [one["milestone"] for one in log if one["suppressed"] == "acknowledged"]
    assert held == ["level:1", "level:2"]
    alerts = [one for one in expected if one["type"] == "alert"]
    notices = await arrived(client, slack, "held", len(alerts))
    assert {one["kind"] for one in notices} == {"alert"}
    assert "resolution of held, escalated to level 3" in await said_last(slack, "held")


def told_of(listener: Listener, name: str) -> list[tuple[str, str | None, int]]:
    """By clock and milestone only: an acknowledgement has neither."""
    return told([{"milestone": None, **one} for one in listener.about(name)])


async def test_what_is_resolved_in_time_stays_silent(
    client: Client, listener: Listener, slack: Slack
) -> None:
    opened = now()
    await client.post(
        item("silent", priority="P1", updated_at=opened),
        item("silent", "resolved", priority="P1", updated_at=opened + timedelta(seconds=0.5)),
        item("witness", priority="P1", updated_at=opened + timedelta(seconds=0.5)),
    )
    await listener.until(
        lambda: ("alert", "breached", 0) in told_of(listener, "witness"), "the witness's breach"
    )
    assert listener.about("silent") == []
    assert await client.alerts("silent") == []
    texts = [one["payload"]["text"] for one in await slack.messages("slack")]
    assert not any("silent" in text for text in texts)
    resolution = (await client.get("/tickets/silent/sla"))["clocks"][0]
    assert (resolution["state"], resolution["elapsed_seconds"]) == ("met", 0.5)


async def test_late_evidence_takes_an_alert_back_and_those_told_are_told(
    client: Client, listener: Listener, slack: Slack
) -> None:
    opened = now()
    await client.post(item("corrected", priority="P3", updated_at=opened))
    await arrived(client, slack, "corrected", 1)
    await client.post(
        item("corrected", "resolved", priority="P3", updated_at=opened + timedelta(seconds=1))
    )

    def all_taken_back() -> bool:
        messages = listener.about("corrected")
        raised = {one["alert_id"] for one in messages if one["type"] == "alert"}
        return raised == {one["alert_id"] for one in messages if one["type"] == "retracted"}

    await listener.until(all_taken_back, "as many withdrawals as alerts")
    messages = listener.about("corrected")
    raised = [one for one in messages if one["type"] == "alert"]
    notices = await arrived(client, slack, "corrected", len(raised) + 1)
    *keys, taken_back = [one["dedup_key"] for one in notices]
    assert keys == [f"{one['alert_id']}:alert:corrected" for one in raised]
    assert taken_back.endswith(":retracted:corrected")
    milestones = ", ".join(reversed([one["milestone"] for one in raised]))
    assert f"Withdrawn: resolution {milestones} of corrected" in await said_last(slack, "corrected")
    clocks = await client.get("/tickets/corrected/sla")
    assert (clocks["sla_state"], clocks["clocks"][0]["state"]) == ("compliant", "met")
