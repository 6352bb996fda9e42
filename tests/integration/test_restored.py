"""A database that was restored to an earlier point is readied: nothing of the lost time is sent
twice unseen, and who holds a position of it is told."""

import json
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from command_side.event_store.resuming import LIFE
from engine.notify.failing import Care, Turned
from ops.wiring import now
from projections.outbox import Outbox
from projections.outbox_store import OutboxStore
from projections.runner import Runner
from tests.integration.test_courier_outbox import store
from tests.integration.test_operator import Desk
from tests.support.courier import Post
from tests.support.notices import event
from tests.support.operated import operated

LOST_UNTIL = "2026-01-05T09:30:00"
FINISH = ("restore", "--finish", "--sent-until", LOST_UNTIL)


@pytest.fixture
def desk(furnished_database_url: str) -> Desk:
    """With a notice that was sent, and one that was not; of a third the outbox had not heard."""
    desk = Desk(furnished_database_url)

    async def scene(post: Post) -> None:
        runner = Runner(post.pool, [Outbox()], post.clock, "test")
        await store(post.pool, event(alert="sent"), event(alert="unsent"))
        await runner.catch_up()
        async with post.pool.connection() as conn:
            await conn.execute(
                "UPDATE outbox SET state = 'sent', sent_at = now(), recorded = true"
                " WHERE alert_id = 'sent'"
            )
        await store(post.pool, event(alert="unheard"))

    desk.run(scene)
    return desk


def finished(desk: Desk) -> dict[str, Any]:
    result = desk.sla(*FINISH, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def given(desk: Desk) -> list[tuple[str, str]]:
    """What operators had done: what, and through what."""
    told = desk.run(lambda post: operated(post.pool))
    assert all(one["by"] for one in told)
    return [(one["about"], one["through"]) for one in told]


def raised(desk: Desk, **facts: Any) -> None:
    """The engine raises it after the restore."""

    async def scene(post: Post) -> None:
        await store(post.pool, event(**facts))
        await Runner(post.pool, [Outbox()], post.clock, "test").catch_up()

    desk.run(scene)


def test_what_may_have_been_sent_is_held_until_somebody_says_so(desk: Desk) -> None:
    assert finished(desk)["held"] == 2
    raised(desk, alert="again")  # of the lost time, as its desk tells it again
    held = ("unsent:alert:slack", "unheard:alert:slack", "again:alert:slack")
    assert desk.states() == {"sent:alert:slack": "sent", **dict.fromkeys(held, "held")}
    assert desk.delivered() == []

    listed = desk.sla("outbox", "held")
    assert listed.exit_code == 1
    assert [line for line in listed.stdout.splitlines() if line in held] == [*held]
    assert "TICKET-001: alert, 2026-01-05T09:00:00Z, for slack" in listed.stdout
    assert "| 3" not in listed.stdout

    for verb in ("release", "drop"):
        assert desk.sla("outbox", verb).exit_code == 2
        assert desk.sla("outbox", verb, "sent:alert:slack", "--all").exit_code == 2
        wrong = desk.sla("outbox", verb, "sent:alert:slack")
        assert (wrong.exit_code, "sent:alert:slack is left alone" in wrong.stdout) == (1, True)
    released = desk.sla("outbox", "release", held[0])
    assert (released.exit_code, released.stdout) == (0, "To be sent: 1 notice.\n")
    assert desk.delivered() == [[held[0]]]
    dropped = desk.sla("outbox", "drop", "--channel", "slack")
    assert (dropped.exit_code, dropped.stdout) == (0, "Dropped: 2 notices.\n")
    assert desk.delivered() == []
    assert desk.sla("outbox", "held").stdout == "Nothing is held.\n"
    assert set(desk.states().values()) == {"sent"}
    assert given(desk) == [
        ("restore to position 3", "cli"),
        ("release_held unsent:alert:slack: 1", "cli"),
        ("drop_held slack: 2", "cli"),
    ]


def test_what_happens_from_then_on_is_told_past_what_is_held(desk: Desk) -> None:
    assert desk.sla("restore", "--finish", "--sent-until", "2026-01-05T08:59:59").exit_code == 0
    raised(desk, alert="new")
    assert desk.delivered() == [["new:alert:slack"]]
    assert desk.states()["unsent:alert:slack"] == "held"


def test_of_a_channel_that_failed_then_nothing_is_said_before_it_fails_again(desk: Desk) -> None:
    desk.execute(
        "INSERT INTO outbox_channels (channel, failing_since, failed_at, failing_surely)"
        " VALUES ('slack', '2026-01-05', '2026-01-05', true)"
    )
    finished(desk)
    care = Care(frozenset({"slack"}), ("mail",), timedelta(minutes=10))

    async def scene(post: Post) -> list[Turned]:
        return await OutboxStore(post.pool).turn(care, now())

    assert desk.run(scene) == []


def test_the_log_says_where_it_goes_on_and_is_sound_and_repeating_it_changes_nothing(
    desk: Desk,
) -> None:
    first = finished(desk)
    assert (first["lost_after"], first["goes_on_at"]) == (3, LIFE)
    assert first["verified"]["reason"] is None
    assert (first["read_again"], first["not_read"]) == ([], ["zendesk"])
    again = finished(desk)
    assert again["goes_on_at"] == LIFE
    assert given(desk) == [("restore to position 3", "cli")]
    assert desk.sla("verify").exit_code == 0
    words = desk.sla(*FINISH).stdout
    assert "2 notices held" in words
    assert "what zendesk has said since: have it sent again" in words


def test_a_database_that_is_served_is_left_as_it_is(desk: Desk) -> None:
    with psycopg.connect(desk.conninfo, application_name="sla-tracker api"):
        result = desk.sla(*FINISH)
    assert result.exit_code == 2
    assert "sla-tracker api is connected to it. End it first" in result.stderr
    assert desk.states()["unsent:alert:slack"] == "pending"
    assert desk.sla("outbox", "held").exit_code == 0


def test_a_copy_of_other_tools_is_noted_by_what_verify_said_of_it(desk: Desk) -> None:
    checkpoint = json.loads(desk.sla("verify", "--json").stdout)["checkpoint"]
    note = ("backup", "--verified", checkpoint, "--taken-at", f"{now():%Y-%m-%dT%H:%M:%S}")
    assert desk.sla(*note).exit_code == 0
    assert desk.sla(*note[:3]).exit_code == 2
    other = f"3:{'00' * 32}"
    assert desk.sla("backup", "--verified", other, *note[3:]).exit_code == 1
    with psycopg.connect(desk.conninfo) as conn:
        found = conn.execute("SELECT position, place FROM verified_backups").fetchall()
    assert found == [(3, "elsewhere")]
    assert given(desk) == [("note_backup elsewhere", "cli")]


def test_a_given_database_is_copied_and_restored_by_its_own_tools(desk: Desk) -> None:
    for arguments in (("backup", "x"), ("backup", "--off"), ("restore", "x")):
        result = desk.sla(*arguments)
        assert result.exit_code == 2
        assert "docs/backup.md" in result.stderr
