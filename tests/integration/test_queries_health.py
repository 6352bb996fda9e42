"""What `/health` and `/ready` say, over HTTP."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from engine.notify.port import Unreachable
from projections.all import PROJECTORS
from projections.status import status
from query_side.desk_health import Desk
from tests.integration.test_projections_failover import read_only
from tests.support.house import House, get
from tests.support.recorded import (
    at,
    opened,
)


async def test_health_tells_what_the_program_knows(house: House, client: httpx.AsyncClient) -> None:
    house.last_tick_at = at(1)
    await house.tell("T-1", opened("T-1"))

    found = await get(client, "/health")

    assert (found["status"], found["service"]) == ("healthy", "SLA Tracker API")
    assert found["database"] == {"reachable": True, "replica": None}
    engine = {"last_tick_at": "2026-01-05T09:01:00Z", "error": None, "waiting_seconds": 0}
    assert (found["engine"], found["troubles"]) == (engine, [])
    assert found["config"] == {"version": 1, "error": None}
    assert {lag["name"]: lag["behind_events"] for lag in found["projections"]}["tickets"] == 0
    assert (await get(client, "/ready"))["status"] == "ready"

    house.config_error = "line 3: sla_targets"
    assert (await get(client, "/health"))["status"] == "degraded"
    house.config_version = None
    assert (await client.get("/ready")).status_code == 503


async def test_health_says_when_the_engine_fails_or_stands_still(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.runner.catch_up()
    house.engine_error = "DataError"
    found = await get(client, "/health")
    assert (found["status"], found["engine"]["error"]) == ("degraded", "DataError")

    house.engine_error, house.last_tick_at = None, house.now
    assert (await get(client, "/health"))["status"] == "healthy"
    house.now = at(1)
    found = await get(client, "/health")
    assert (found["status"], [one["kind"] for one in found["troubles"]]) == ("degraded", ["late"])
    house.patience_seconds = 3000.0  # as where the clock runs a hundred times as fast
    assert (await get(client, "/health"))["status"] == "healthy"


async def test_health_says_that_due_clocks_wait_for_an_engine_of_whichever_process(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.tell("T-1", opened("T-1"))
    await house.conn.execute("UPDATE heads SET next_due_at = %s", (at(51),))
    await house.conn.commit()

    house.now = at(51.5)
    assert (await get(client, "/health"))["status"] == "healthy"
    house.now = at(55)
    found = await get(client, "/health")

    assert (found["status"], found["engine"]["waiting_seconds"]) == ("degraded", 240.0)
    assert "due 4 minutes ago" in found["troubles"][0]["what"]


async def test_what_was_due_before_it_came_has_been_waiting_since_it_came(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.tell("T-1", opened("T-1"))  # recorded at nine
    await house.conn.execute("UPDATE heads SET next_due_at = %s", (at(-60 * 24 * 365),))
    await house.conn.commit()

    house.now = at(0.25)
    assert (await get(client, "/health"))["engine"]["waiting_seconds"] == 15
    house.now = at(2)
    assert (await get(client, "/health"))["engine"]["waiting_seconds"] == 120


async def test_health_says_when_no_worker_brings_the_board_up_to_date(
    house: House, client: httpx.AsyncClient
) -> None:
    found = await get(client, "/health")
    assert (found["status"], [one["kind"] for one in found["troubles"]]) == ("degraded", ["worker"])

    await house.runner.catch_up()
    assert (await get(client, "/health"))["status"] == "healthy"

    await house.conn.execute("UPDATE projections SET lease_until = lease_until - interval '1 min'")
    await house.conn.commit()
    assert (await get(client, "/health"))["troubles"][0]["kind"] == "worker"


async def test_health_says_when_lines_of_the_log_are_lost(
    house: House, client: httpx.AsyncClient
) -> None:
    found = await get(client, "/health")
    assert found["log"] == {"lost_lines": 7, "losing": False}
    assert "log" not in {trouble["kind"] for trouble in found["troubles"]}
    house.losing_log_lines = True
    found = await get(client, "/health")
    assert found["log"]["losing"]
    assert "log" in {trouble["kind"] for trouble in found["troubles"]}


async def test_health_says_when_projections_fall_behind(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.append("T-1", opened("T-1"))
    house.now = at(1)

    found = await get(client, "/health")

    assert found["status"] == "degraded"
    lag = {entry["name"]: entry for entry in found["projections"]}["tickets"]
    assert (lag["behind_events"], lag["behind_seconds"]) == (1, 60.0)


async def test_health_leaves_out_projections_that_the_program_no_longer_has(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.tell("T-1", opened("T-1"))
    await house.conn.execute(
        "INSERT INTO projections (name, version, position, ddl_hash) VALUES ('dropped', 1, 0, '')"
    )
    await house.conn.execute(
        "INSERT INTO parked_events (projection, position, stream_id, topic, error, attempts,"
        " parked_at) VALUES ('dropped', 1, gen_random_uuid(), 'ticket.opened.v1', '', 3, now())"
    )
    await house.conn.commit()
    house.now = at(1)

    found = await get(client, "/health")

    assert found["status"] == "healthy"
    assert "dropped" not in {lag["name"] for lag in found["projections"]}
    shown = {one.name for one in await status(house.conn, PROJECTORS, now=house.now)}
    assert shown == {projector.name for projector in PROJECTORS}


NOTHING_GIVEN_UP: dict[str, Any] = {
    "dead": 0,
    "skipped": 0,
    "held": 0,
    "unreachable": [],
    "dead_channels": [],
}
UNKNOWN: dict[str, Any] = {**NOTHING_GIVEN_UP, "dead": None, "skipped": None, "held": None}


async def test_a_channel_without_an_address_is_a_fault_where_something_is_sent_there(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.runner.catch_up()
    house.unreachable_channels = {
        "slack": Unreachable("SLACK_WEBHOOK_URL is not set", wanted=False),
    }
    found = await get(client, "/health")
    assert (found["status"], found["troubles"]) == ("healthy", [])
    reason = "SLACK_WEBHOOK_URL is not set"
    assert found["outbox"]["unreachable"] == [{"name": "slack", "reason": reason, "wanted": False}]

    house.unreachable_channels = {"urgent": Unreachable("URGENT_URL is not set")}
    found = await get(client, "/health")
    assert (found["status"], [one["kind"] for one in found["troubles"]]) == (
        "degraded",
        ["channel"],
    )


UNASKED = {"by_reconciliation": 0, "api_error": None}


@pytest.mark.parametrize(("waits", "is_wrong"), [(False, True), (True, False)])
async def test_health_says_what_came_only_by_reconciliation_and_why_an_api_is_not_read(
    house: House, client: httpx.AsyncClient, waits: bool, is_wrong: bool
) -> None:
    """But for a desk that asks for patience: that passes."""
    house.desks = {"helpdesk": Desk(True, timedelta(days=90))}
    await house.runner.catch_up()
    await house.conn.execute(
        "INSERT INTO desk_readings (source, what, since, cursor, asked_at, next_at, done_at, added,"
        " error, waits) VALUES ('helpdesk', 'reconciliation', %(now)s, '{}', %(now)s, %(now)s,"
        " %(now)s, 12, 'no', %(waits)s)",
        {"now": house.now, "waits": waits},
    )
    await house.conn.commit()

    found = await get(client, "/health")
    assert [one["by_reconciliation"] for one in found["desks"]] == [12]
    assert (found["status"] == "degraded") == is_wrong
    told = [
        one["what"] for one in found["troubles"] if "The API of the desk helpdesk" in one["what"]
    ]
    assert bool(told) == is_wrong


async def test_health_names_desks_whose_deliveries_cannot_be_read_or_verified(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.runner.catch_up()
    house.desks = {
        "helpdesk": Desk(True, timedelta(days=120)),
        "shop": Desk(False, timedelta(days=90)),
    }
    for name, came in (
        ("helpdesk", "2025-09-15T08:00:00Z"),
        ("helpdesk", "2025-09-13T08:00:00Z"),
        ("gone", "2025-10-13T08:00:00Z"),
    ):
        await house.conn.execute(
            "INSERT INTO deliveries (delivery_id, source, received_at, headers, body, state, items,"
            " because, tickets) VALUES (gen_random_uuid(), %s, %s, '{}', '', 'parked', '[]', '{}',"
            " '{}')",
            (name, came),
        )
    await house.conn.commit()

    found = await get(client, "/health")
    assert (found["status"], [one["kind"] for one in found["troubles"]]) == (
        "degraded",
        ["desk"] * 5,
    )
    assert found["desks"] == [
        {
            "name": "gone",
            "parked": 1,
            "oldest": "2025-10-13T08:00:00Z",
            "dropped_soon": 1,
            **UNASKED,
        },
        {
            "name": "helpdesk",
            "parked": 2,
            "oldest": "2025-09-13T08:00:00Z",
            "dropped_soon": 1,
            **UNASKED,
        },
    ]


async def test_health_notes_dead_notices_and_serves_on(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.runner.catch_up()
    assert (await get(client, "/health"))["outbox"] == NOTHING_GIVEN_UP
    for number, state in enumerate(("dead", "sent", "dead", "skipped")):
        await house.conn.execute(
            "INSERT INTO outbox (dedup_key, position, ticket_id, alert_id, kind, channel, body,"
            " next_attempt_at, state) VALUES"
            " (%s, 1, gen_random_uuid(), 'a1', 'alert', 'slack', '{}', now(), %s)",
            (str(number), state),
        )
    await house.conn.commit()

    found = await get(client, "/health")

    assert found["status"] == "healthy"
    assert found["outbox"] == NOTHING_GIVEN_UP | {"dead": 2, "skipped": 1}
    assert [one["kind"] for one in found["troubles"]] == ["undelivered"]


async def test_health_says_which_channels_are_dead_since_when_and_who_was_told(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.runner.catch_up()
    await house.conn.execute(
        "INSERT INTO outbox_channels (channel, failing_reason, dead_since, dead_told)"
        " VALUES ('ops', '503 away', %s, '{mail}'), ('mail', 'timed out', %s, '{}'),"
        " ('slack', NULL, NULL, NULL)",
        (at(1), at(2)),
    )
    await house.conn.commit()

    found = await get(client, "/health")

    assert found["status"] == "degraded"
    assert [
        (one["name"], one["since"], one["told"]) for one in found["outbox"]["dead_channels"]
    ] == [
        ("ops", "2026-01-05T09:01:00Z", ["mail"]),
        ("mail", "2026-01-05T09:02:00Z", []),
    ]
    assert [one["what"] for one in found["troubles"]] == [
        "Nothing arrives at the channel mail since 2026-01-05 09:02:00 UTC (timed out). There was"
        " nobody to tell.",
        "Nothing arrives at the channel ops since 2026-01-05 09:01:00 UTC (503 away). It was said"
        " on mail.",
    ]


async def test_health_is_503_without_a_database(house: House, client: httpx.AsyncClient) -> None:
    await house.pool.close()

    for path, verdict in (("/health", "unhealthy"), ("/ready", "not ready")):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["status"]) == (503, verdict)
        assert answer.json().get("outbox", UNKNOWN) == UNKNOWN


async def test_a_database_that_takes_no_writes_is_told_of(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.tell("T-1", opened("T-1"))
    async with read_only(house):
        await house.pool.check()
        health, ready = await client.get("/health"), await client.get("/ready")
    await house.pool.check()

    assert (health.status_code, health.json()["status"]) == (503, "unhealthy")
    (trouble,) = health.json()["troubles"]
    assert trouble["what"].startswith("The database takes no writes")
    assert (ready.status_code, ready.json()["reason"]) == (503, "the database takes no writes")
    assert (await get(client, "/ready"))["status"] == "ready"


async def test_monitors_may_ask_for_the_status_alone(
    house: House, client: httpx.AsyncClient
) -> None:
    for path in ("/", "/health", "/ready"):
        assert (await client.head(path)).status_code == 200, path

    house.config_version = None
    assert (await client.head("/ready")).status_code == 503
