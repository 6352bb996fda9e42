"""Silences: matchers under which alerts are recorded but nobody is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from pydantic_core import to_json

from command_side import event_store
from command_side.event_store import Append, NewEvent
from engine.sla.instants import micros, parsed

STREAM: UUID = uuid5(NAMESPACE_URL, "sla-tracker:silences")
CREATED = "silence.created.v1"
ENDED = "silence.ended.v1"
FIELDS = frozenset(
    {"severity", "customer_tier", "priority", "clock", "type", "external_id", "source"}
)


class SilenceUnknown(Exception):
    """There is no such silence in force."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Mutes what matches until an instant. Values are compared without regard to case."""

    silence_id: UUID
    matchers: Mapping[str, frozenset[str]]
    until: int

    def matches(self, facts: Mapping[str, str], now: int) -> bool:
        return now < self.until and all(
            facts.get(name, "").casefold() in accepted for name, accepted in self.matchers.items()
        )


class Silences:
    """The silences in force, as this process knows them, and the commands about them."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> None:
        self._pool = pool
        self._known: tuple[Silence, ...] = ()
        self._version = 0

    def in_force(self) -> Sequence[Silence]:
        return self._known

    async def follow(self) -> None:
        """Reads the log again: others create and end silences too."""
        async with self._pool.connection() as conn:
            heads, _ = await event_store.load(conn, [STREAM], [])
            if STREAM not in heads or heads[STREAM].version == self._version:
                return
            stream = (await event_store.read_streams(conn, [STREAM]))[STREAM]
        known: dict[str, Silence] = {}
        for event in stream:
            body = event.body
            if event.topic == CREATED:
                matchers = {
                    name: frozenset(value.casefold() for value in values)
                    for name, values in body["matchers"].items()
                }
                until = parsed(body["until"])
                known[body["silence_id"]] = Silence(UUID(body["silence_id"]), matchers, until)
            elif event.topic == ENDED:
                known.pop(body["silence_id"], None)
        self._known, self._version = tuple(known.values()), stream[-1].version

    async def create(
        self,
        matchers: Mapping[str, Sequence[str]],
        *,
        until: datetime,
        reason: str,
        by: str,
        now: datetime,
        correlation_id: str | None,
    ) -> tuple[UUID, int]:
        """The new silence's id and its position; in force here at once, elsewhere in a second."""
        silence = uuid4()
        body = {"silence_id": silence, "matchers": matchers, "until": until, "reason": reason}
        personal = to_json({"by": by})
        position = await self._append(
            NewEvent(CREATED, to_json(body), personal, now, correlation_id=correlation_id), now
        )
        return silence, position

    async def end(self, silence: UUID, *, now: datetime, correlation_id: str | None) -> int:
        """Raises SilenceUnknown when it is not in force."""
        await self.follow()
        if not any(one.silence_id == silence and one.until > micros(now) for one in self._known):
            raise SilenceUnknown
        body = to_json({"silence_id": silence, "ended_at": now})
        event = NewEvent(ENDED, body, None, now, correlation_id=correlation_id)
        return await self._append(event, now)

    async def _append(self, event: NewEvent, now: datetime) -> int:
        write = Append(STREAM, "", "silences", None, [event], None, None)
        async with self._pool.connection() as conn:
            outcome = (await event_store.append(conn, [write], now=now))[0]
        await self.follow()
        return outcome.position or 0
