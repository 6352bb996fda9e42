"""Readers that notice when what they are told goes back in time."""

import asyncio
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import AsyncConnection

from ops.wiring import now
from tests.support.clients import Client, item

STATUSES = ("in_progress", "pending", "open")
"""None like the one before, so that every update is a change of status."""

CLOCKS: LiteralString = """
select count(distinct ticket_id), count(*) filter (where ticket_id = %s) from ticket_clocks
"""
_BETWEEN = 0.02
"""Seconds: readers leave the service room for others."""


@dataclass
class Follower:
    """Updates a ticket of its own, and must see each update once it was acknowledged."""

    client: Client
    name: str
    updates: int = 0
    put_off: int = 0
    """Answers of 504: what was acknowledged was not applied within 5 seconds."""
    ticket_id: str = ""

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            status = STATUSES[self.updates % len(STATUSES)]
            update = item(
                self.name,
                status,
                priority="P1",
                updated_at=now(),
                assigned_to=str(self.updates),
            )
            answer = await self.client.post(update)
            assert answer["accepted"] == 1
            self.ticket_id = answer["results"][0]["ticket_id"]
            self.updates += 1
            seen = await self._read("", answer["position"])
            assert (seen["status"], seen["assigned_to"]) == (status, update["assigned_to"])
            assert (seen["observations"], seen["late"]) == (self.updates, 0)
            history = await self._read("/history", answer["position"])
            assert len(history["items"]) == self.updates
            assert history["items"][-1]["to"] == status
            await asyncio.sleep(_BETWEEN)

    async def _read(self, what: str, position: int) -> dict[str, Any]:
        while True:
            answer = await self.client.http.get(
                f"{self.client.program.url}/tickets/{self.name}{what}",
                params={"wait_for": position},
            )
            if answer.status_code != 504:
                assert answer.status_code == 200, answer.text
                return answer.json()
            self.put_off += 1


@dataclass
class Onlooker:
    """Looks at the board and at somebody else's ticket, whatever is applied by then."""

    client: Client
    follower: Follower
    looks: int = 0

    async def run(self, stop: asyncio.Event) -> None:
        position = total = updates = 0
        while not stop.is_set():
            board = await self.client.get("/dashboard", size=500)
            assert board["as_of_position"] >= position
            assert board["total"] >= total
            assert len(board["items"]) == min(500, board["total"])
            position, total = board["as_of_position"], board["total"]
            if self.follower.ticket_id:
                answer = await self.client.http.get(
                    f"{self.client.program.url}/tickets/{self.follower.name}"
                )
                if updates or answer.status_code != 404:  # not applied yet
                    assert answer.status_code == 200, answer.text
                    assert answer.json()["observations"] >= updates
                    updates = answer.json()["observations"]
            self.looks += 1
            await asyncio.sleep(_BETWEEN)


@dataclass
class Analyst:
    """Reads the table of the clocks by SQL, as reports of one's own do."""

    database: str
    follower: Follower
    looks: int = 0

    async def run(self, stop: asyncio.Event) -> None:
        tickets = cycles = 0
        async with await AsyncConnection.connect(self.database, autocommit=True) as conn:
            while not stop.is_set():
                cursor = await conn.execute(CLOCKS, [self.follower.ticket_id or None])
                ((of_all, of_one),) = await cursor.fetchall()
                assert of_all >= tickets
                assert of_one >= cycles
                tickets, cycles = of_all, of_one
                self.looks += 1
                await asyncio.sleep(_BETWEEN)
