"""`sla verify` says of a log that was cut off that it was, and asks nobody to overwrite what still
shows the rest."""

import json

import psycopg
import pytest

from projections.outbox import Outbox
from projections.runner import Runner
from tests.integration.test_courier_outbox import store
from tests.integration.test_operator import Desk
from tests.support.courier import Post
from tests.support.notices import event


@pytest.fixture
def desk(furnished_database_url: str) -> Desk:
    """With three events, of which two were counted."""
    desk = Desk(furnished_database_url)

    async def scene(post: Post) -> None:
        runner = Runner(post.pool, [Outbox()], post.clock, "test")
        await store(post.pool, event(alert="one"), event(alert="two"))
        await runner.catch_up()
        await store(post.pool, event(alert="three"))

    desk.run(scene)
    return desk


def cut(desk: Desk, *what: str) -> None:
    with psycopg.connect(desk.conninfo, autocommit=True) as conn:
        conn.execute("SET session_replication_role = replica")  # triggers do not hold us back
        for one in what:
            conn.execute(one.encode())


@pytest.mark.parametrize(("kept", "bad_position"), [(1, 2), (0, 1)])
def test_a_log_that_ends_before_what_was_counted_was_cut_off(
    desk: Desk, kept: int, bad_position: int
) -> None:
    assert desk.sla("verify").exit_code == 0
    cut(desk, f"DELETE FROM events WHERE notification_id > {kept}")
    result = desk.sla("verify", "--json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["bad_position"]) == (1, bad_position)
    members = ("events", "erased", "checkpoint", "bad_position", "reason", "projections")
    assert tuple(found) == members  # programs of others read them
    assert found["reason"] == "the log ends before, and read tables have counted up to 2"
    words = desk.sla("verify").stdout
    assert f"The log was changed. At position {bad_position}: the log ends before" in words
    assert "Checkpoint" not in words
