"""A ticket's history over HTTP: when it changed its status, by what was known when."""

from typing import Any

import httpx

from tests.support.house import House, get
from tests.support.recorded import NINE, at, observed, opened, text


async def test_history_tells_changes_only_from_the_creation_on(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.tell(
        "T-1",
        opened("T-1", at(-20)),
        observed(at(-10), {"status": "triage"}, phase="waiting"),
        observed(at(5), {"status": "Pending"}, {"updated_by": "joe"}, phase="paused"),
        observed(at(6), {"status": "pending"}, phase="paused"),
        observed(at(8), {"status": "open"}, phase="waiting"),
        observed(at(8), {"status": "closed"}, phase="done", revision=1),
        observed(at(7), {"status": "on hold"}, phase="paused", late=True),
        observed(at(100), {"status": "open"}, phase="waiting", created_at=text(NINE)),
    )
    house.now = at(50)

    found = await get(client, "/tickets/T-1/history")

    assert [
        (row["from"], row["to"], row["at"], row["by"], row["late"]) for row in found["items"]
    ] == [
        (None, "triage", "2026-01-05T09:00:00Z", None, False),
        ("triage", "Pending", "2026-01-05T09:05:00Z", "joe", False),
        ("pending", "on hold", "2026-01-05T09:07:00Z", None, True),
        ("on hold", "open", "2026-01-05T09:08:00Z", None, False),
        ("open", "closed", "2026-01-05T09:08:00Z", None, False),
    ]


async def test_a_creation_that_is_told_without_a_status_counts_in_the_history(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.tell(
        "T-1",
        opened("T-1", at(0)),
        observed(at(30), {"status": "pending"}, phase="paused"),
        observed(at(120), {}, created_at=text(at(60))),
    )
    house.now = at(200)

    assert await changes(client) == [(None, "pending", text(at(60)))]


async def test_the_first_status_counts_from_the_creation_on(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.tell(
        "T-1",
        opened("T-1", at(30)),
        observed(at(10), {"assigned_to": "jo"}, late=True, created_at=text(at(10))),
        observed(at(40), {"status": "closed"}, phase="done", created_at=text(at(10))),
    )
    house.now = at(200)
    first = (None, "open", text(at(10)))

    assert await changes(client) == [first, ("open", "closed", text(at(40)))]
    assert await changes(client, as_of=text(at(20))) == [first]
    assert await changes(client, as_of=text(at(9))) == []


async def changes(client: httpx.AsyncClient, **asked: Any) -> list[tuple[Any, ...]]:
    found = await get(client, "/tickets/T-1/history", **asked)
    return [(row["from"], row["to"], row["at"]) for row in found["items"]]
