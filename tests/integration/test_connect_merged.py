"""An issue that moved was two tickets here before anybody said that it is one: then it is one, in
whatever order that was told."""

import asyncio
from collections.abc import AsyncGenerator
from random import Random
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from command_side import event_store
from command_side.addressing import resolve
from command_side.deciding.events import Observation, ticket_id
from command_side.deciding.records import Append, NewEvent
from command_side.desk import TicketUnknown
from query_side.tickets import find
from tests.integration.test_connect import RESOLUTION, RESPONSE, Connecting, connecting, stream
from tests.support.desk import Process
from tests.support.lives import LIVES, MINUTES, STEPS, Told

OLD, NEW = "acme/desk#7", "acme/other#9"
MOVED = MINUTES["raised"] + 10


@pytest_asyncio.fixture
async def desks(process: Process) -> AsyncGenerator[Connecting]:
    async with connecting(process) as found:
        found.connect("github")
        process.clock.set(130)
        yield found


def in_the_new_place(told: Told, **more: Any) -> Told:
    headers, body = told
    issue = {**body["issue"], "number": 9}
    return headers, {**body, "issue": issue, "repository": {"full_name": "acme/other"}, **more}


def parts() -> tuple[list[Told], list[Told], list[Told]]:
    """What was told of it where it was, where it is, and that it moved: by both."""
    life = LIVES["github"][1]()
    before = list(life[: STEPS.index("raised") + 1])
    after = [in_the_new_place(one) for one in life[len(before) :]]
    _, body = before[-1]
    issue = {**body["issue"], "updated_at": f"2026-01-05T10:{MOVED - 60}:00Z"}
    here = {"new_issue": {"number": 9}, "new_repository": {"full_name": "acme/other"}}
    there = {"old_issue": {"number": 7}, "old_repository": {"full_name": "acme/desk"}}
    told = {**body, "issue": issue}
    moved = [
        ({"x-github-delivery": "left"}, {**told, "action": "transferred", "changes": here}),
        in_the_new_place(
            ({"x-github-delivery": "came"}, {**told, "action": "opened"}), changes=there
        ),
    ]
    return before, after, moved


async def one_ticket(desks: Connecting) -> UUID:
    """Under both names, with the clocks of a life that was never interrupted."""
    desks.process.clock.set(135)
    await desks.inbox.unite()
    async with desks.process.pool.connection() as conn:
        kept = await resolve(conn, OLD, None)
        assert await resolve(conn, NEW, "github") == kept
        for name in (OLD, NEW):
            assert await find(conn, name, None) == kept
    name = OLD if kept == ticket_id("github", OLD) else NEW
    assert await desks.clocks("github", name) == {
        "response": ("met", RESPONSE),
        "resolution": ("met", RESOLUTION),
    }
    other = await stream(desks.process, ticket_id("github", NEW if name == OLD else OLD))
    said = [event.body for event in other if isinstance(event.body, Observation)]
    assert not said or (said[-1].phase, said[-1].given) == ("cancelled", {"status": "merged"})
    return kept


async def test_the_elder_goes_on_and_the_younger_is_merged_into_it(desks: Connecting) -> None:
    before, after, moved = parts()
    for told in [*before, *after]:
        assert (await desks.send("github", told)).json()["taken"] == 1
    assert await stream(desks.process, ticket_id("github", NEW))

    await desks.send("github", moved[0])

    assert await one_ticket(desks) == ticket_id("github", OLD)
    async with desks.process.pool.connection() as conn:
        young = ticket_id("github", NEW)
        assert await resolve(conn, str(young), None) == young  # by its own id it is still there
        with pytest.raises(TicketUnknown):
            await resolve(conn, NEW, "another")
        cursor = await conn.execute(
            "select count(*) from deliveries where tickets @> array[%s, %s]",
            (young, ticket_id("github", OLD)),
        )
        assert await cursor.fetchone() == (len(after),)


@pytest.mark.parametrize("seed", range(4))
async def test_it_is_one_ticket_in_any_order(desks: Connecting, seed: int) -> None:
    before, after, moved = parts()
    told = [*before, *after, *moved]
    Random(seed).shuffle(told)
    for one in told:
        assert (await desks.send("github", one)).json()["parked"] == 0
    await one_ticket(desks)


@pytest.mark.parametrize("seed", range(2))
async def test_it_is_one_ticket_where_all_is_told_at_once(desks: Connecting, seed: int) -> None:
    before, after, moved = parts()
    told = [*before, *after, *moved]
    Random(seed).shuffle(told)
    await asyncio.gather(*(desks.send("github", one) for one in told))
    await one_ticket(desks)


async def test_what_is_united_again_stays_as_it_is(desks: Connecting) -> None:
    """As if the process had been killed before it could note that it was."""
    before, after, moved = parts()
    for told in [*before, *after, *moved]:
        await desks.send("github", told)
    kept = await one_ticket(desks)
    events = len(await stream(desks.process, kept))
    await changed(desks, "update ticket_names set settled = false")

    assert await one_ticket(desks) == kept
    assert len(await stream(desks.process, kept)) == events


async def test_one_that_cannot_be_united_keeps_no_other_waiting(
    desks: Connecting, caplog: pytest.LogCaptureFixture
) -> None:
    before, after, moved = parts()
    for told in [*before, *after, *moved]:
        await desks.send("github", told)
    kept = await one_ticket(desks)
    unreadable = NewEvent("ticket.of-tomorrow.v1", b"{}", None, desks.process.clock.now)
    append = Append(ticket_id("github", "a#1"), "github", "a#1", 0, [unreadable], b"?", None)
    async with desks.process.pool.connection() as conn:
        await event_store.append(conn, [append], now=desks.process.clock.now)
    await changed(
        desks,
        "update ticket_names set settled = false",
        "insert into ticket_names (source, name, external_id, named_at)"
        " values ('github', 'a#1', 'a#2', '2026-01-01T00:00:00Z')",
    )

    assert await one_ticket(desks) == kept

    async with desks.process.pool.connection() as conn:
        cursor = await conn.execute("select name from ticket_names where not settled")
        assert await cursor.fetchall() == [("a#1",)]
    assert "two tickets could not be made one" in caplog.text


async def test_what_was_told_otherwise_or_is_dropped_is_said_again_from_the_log(
    desks: Connecting,
) -> None:
    before, after, moved = parts()
    for told in [*before, *after]:
        await desks.send("github", told)
    await changed(desks, "delete from deliveries")

    await desks.send("github", moved[1])

    assert await one_ticket(desks) == ticket_id("github", OLD)


async def test_a_name_that_leads_nowhere_yet_makes_no_ticket_known(desks: Connecting) -> None:
    """What came first could not be taken: the one that can is the first observation after all."""
    before, _, moved = parts()
    desks.connect("github", tiers={})
    assert (await desks.send("github", moved[1])).json()["parked"] == 1
    desks.connect("github")

    assert (await desks.send("github", before[0])).json()["taken"] == 1


async def test_what_names_the_desks_own_id_is_found_by_it_whatever_its_key(
    desks: Connecting,
) -> None:
    """A comment of an issue that was moved may be told before that it was."""
    desks.connect("jira")
    life = LIVES["jira"][1]()
    await desks.send("jira", life[0])
    headers, comment = life[STEPS.index("answered")]
    moved = {**comment, "issue": {**comment["issue"], "key": "OPS-3"}}

    await desks.send("jira", (headers, moved))

    assert await stream(desks.process, ticket_id("jira", "OPS-3")) == []
    assert len(await stream(desks.process, ticket_id("jira", "HELP-7"))) == 2


async def changed(desks: Connecting, *statements: Any) -> None:
    async with desks.process.pool.connection() as conn:
        for one in statements:
            await conn.execute(one)
