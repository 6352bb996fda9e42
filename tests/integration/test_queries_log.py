"""What the log has is answered before the read tables have it, and nothing but tickets is one."""

import json
from typing import Any
from uuid import UUID

import httpx
import pytest
from msgspec.structs import replace
from psycopg import AsyncConnection

from command_side import policies, silences
from command_side.deciding.events import Ticket
from command_side.event_store import Append, NewEvent, append
from query_side import sql
from query_side.alert_filters import AlertFilters
from query_side.alerts import SUPPRESSED
from query_side.dashboard import LOCKED
from query_side.errors import NotFound
from query_side.reading import snapshot
from tests.support.house import House, get
from tests.support.plans import rows_looked_at
from tests.support.recorded import (
    NINE,
    SOURCE,
    acknowledged,
    at,
    escalated,
    observed,
    opened,
    plain,
    raised,
    text,
)


async def test_a_ticket_of_the_log_is_there_before_the_tables_have_it(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.append(
        "T-1",
        opened("T-1"),
        observed(at(10), {"status": "pending", "tags": None}, phase="paused"),
        escalated("T-1", 2, at(52)),
        acknowledged("T-1", at(53)),
    )
    bare = json.loads(opened("T-2").state)
    del bare["g"]["tags"]
    await house.append("T-2", replace(opened("T-2"), state=json.dumps(bare).encode()))
    house.now = at(55)
    paths = ("/tickets/T-1", "/tickets/T-1/history", "/tickets/T-2", "/tickets/T-2/history")

    unprojected = [await get(client, path) for path in paths]
    await house.runner.catch_up()

    assert [await get(client, path) for path in paths] == unprojected
    ticket, history, *_ = unprojected
    assert (ticket["status"], ticket["escalation_level"]) == ("open", 2)
    assert [change["to"] for change in history["items"]] == ["open", "pending"]


@pytest.mark.parametrize("stream", [policies.STREAM, policies.APPLIED_STREAM, silences.STREAM])
async def test_what_the_log_holds_besides_tickets_is_no_ticket(
    house: House, client: httpx.AsyncClient, stream: UUID
) -> None:
    event = NewEvent("policy.accepted.v1", b"{}", None, NINE)
    async with house.pool.connection() as conn:
        await append(conn, [Append(stream, "", "sla_config", None, [event], None, None)], now=NINE)
    for path in ("", "/events", "/history"):
        with pytest.raises(NotFound):
            await client.get(f"/tickets/{stream}{path}")
    with pytest.raises(NotFound):
        await client.get("/tickets/sla_config/events")


async def test_what_a_moved_ticket_is_called_by_now_finds_all_of_it(
    house: House, client: httpx.AsyncClient
) -> None:
    body = {"updated_at": text(NINE), "revision": 0, "given": {"status": "closed"}}
    conflicted = plain(Ticket.Conflicted.TOPIC, body, {"given": {"title": "Other"}})
    await house.tell("OLD-1", opened("OLD-1"), raised("OLD-1"), conflicted)
    await house.tell("OLD-2", opened("OLD-2"), raised("OLD-2"))
    await house.conn.execute(
        "INSERT INTO ticket_names (source, name, external_id) VALUES (%s, 'NEW-1', 'OLD-1')",
        [SOURCE],
    )
    await house.conn.commit()
    for name in ("OLD-1", "NEW-1"):
        for path in ("/alerts", "/conflicts"):
            [one] = (await get(client, path, ticket_id=name))["items"]
            assert one["external_id"] == "OLD-1"
        board = await get(client, "/dashboard", q=name.lower())
        assert [one["external_id"] for one in board["items"]] == ["OLD-1"]
        assert (board["total"], sum(board["summary"].values())) == (1, 1)


async def test_who_has_an_external_id_is_known_without_a_look_at_every_ticket(house: House) -> None:
    await house.tell("T-1", opened("T-1"))
    columns = {
        "heads": "external_id, source, version, state",
        "tickets": "external_id, source, status, phase, priority, customer_tier, created_at,"
        " newest_at, observations, late, policy, state, level, position",
    }
    for table, names in columns.items():
        others = names.replace("external_id", "external_id || n")
        await house.conn.execute(
            f"INSERT INTO {table} (ticket_id, {names}) SELECT gen_random_uuid(), {others}"
            f" FROM {table}, generate_series(1, 3000) n WHERE external_id = 'T-1'".encode()
        )
        await house.conn.execute(f"ANALYZE {table}".encode())

    asked = {"after": 0, "limit": 100, "external_id": "T-1", "ticket_id": None}
    narrowed = dict.fromkeys(("severities", "types", "since", "until")) | AlertFilters().arguments()
    alerts = sql.load("alerts").replace("{suppressed}", SUPPRESSED[None]).replace("{order}", "ASC")
    alerts = alerts.replace("{filters}", sql.load("alerts_filters"))
    for statement in (alerts, sql.load("conflicts")):
        assert await rows_looked_at(house.conn, statement, asked | narrowed) < 10


async def test_a_question_is_neither_compiled_nor_divided_among_processes(house: House) -> None:
    async def settings(conn: AsyncConnection[Any]) -> list[Any]:
        names = ("jit", "max_parallel_workers_per_gather")
        shown = [await (await conn.execute(f"SHOW {name}".encode())).fetchone() for name in names]
        return [value for row in shown if row for value in row]

    async with house.pool.connection() as conn:
        usual = await settings(conn)
    async with snapshot(house.pool, LOCKED) as conn:
        assert await settings(conn) == ["off", "0"]
    async with house.pool.connection() as conn:
        assert await settings(conn) == usual
