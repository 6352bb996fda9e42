"""What was not delivered or not projected is seen and tried again from the command line."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, TypeVar

import psycopg
import pytest
from typer.testing import CliRunner, Result

from ops.cli import app
from ops.wiring import now
from projections.outbox import Outbox
from projections.runner import Runner
from tests.integration.test_courier_outbox import store
from tests.support.courier import Post, open_post
from tests.support.notices import Clock, event
from tests.support.service import database_url_of

Answer = TypeVar("Answer")
GONE = {"fail": 99, "status": 410}


class Desk:
    """An operator's, beside a database of this test's."""

    def __init__(self, conninfo: str) -> None:
        self.conninfo = conninfo

    def sla(self, *arguments: str) -> Result:
        environment = {"DATABASE_URL": database_url_of(self.conninfo)}
        return CliRunner().invoke(app, arguments, env=environment)

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.conninfo, autocommit=True) as conn:
            conn.execute(statement.encode())

    def states(self) -> dict[str, str]:
        with psycopg.connect(self.conninfo) as conn:
            return dict(conn.execute("SELECT dedup_key, state FROM outbox").fetchall())

    def refused(self, *alerts: str, to: str = "slack", **facts: Any) -> None:
        """They are dead: the channels answer that they are gone."""

        async def scene(post: Post) -> None:
            await post.behave(**GONE)
            for alert in alerts:
                await post.put("alert", alert=alert, to=to, **facts)
            await post.courier(ops=post.slack()).deliver_due()

        self.run(scene)

    def delivered(self, *, behind: timedelta = timedelta(0)) -> list[list[str]]:
        """What a courier brings now, its clock so far behind: the keys of each message, in the
        order of the keys. Several are under way at once, and the first sent need not be there
        first."""

        async def scene(post: Post) -> list[list[str]]:
            post.clock.at = now() - behind
            await post.courier(ops=post.slack()).deliver_due()
            return sorted(await post.keys())

        return self.run(scene)

    def run(self, scene: Callable[[Post], Coroutine[Any, Any, Answer]]) -> Answer:
        """With a post office that lasts as long: commands have a loop of their own."""

        async def opened() -> Answer:
            async with open_post(self.conninfo) as post:
                return await scene(post)

        return asyncio.run(opened())


@pytest.fixture
def desk(furnished_database_url: str) -> Desk:
    return Desk(furnished_database_url)


@pytest.fixture
def outbox(desk: Desk) -> Desk:
    """With an outbox that is empty."""
    desk.refused()
    return desk


def test_a_dead_notice_is_seen_with_its_reason(outbox: Desk) -> None:
    outbox.refused("a1", external_id="T-[1]")
    result = outbox.sla("outbox", "status")
    assert result.exit_code == 1
    lines = [line.split() for line in result.stdout.splitlines()]
    states = ["pending", "sending", "sent", "dead", "dropped", "skipped", "held"]
    assert ["channel", *states] in lines
    assert ["slack", "-", "-", "-", "1", "-", "-", "-"] in lines
    assert ["a1:alert:slack"] in lines
    assert "T-[1], raised at 2026-01-05T09:00:00Z: 410 told_to_fail" in result.stdout


def test_a_machine_reads_the_same(outbox: Desk) -> None:
    outbox.refused(*(f"a{number}" for number in range(5)), to="slack ops")
    outbox.refused("b1")
    found = json.loads(outbox.sla("outbox", "status", "--json").stdout)
    none = {"pending": 0, "sending": 0, "sent": 0, "dead": 0, "dropped": 0, "skipped": 0, "held": 0}
    assert found["channels"] == {"ops": none | {"dead": 5}, "slack": none | {"dead": 6}}
    assert [one["dedup_key"] for one in found["dead"][:3]] == [
        "b1:alert:slack",
        "a4:alert:ops",
        "a4:alert:slack",
    ]
    assert len(found["dead"]) == 10
    assert found["dead"][0].keys() == {
        "dedup_key",
        "channel",
        "ticket_id",
        "external_id",
        "raised_at",
        "attempts",
        "reason",
    }


def test_where_nothing_is_dead_there_is_nothing_to_do(outbox: Desk) -> None:
    for arguments, said in (
        (("outbox", "status"), "There was nothing to send yet.\n"),
        (("outbox", "replay"), "Nothing is dead.\n"),
    ):
        result = outbox.sla(*arguments)
        assert (result.exit_code, result.stdout) == (0, said)


def test_dead_notices_are_delivered_after_a_replay_under_their_old_keys(outbox: Desk) -> None:
    outbox.refused("a1", "a2")
    assert outbox.delivered() == []
    result = outbox.sla("outbox", "replay")
    assert (result.exit_code, result.stdout) == (0, "To be sent again: 2.\n")
    assert outbox.delivered() == [["a1:alert:slack"], ["a2:alert:slack"]]
    assert outbox.sla("outbox", "status").exit_code == 0
    assert outbox.sla("outbox", "replay").stdout == "Nothing is dead.\n"


def test_a_courier_whose_clock_is_behind_sends_at_once_what_is_replayed(outbox: Desk) -> None:
    outbox.refused("a1", "a2")
    outbox.sla("outbox", "replay", "a1:alert:slack")
    outbox.sla("outbox", "replay")
    late = timedelta(minutes=5)
    assert outbox.delivered(behind=late) == [["a1:alert:slack"], ["a2:alert:slack"]]


def test_one_channel_is_replayed_alone(outbox: Desk) -> None:
    outbox.refused("a1", to="slack ops")
    result = outbox.sla("outbox", "replay", "--channel", "ops")
    assert (result.exit_code, result.stdout) == (0, "To be sent again: 1.\n")
    assert outbox.states() == {"a1:alert:ops": "pending", "a1:alert:slack": "dead"}


def test_an_unknown_channel_is_answered_with_those_there_are(outbox: Desk) -> None:
    outbox.refused("a1", to="slack ops")
    result = outbox.sla("outbox", "replay", "--channel", "slak")
    assert result.exit_code == 2
    assert "'slak'" in result.stderr
    assert "ops, slack" in result.stderr


def test_named_notices_are_replayed_alone_and_others_said_to_be_left(outbox: Desk) -> None:
    outbox.refused("a1", "a2")
    first = outbox.sla("outbox", "replay", "a1:alert:slack")
    assert (first.exit_code, first.stdout) == (0, "To be sent again: 1.\n")
    assert outbox.delivered() == [["a1:alert:slack"]]
    second = outbox.sla("outbox", "replay", "a1:alert:slack", "a2:alert:slack")
    assert second.exit_code == 1
    assert second.stdout.splitlines() == [
        "To be sent again: 1.",
        "a1:alert:slack is left alone: it is sent.",
    ]


def test_an_unknown_key_replays_nothing(outbox: Desk) -> None:
    outbox.refused("a1")
    result = outbox.sla("outbox", "replay", "a1:alert:slack", "a9:alert:slack")
    assert result.exit_code == 2
    assert "No notice has the key a9:alert:slack." in result.stderr
    assert outbox.states() == {"a1:alert:slack": "dead"}


def test_what_was_skipped_is_sent_when_it_or_its_channel_is_named(outbox: Desk) -> None:
    outbox.refused("a1", "a2", "a3", to="slack ops")
    outbox.execute("UPDATE outbox SET state = 'skipped' WHERE channel = 'slack'")
    outbox.execute("UPDATE outbox SET state = 'sent' WHERE channel = 'ops'")
    status = outbox.sla("outbox", "status")
    assert status.exit_code == 0
    for said in (status.stdout, outbox.sla("outbox", "replay").stdout):
        assert "`sla outbox replay --channel slack` sends it." in said
        assert "--channel ops" not in said
    assert outbox.sla("outbox", "replay", "a2:alert:slack").exit_code == 0
    assert outbox.delivered() == [["a2:alert:slack"]]
    assert outbox.sla("outbox", "replay", "--channel", "slack").stdout == "To be sent again: 2.\n"
    assert outbox.delivered() == [["a1:alert:slack"], ["a3:alert:slack"]]


def test_what_was_withdrawn_meanwhile_is_left_alone(outbox: Desk) -> None:
    outbox.refused("a1")

    async def withdrawn(post: Post) -> None:
        await post.put("retracted", alert="a1")
        await post.courier().deliver_due()

    outbox.run(withdrawn)
    for keys, code in (((), 0), (("a1:alert:slack",), 1)):
        result = outbox.sla("outbox", "replay", *keys)
        assert result.exit_code == code
        assert "To be sent again: 0." in result.stdout
        assert "withdrawn" in result.stdout
    assert outbox.states()["a1:alert:slack"] == "dead"


def test_before_the_first_start_of_the_service_that_is_said(empty_database_url: str) -> None:
    for verb in ("status", "replay"):
        result = Desk(empty_database_url).sla("outbox", verb)
        assert result.exit_code == 2
        assert "none of SLA Tracker's tables yet" in result.stderr


def test_a_database_that_does_not_answer_is_said() -> None:
    result = Desk("host=/nowhere dbname=sla user=sla").sla("outbox", "replay")
    assert result.exit_code == 2
    assert "The database does not answer" in result.stderr


def test_parked_events_are_tried_again(outbox: Desk) -> None:
    async def projected(post: Post) -> None:
        await Runner(post.pool, [Outbox()], Clock(), "test").catch_up()

    async def stored(post: Post) -> None:
        await Runner(post.pool, [Outbox()], Clock(), "test").define_tables()
        await store(post.pool, event(alert="a1"), event(alert="a2", to="ops"))

    outbox.run(stored)
    outbox.execute("ALTER TABLE outbox ADD CONSTRAINT no_slack CHECK (channel <> 'slack')")
    outbox.run(projected)
    assert outbox.states() == {"a2:alert:ops": "pending"}

    result = outbox.sla("projections", "replay", "outbox")
    assert result.exit_code == 1
    assert "outbox: 0 applied, 1 still parked." in result.stdout
    assert "ticket.alert_raised.v1: CheckViolation" in result.stdout

    outbox.execute("ALTER TABLE outbox DROP CONSTRAINT no_slack")
    result = outbox.sla("projections", "replay", "outbox")
    assert (result.exit_code, result.stdout) == (0, "outbox: 1 applied, 0 still parked.\n")
    assert outbox.states() == {"a1:alert:slack": "pending", "a2:alert:ops": "pending"}
    result = outbox.sla("projections", "replay", "outbox")
    assert (result.exit_code, result.stdout) == (0, "Nothing of outbox is parked.\n")
