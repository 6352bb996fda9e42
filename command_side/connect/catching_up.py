"""Reads desks' APIs: what was before they were connected, and what a webhook has lost since.

A page is read, what is new of it goes into the log, and then the cursor is stored: killed in
between, the page is read again, and the log knows what it has. One process reads a desk at a time;
that two did would cost time and nothing else.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from psycopg import AsyncConnection, OperationalError
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from command_side.connect import progress
from command_side.connect.itemizing import is_name, words
from command_side.connect.joining import kept_as
from command_side.connect.names import Found as Kept
from command_side.connect.names import names_of
from command_side.connect.news import Known
from command_side.connect.objects import read_object
from command_side.connect.progress import Found, Reading, What
from command_side.connect.reading import Ignored, Observed, Received
from command_side.connect.source import Source
from command_side.deciding.events import ticket_id
from command_side.deciding.ingesting import Submission
from command_side.deciding.problems import Problem
from command_side.event_store import read_streams
from command_side.intake import reading as items
from command_side.intake.item import Refused as NoItem
from command_side.intake.item import checked, shown
from command_side.intake.writer import QueueFull, StoreAway, Writer
from engine.desks.calling import Api, Later, NotThere, Page, Refused
from engine.desks.known import Asking
from engine.sla.instants import micros, parsed

logger = logging.getLogger(__name__)

LOOK_EVERY: Final = 5.0
"""Real seconds between looks for a turn."""
STAY_EVERY: Final = 30.0
"""Real seconds."""
AGAIN: Final = timedelta(minutes=5)
"""When to try again what somebody has to mend."""
ON_ITS_WAY: Final = timedelta(minutes=1)
"""So long a webhook may take: what is newer is left for the next time."""


@dataclass(frozen=True, slots=True)
class Reachable:
    """A desk whose API can be asked."""

    source: Source
    asking: Asking
    api: Api


class CatchingUp:
    """Reads whatever is to be read, in turns with other processes."""

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        writer: Writer,
        now: Callable[[], datetime],
        owner: str,
    ) -> None:
        self._pool, self.writer, self._now, self._owner = pool, writer, now, owner
        self.reachable: Mapping[str, Reachable] = {}
        """By name; exchanged when the configuration changes."""
        self._asked = asyncio.Event()
        self._looked_at = set[str]()

    async def backfill(self, name: str, since: datetime) -> bool:
        """Begins one; False: one is under way. Raises LookupError for a desk without an API."""
        if name not in self.reachable:
            raise LookupError(name)
        async with self._pool.connection(timeout=2) as conn:
            begins = await progress.begin(conn, name, "backfill", since, self._now())
        self._asked.set()
        return begins

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set. Nobody waits for a round to be over: one desk may be read for
        hours."""
        async with asyncio.TaskGroup() as rounds:
            while not stop.is_set():
                self._asked.clear()
                rounds.create_task(self.look(stop))
                waits = [asyncio.create_task(one.wait()) for one in (stop, self._asked)]
                await asyncio.wait(waits, timeout=LOOK_EVERY, return_when=asyncio.FIRST_COMPLETED)
                for one in waits:
                    one.cancel()

    async def look(self, stop: asyncio.Event) -> None:
        """Reads what it is time for; all desks at once, and none for another's sake later."""
        looks = (self._look_at(name, one, stop) for name, one in self.reachable.items())
        await asyncio.gather(*looks)

    async def _look_at(self, name: str, one: Reachable, stop: asyncio.Event) -> None:
        if name in self._looked_at:  # since an earlier round
            return
        self._looked_at.add(name)
        try:
            await self._look(name, one, stop)
        except (QueueFull, StoreAway) as error:  # the next round goes on
            about = {"source": name, "error": str(error)}
            logger.info("a desk's API waits for the database", extra=about)
        except Exception:  # it is said, and the next round tries again: no other desk suffers
            logger.exception("a desk's API could not be read", extra={"source": name})
        finally:
            self._looked_at.discard(name)

    async def _look(self, name: str, one: Reachable, stop: asyncio.Event) -> None:
        now = self._now()
        whats: list[What] = ["backfill"]
        if one.source.reconciles_every is not None:
            whats.append("reconciliation")
            async with self._pool.connection(timeout=2) as conn:
                await progress.begin(conn, name, "reconciliation", now, now)
        for what in whats:
            who = f"{self._owner}/{uuid4().hex[:6]}"
            async with self._pool.connection(timeout=2) as conn:
                reading = await progress.take(conn, name, what, who, now)
            if reading is not None:
                await self._read(reading, one, stop)

    async def _read(self, reading: Reading, one: Reachable, stop: asyncio.Event) -> None:
        """All pages there are, until something stands in the way."""
        about = {"source": reading.source, "what": reading.what}
        staying = asyncio.create_task(self._stay(reading))
        try:
            over = await self._pages(reading, one, stop)
        except (Later, Refused, NotThere) as error:
            wait = error.wait if isinstance(error, Later) else AGAIN
            logger.warning("a desk's API is not read", extra={**about, "reason": str(error)})
            waits = isinstance(error, Later)
            await self._leave(reading, self._now() + wait, error=str(error)[:500], waits=waits)
        except (QueueFull, StoreAway):
            await self._leave(reading, self._now(), error=None)
            raise
        except (LookupError, TypeError, ValueError, AttributeError) as error:  # not as documented
            logger.exception("an answer of a desk's API is not understood", extra=about)
            why = f"answers in a form that is not understood: {type(error).__name__}: {error}"
            await self._leave(reading, self._now() + AGAIN, error=shown(why)[:500])
        else:
            every = one.source.reconciles_every
            if not over:
                await self._leave(reading, self._now(), error=None)
            elif reading.what == "reconciliation" and every is not None:
                await self._leave(reading, self._now() + every, done=True)
            else:
                await self._leave(reading, None, done=True)
        finally:
            staying.cancel()

    async def _stay(self, reading: Reading) -> None:
        """A page may take long, where a desk asks for patience at each of its tickets."""
        while True:
            await asyncio.sleep(STAY_EVERY)
            try:
                async with self._pool.connection(timeout=2) as conn:
                    await progress.stay(conn, reading, self._now())
            except (OperationalError, PoolTimeout):  # whoever takes over adds nothing twice
                logger.info("a desk's API may be read by two", extra={"source": reading.source})

    async def _leave(
        self,
        reading: Reading,
        next_at: datetime | None,
        *,
        error: str | None = None,
        waits: bool = False,
        done: bool = False,
    ) -> None:
        done_at = self._now() if done else None
        async with self._pool.connection(timeout=2) as conn:
            await progress.leave(
                conn, reading, next_at=next_at, error=error, waits=waits, done_at=done_at
            )

    async def _pages(self, reading: Reading, one: Reachable, stop: asyncio.Event) -> bool:
        """Whether all were read."""
        again: Mapping[str, Any] | None = None
        while not stop.is_set():
            page = await _unless(
                stop, one.asking.page(one.api, reading.cursor, one.source.api_projects)
            )
            if page is None:
                return False
            if not page.done and page.cursor == reading.cursor:
                raise Refused("answers the same page again and again")
            found, is_whole = await self._take(page, reading, one.source)
            if not is_whole and again is None:  # what was too new is looked for once more
                again = reading.cursor
            reading.cursor = dict(page.cursor)
            stored = again if page.done and again is not None else page.cursor
            async with self._pool.connection(timeout=2) as conn:
                if not await progress.count(conn, reading, stored, found, self._now()):
                    return False
            if found.added and reading.what == "reconciliation":
                about = {"source": reading.source, "updates": found.added}
                logger.warning("updates of a desk came only by reconciliation", extra=about)
            if page.done:
                return True
        return False

    async def _take(self, page: Page, reading: Reading, source: Source) -> tuple[Found, bool]:
        """What it came to, and whether nothing of it was too new."""
        found, is_whole = Found(), True
        now = self._now()
        until = micros(now - ON_ITS_WAY) if reading.what == "reconciliation" else None
        submissions: list[Submission] = []
        for one in page.objects:
            said = self._said(one, source, found, now)
            if not said:
                continue
            found.tickets += 1
            old = [
                each for each in said if until is None or parsed(each.item["updated_at"]) <= until
            ]
            is_whole = is_whole and len(old) == len(said)
            submissions += await self._news(old, reading, found)
        if submissions:
            await self.writer.submit(submissions)
        for each in submissions:
            found.added += each.outcome == "accepted"
            found.known += each.outcome in ("duplicate", "unchanged")
            if each.outcome == "rejected":
                found.refuse(_words(each.problems))
            elif each.outcome == "conflict":
                found.refuse("the API told otherwise of the same time before: see /conflicts")
        return found, is_whole

    @staticmethod
    def _said(one: Any, source: Source, found: Found, now: datetime) -> Sequence[Observed]:
        said: list[Observed] = []
        try:
            read = read_object(one, Received({}, one, now), source)
        except Exception as error:  # one that cannot be read must not keep the others waiting
            logger.exception("an object of a desk's API cannot be read")
            found.refuse(f"cannot be read: {type(error).__name__}")
            return said
        for each in read:
            if isinstance(each, Observed):
                said.append(each)
            elif not isinstance(each, Ignored):
                found.refuse(each.because)
        return said

    async def _news(
        self, said: Sequence[Observed], reading: Reading, found: Found
    ) -> Sequence[Submission]:
        """What nobody has told, as it goes into the log."""
        if not said:
            return ()
        async with self._pool.connection(timeout=2) as conn:
            kept = await self._kept_as(conn, said, reading.source)
            known = Known()
            if kept.known:
                ticket = ticket_id(reading.source, kept.external_id)
                known = Known.of((await read_streams(conn, [ticket]))[ticket])
        whole = [{**each.first, **each.item} for each in said]
        news = known.news([{"revision": 0, **each} for each in whole])
        found.known += len(said) - len(news)
        submissions: list[Submission] = []
        for each in news:
            item = checked({**each, "external_id": kept.external_id, "source": reading.source})
            if isinstance(item, NoItem):
                found.refuse(_words(item.problems))
            else:
                correlation = f"{reading.what}:{reading.source}"
                submissions.append(Submission(items.read(item), correlation))
        return submissions

    async def _kept_as(
        self, conn: AsyncConnection[Any], said: Sequence[Observed], source: str
    ) -> Kept:
        """Other names lead to it from now on; those who see to deliveries unite tickets that were
        taken for others."""
        others = dict.fromkeys(name for each in said for name in each.names if is_name(name))
        asked = [str(said[0].item["external_id"]), *others]
        names = await names_of(conn, source, asked)
        found = await kept_as(conn, source, names, asked, self._now())
        await names.keep(conn, self._now())
        return found


async def _unless(stop: asyncio.Event, asking: Awaitable[Page]) -> Page | None:
    """A page; None where `stop` is set before it is there: it is asked for again."""
    page, stopping = asyncio.ensure_future(asking), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({page, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return page.result() if page.done() else None
    finally:
        page.cancel()
        stopping.cancel()


def _words(refused: Iterable[Problem]) -> str:
    return "; ".join(map(words, refused))[:300]
