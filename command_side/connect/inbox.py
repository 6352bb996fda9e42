"""From a desk's request to observations: verified, read, durable, and then into the log.

What is answered with success is stored; killed at any point after that, it is taken up again by
whoever finds it, and the log tells what it has already. Nothing is read twice by two readings:
what was read is stored with the delivery, and that is what goes into the log.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from pydantic_core import from_json

from command_side.connect import deliveries, letting_be, signatures
from command_side.connect.deliveries import Delivery
from command_side.connect.expressions import found, text
from command_side.connect.itemizing import Itemizing, parts, settle, storable, submission
from command_side.connect.preset import Preset
from command_side.connect.reading import Read
from command_side.connect.signatures import Request
from command_side.connect.source import Source
from command_side.connect.turned_away import TurnedAway
from command_side.connect.uniting import Uniting
from command_side.deciding.casefile import PolicyBook
from command_side.deciding.events import ticket_id
from command_side.intake.writer import QueueFull, StoreAway, Writer
from engine.sla.policy import Policy

logger = logging.getLogger(__name__)

KEPT_HEADERS = ("content-type", "user-agent")
LEFT_OUT = (
    "authorization",
    "cookie",
    "signature",
    "token",
    "secret",
    "key",
    "forwarded",
    "original",
    "jwt",
    "uri",
    "url",
)
"""Parts of the names of headers that may hold a secret, or what was made with one."""
OURS = ("x-", "linear-", "idempotency-key", "webhook-id")
"""How the names of headers begin that say something of the delivery."""
GRACE = timedelta(seconds=30)
"""So long whoever has stored a delivery may take to bring it into the log."""
PAGE = 10
"""Deliveries that are in memory at a time, bodies and all."""
BEGINNING = (datetime.min.replace(tzinfo=UTC), UUID(int=0))


class NotVerified(Exception):
    """It is not the desk's, or nobody is connected under this name; which of both is not told."""


@dataclass(frozen=True, slots=True)
class Connected:
    """A desk that may send, with its secrets."""

    source: Source
    secrets: Sequence[str]


@dataclass(slots=True)
class Taken:
    """What became of a delivery."""

    delivery_id: UUID
    taken: int = 0
    ignored: int = 0
    parked: int = 0
    because: list[str] = field(default_factory=list[str])
    duplicate: bool = False


@dataclass(slots=True)
class ReadAgain:
    """What became of what was parked."""

    tried: int = 0
    parked: int = 0
    """Of these, such as still are, those that failed among them."""
    failed: int = 0


class Inbox:
    """Takes deliveries from any number of requests."""

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        writer: Writer,
        now: Callable[[], datetime],
        book: PolicyBook,
    ) -> None:
        self._pool, self._writer, self._now, self._book = pool, writer, now, book
        self.connected: Mapping[str, Connected] = {}
        """By name; exchanged when the configuration changes."""
        self.turned_away = TurnedAway(now)
        self._uniting = Uniting(pool, writer, now, book, self._source)

    def _source(self, name: str) -> Source | None:
        connected = self.connected.get(name)
        return None if connected is None else connected.source

    def policy(self) -> Policy:
        """The promises in force. Raises UnknownVersion before there are any."""
        return self._book.current

    def verified(self, name: str, request: Request) -> Connected:
        """Whose it is. Raises NotVerified."""
        connected = self.connected.get(name)
        if connected is None:
            self.turned_away.unknown(name)
            raise NotVerified
        source = connected.source
        if source.unsigned:
            return connected
        if not signatures.verified(request, source.reading, connected.secrets, self._now()):
            why = signatures.wrong(request, source.reading, connected.secrets)
            self.turned_away.connected(name, why)
            raise NotVerified
        return connected

    async def take(self, name: str, request: Request) -> Taken:
        """Stores it, and brings what it says into the log. Raises NotVerified, and QueueFull and
        StoreAway where it is not known whether it is stored: it may be sent again."""
        source = self.verified(name, request).source
        one = self._received(name, source, request)
        async with self._pool.connection(timeout=2) as conn:
            await self._read(conn, one, source)
            is_new = await deliveries.insert(conn, one)
            if not is_new:
                one = await deliveries.known(conn, name, one.told_apart_by or "")
        # Also what was sent before: whoever had stored it may have ended before it was in the log.
        await self._submit(one)
        return _taken(one, duplicate=not is_new)

    async def try_out(self, name: str, request: Request) -> Sequence[Read]:
        """What it would become; nothing is stored. Raises NotVerified."""
        source = self.verified(name, request).source
        return parts(self._received(name, source, request), source)

    def _received(self, name: str, source: Source, request: Request) -> Delivery:
        return Delivery(
            delivery_id=uuid4(),
            source=name,
            told_apart_by=_told_apart_by(source, request),
            received_at=self._now(),
            headers=_kept(request.headers, source.reading),
            body=request.body,
            state="parked",
            items=[],
            because=[],
            tickets=[],
            unmapped=[],
        )

    async def _read(self, conn: AsyncConnection[Any], one: Delivery, source: Source) -> None:
        """Fills in what it says, by what is known now. What is in the log already stays."""
        taken = {n: item for n, item in enumerate(one.items) if item.get("outcome") == "taken"}
        itemizing = Itemizing(one.source, source, self._book.current, self._now())
        one.items = await itemizing.items(conn, parts(one, source))
        for number, item in taken.items():
            if number < len(one.items):
                one.items[number] = item
        one.because, one.unmapped = _all(one, "because"), _all(one, "unmapped")
        one.tickets = list({ticket_id(one.source, said["external_id"]) for said in _said(one)})
        if any("said" in item for item in one.items):
            one.state = "read"
        elif any(item.get("outcome") == "parked" for item in one.items):
            one.state = "parked"
        else:
            one.state = "ignored"

    async def _submit(self, one: Delivery) -> None:
        """Into the log, if there is something; then it is settled."""
        if one.state != "read":
            return
        waiting = [item for item in one.items if "said" in item and item["outcome"] != "taken"]
        submissions = [
            [submission(said, str(one.delivery_id)) for said in item["said"]] for item in waiting
        ]
        await self._writer.submit([each for group in submissions for each in group])
        for item, group in zip(waiting, submissions, strict=True):
            settle(item, group)
        one.because, one.unmapped = _all(one, "because"), _all(one, "unmapped")
        parked = any(item["outcome"] == "parked" for item in one.items)
        one.state = "parked" if parked else "taken"
        async with self._pool.connection(timeout=2) as conn:
            await deliveries.settle(conn, one)
        for item in waiting:
            for other in item.get("joins", ())[1:]:
                await self._uniting.unite(one.source, other, item["joins"][0])

    # Afterwards
    async def replay(
        self, name: str | None = None, which: Sequence[UUID] | None = None
    ) -> ReadAgain:
        """Reads what is parked again, in order of receipt. What somebody has let be only where it
        is named."""
        if which is not None:
            async with self._pool.connection(timeout=2) as conn:
                await letting_be.wake(conn, name, which)
        again = ReadAgain()
        async for one in self._each("parked", source=name, which=which):
            done = await self._apart(one, self._again)
            again.tried += 1
            again.parked += not done or one.state == "parked"
            again.failed += not done
        return again

    async def _again(self, one: Delivery) -> None:
        """By the reading that is in force now; one whose source is gone stays as it is."""
        connected = self.connected.get(one.source)
        if connected is None:
            return
        async with self._pool.connection(timeout=2) as conn:
            await self._read(conn, one, connected.source)
            await deliveries.settle(conn, one)
        await self._submit(one)

    async def run(self, stop: asyncio.Event) -> None:
        """Takes up what others have left lying, until `stop` is set."""
        while not stop.is_set():
            try:
                await self.take_up()
                await self.catch_up()
                await self.unite()
            except (QueueFull, StoreAway) as error:  # the next round finds them again
                logger.info("deliveries wait for the database", extra={"error": str(error)})
            except Exception:
                logger.exception("deliveries that were left lying could not be taken up")
            try:
                await asyncio.wait_for(stop.wait(), GRACE.total_seconds())
            except TimeoutError:
                continue

    async def take_up(self) -> None:
        """Brings into the log what was stored, and whose process ended before it had."""
        async for one in self._each("read", before=self._now() - GRACE):
            await self._apart(one, self._submit)

    async def catch_up(self) -> None:
        """Reads again what had come before the first delivery of its ticket: all of it, as long as
        something comes of it."""
        moves = True
        while moves:
            async with self._pool.connection(timeout=2) as conn:
                found = await deliveries.overtook(conn, self.connected, PAGE)
            done = [one for one in found if await self._apart(one, self._again)]
            moves = any(one.state != "parked" for one in done)

    async def _apart(self, one: Delivery, do: Callable[[Delivery], Awaitable[None]]) -> bool:
        """Whether it could be done. One that fails must not keep the others waiting."""
        try:
            await do(one)
        except (QueueFull, StoreAway):
            raise
        except Exception as error:
            about = {"delivery_id": str(one.delivery_id), "error": type(error).__name__}
            logger.error("a delivery could not be taken up", extra=about)
            return False
        return True

    async def unite(self) -> None:
        """Makes one of tickets of which it turned out that they are one while both were told of."""
        await self._uniting.settle(self._now() - GRACE)

    async def _each(
        self,
        state: deliveries.State,
        *,
        source: str | None = None,
        which: Sequence[UUID] | None = None,
        before: datetime | None = None,
    ) -> AsyncGenerator[Delivery]:
        after = BEGINNING
        while True:
            async with self._pool.connection(timeout=2) as conn:
                page = await deliveries.unsettled(
                    *(conn, state),
                    source=source,
                    which=which,
                    before=before,
                    after=after,
                    limit=PAGE,
                )
            for one in page:
                yield one
            if len(page) < PAGE:
                return
            after = page[-1].received_at, page[-1].delivery_id


def _told_apart_by(source: Source, request: Request) -> str | None:
    """The desk's id of a delivery, or of one that tells its time its content: the same twice is
    then said once. One that tells neither may be meant each time."""
    try:
        body = from_json(request.body, allow_inf_nan=False)
    except ValueError:
        body = None
    within = {"headers": request.headers, "body": body}
    for expression in source.reading.delivery_id:
        if (own := text(found(expression, within))) is not None:
            return storable(f"id {own}")
    return None


def _kept(headers: Mapping[str, str], reading: Preset) -> dict[str, str]:
    proofs = {one.header.lower() for one in (reading.token, *reading.signature) if one is not None}
    return {
        name: value
        for name, value in headers.items()
        if (name in KEPT_HEADERS or name.startswith(OURS))
        and name not in proofs
        and not any(part in name for part in LEFT_OUT)
    }


def _all(one: Delivery, name: str) -> list[str]:
    """Of all its items, each once."""
    return list(dict.fromkeys(each for item in one.items for each in item.get(name, ())))


def _said(one: Delivery) -> Iterable[Mapping[str, Any]]:
    return (said for item in one.items for said in item.get("said", ()))


def _taken(one: Delivery, *, duplicate: bool) -> Taken:
    outcomes = [item["outcome"] for item in one.items]
    return Taken(
        one.delivery_id,
        taken=sum(one in ("taken", "read") for one in outcomes),
        ignored=outcomes.count("ignored"),
        parked=outcomes.count("parked"),
        because=list(one.because),
        duplicate=duplicate,
    )
