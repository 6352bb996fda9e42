"""A notice that was given up is let be by whoever has seen it, and asks for nobody from then on."""

import json

import pytest

from ops.wiring import now
from projections import dead_letters
from query_side.stored_health import findings, stored_health
from query_side.troubles import troubles
from tests.integration.test_operator import Desk
from tests.support.courier import Post
from tests.support.operated import operated

NAMED = "a1:alert:slack"


@pytest.fixture
def desk(furnished_database_url: str) -> Desk:
    """With four that were given up, two of them for another channel."""
    desk = Desk(furnished_database_url)
    desk.refused("a1", "a2", to="slack ops")
    return desk


def asking(desk: Desk) -> tuple[int, int, int]:
    """How many are given up: as /health, /metrics and `sla outbox status` say it."""

    async def scene(post: Post) -> tuple[int, int]:
        async with post.pool.connection() as conn:
            stored = await stored_health(conn, [], {}, now())
            kinds = [one.kind for one in troubles(findings(stored), patience=60)]
            assert ("undelivered" in kinds) is (stored.dead > 0)
            return stored.dead, (await dead_letters.unsent(conn))["dead"]

    channels = json.loads(desk.sla("outbox", "status", "--json").stdout)["channels"]
    return (*desk.run(scene), sum(of["dead"] for of in channels.values()))


def given(desk: Desk) -> list[tuple[str, str | None]]:
    told = desk.run(lambda post: operated(post.pool))
    assert all(one["by"] and one["through"] == "cli" and one["recorded_at"] for one in told)
    return [(one["about"], one["reason"]) for one in told]


def test_what_was_given_up_and_taken_back_is_dropped_and_asks_for_nobody(desk: Desk) -> None:
    async def withdrawn(post: Post) -> None:
        await post.put("retracted", alert="a1")
        await post.courier().deliver_due()

    desk.run(withdrawn)
    left = desk.sla("outbox", "replay", "--channel", "slack")
    assert "`sla outbox drop --dead` lets them be." in left.stdout
    assert desk.states()[NAMED] == "dead"
    desk.execute("UPDATE outbox SET state = 'sent' WHERE dedup_key <> '" + NAMED + "'")

    listed = desk.sla("outbox", "status")
    assert (listed.exit_code, "`sla outbox drop --dead`" in listed.stdout) == (1, True)
    assert asking(desk) == (1, 1, 1)
    dropped = desk.sla("outbox", "drop", NAMED, "--reason", "seen on the board")
    assert (dropped.exit_code, dropped.stdout) == (0, "Dropped: 1 notice.\n")
    assert asking(desk) == (0, 0, 0)
    assert desk.sla("outbox", "status").exit_code == 0
    assert given(desk)[-1] == (f"drop_dead {NAMED}: 1", "seen on the board")

    again = desk.sla("outbox", "drop", NAMED)
    assert (again.exit_code, f"{NAMED} is left alone" in again.stdout) == (1, True)
    assert len(given(desk)) == 2


def test_all_that_is_dead_or_a_channels_is_dropped_where_that_is_said(desk: Desk) -> None:
    desk.execute("UPDATE outbox SET state = 'held' WHERE alert_id = 'a2'")
    refused = desk.sla("outbox", "drop", "--dead")
    assert (refused.exit_code, "--all" in refused.stderr) == (2, True)
    held = desk.sla("outbox", "drop", "--all", "--reason", "were sent")
    assert held.stdout == "Dropped: 2 notices.\n"
    assert asking(desk) == (2, 2, 2)
    assert desk.sla("outbox", "drop", "--dead", "--channel", "ops").stdout == "Dropped: 1 notice.\n"
    assert desk.sla("outbox", "drop", "--dead", "--all").stdout == "Dropped: 1 notice.\n"
    assert asking(desk) == (0, 0, 0)
    assert given(desk) == [
        ("drop_held: 2", "were sent"),
        ("drop_dead ops: 1", None),
        ("drop_dead: 1", None),
    ]


def test_what_is_named_is_dropped_whether_it_is_held_or_dead(desk: Desk) -> None:
    desk.execute("UPDATE outbox SET state = 'held' WHERE alert_id = 'a2'")
    dropped = desk.sla("outbox", "drop", NAMED, "a2:alert:slack")
    assert (dropped.exit_code, dropped.stdout) == (0, "Dropped: 2 notices.\n")
    assert given(desk) == [
        ("drop_held a2:alert:slack: 1", None),
        (f"drop_dead {NAMED}: 1", None),
    ]
    assert desk.states()[NAMED] == "dead"
    assert desk.states()["a2:alert:slack"] == "sent"


def test_what_was_dropped_is_sent_only_if_it_is_named(desk: Desk) -> None:
    desk.sla("outbox", "drop", "--dead", "--channel", "slack")
    for which in ((), ("--channel", "ops")):
        desk.sla("outbox", "replay", *which)
    assert desk.states()[NAMED] == "dead"
    assert desk.sla("outbox", "replay", "--channel", "slack").stdout == "Nothing is dead.\n"
    assert desk.sla("outbox", "replay", NAMED).stdout == "To be sent again: 1.\n"
    assert desk.states()[NAMED] == "pending"
    desk.execute("UPDATE outbox SET state = 'dead' WHERE state = 'pending'")  # refused once more
    assert asking(desk) == (3, 3, 3)


def test_a_reason_is_kept_of_what_is_released_too(desk: Desk) -> None:
    desk.execute("UPDATE outbox SET state = 'held'")
    desk.sla("outbox", "release", "--all", "--reason", "not on the channel")
    assert given(desk) == [("release_held: 4", "not on the channel")]
