"""Reads the calendars that say who is on call, again and again, and records what has changed."""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import httpx

from command_side.on_call import OnCall, Reading
from config.addresses import NoAddress, Variables
from config.loading import Loaded
from config.people import Calendars, Source
from config.settings import Settings
from config.versions import PolicyBook
from engine.on_call.apart import read_apart
from engine.on_call.fetching import Copy, Fetcher, NotFetched
from engine.on_call.reading import MOST_BYTES, Found, Names, NoCalendar
from engine.sla.instants import SECOND, micros
from engine.sla.rotations import Plan, Shifts

logger = logging.getLogger(__name__)

LOOK_EVERY = 5.0
"""Real seconds between looks for a turn."""
READ_EVERY = timedelta(minutes=5)
DAY = 24 * 60 * 60 * SECOND
HORIZON = 35 * DAY
"""How far calendars are read."""
SOON = 14 * DAY
"""How far gaps and strangers are told."""


class Unread(Exception):
    """A calendar could not be read; names the variable or the file, and says why."""


@dataclass(slots=True)
class Reader:
    """Reads calendars; remembers what it read last, so that what has not changed costs little."""

    fetcher: Fetcher
    environment: Mapping[str, str]
    folder: Path
    """In which files are looked for."""
    _copies: dict[Source, Copy] = field(default_factory=dict[Source, Copy])
    _found: dict[Source, tuple[object, Found]] = field(
        default_factory=dict[Source, tuple[object, Found]]
    )

    @classmethod
    def of(
        cls, client: httpx.AsyncClient, environment: Mapping[str, str], settings: Settings
    ) -> "Reader":
        """As a service reads; `environment` holds the secret addresses."""
        fetcher = Fetcher(client, private=settings.private_calendars)
        return cls(fetcher, environment, settings.sla_config.parent)

    async def read(self, source: Source, names: Names, since: int, until: int) -> Found:
        """What it says of that stretch of time. Raises Unread."""
        try:
            text = await self._text(source)
            key = (hashlib.sha256(text).digest(), names, since, until)
            known = self._found.get(source)
            if known is not None and known[0] == key:
                return known[1]
            found = await read_apart(text, names, since, until)
        except (NoAddress, NotFetched, NoCalendar) as why:
            raise Unread(
                str(why) if isinstance(why, NoAddress) else f"{source.name} {why}"
            ) from why
        self._found[source] = key, found
        return found

    async def _text(self, source: Source) -> bytes:
        if source.variable is None:
            return await asyncio.to_thread(self._of_file, source)
        address = Variables(self.environment).text(source.variable)
        copy = await self.fetcher.fetch(address, self._copies.get(source))
        self._copies[source] = copy
        return copy.text

    def _of_file(self, source: Source) -> bytes:
        try:
            with (self.folder / source.path).open("rb") as file:
                return file.read(MOST_BYTES + 1)
        except OSError as error:
            raise NotFetched(f"cannot be read: {error.strerror or error}") from None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the calendars of a rotation say, as far as they could be read."""

    plan: Plan
    reading: Reading
    error: str | None
    until: int


async def read_rotation(
    reader: Reader, calendars: Calendars, loaded: Loaded, known: Plan | None, now: int
) -> Outcome:
    """From the beginning of today on: what is over is no news. Of one that cannot be read, what is
    `known` stays."""
    since = now - now % DAY
    until, names = since + HORIZON + DAY, _names(loaded)
    there = {person.key for person in loaded.people}
    errors: list[str] = []
    strangers: list[tuple[int, str]] = []
    doubts: list[str] = []

    async def shifts(source: Source | None, before: Shifts) -> Shifts:
        if source is None:
            return ()
        try:
            found = await reader.read(source, names, since, until)
        except Unread as why:
            errors.append(str(why))
            # Whom the configuration does not have any more, nothing reaches.
            return tuple([one for one in before if one.person in there])
        strangers.extend((one.start, one.said) for one in found.strangers)
        doubts.extend(f"{source.name}: {doubt}" for doubt in found.doubts)
        return found.shifts

    before = known or Plan()
    plan = Plan(
        await shifts(calendars.calendar, before.calendar),
        await shifts(calendars.overrides, before.overrides),
    )
    reading = Reading(
        sorted(one for one in strangers if one[0] < now + SOON), plan.gaps(now, now + SOON), doubts
    )
    return Outcome(plan, reading, "; ".join(errors) or None, until)


def _names(loaded: Loaded) -> Names:
    return Names(
        {spelling: person.key for person in loaded.people for spelling in person.spellings},
        {person.key: person.time_zone for person in loaded.people if person.time_zone},
        loaded.policy.time_zone,
    )


class CalendarWatch:
    """Keeps the log in step with the calendars of the newest configuration."""

    def __init__(
        self,
        book: PolicyBook,
        on_call: OnCall,
        reader: Reader,
        now: Callable[[], datetime],
    ) -> None:
        self._book, self._on_call, self._reader, self._now = book, on_call, reader, now
        self._version = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set."""
        said = ""
        while not stop.is_set():
            try:
                await self.look()
                said = ""
            except Exception as error:
                if said != str(error):  # once, not at each look
                    logger.warning("calendars are not looked at", extra={"error": str(error)})
                said = str(error)
            try:
                async with asyncio.timeout(LOOK_EVERY):
                    await stop.wait()
            except TimeoutError:
                continue

    async def look(self) -> None:
        """Reads those whose turn it is, all at once."""
        loaded = self._book.newest
        if loaded is None:
            return
        if loaded.policy.version != self._version:
            await self._on_call.forget_others([one.rotation for one in loaded.calendars])
            self._version = loaded.policy.version
        await asyncio.gather(*(self._read(one, loaded) for one in loaded.calendars))

    async def _read(self, calendars: Calendars, loaded: Loaded) -> None:
        rotation, now = calendars.rotation, self._now()
        turn = f"version {loaded.policy.version}"
        if not await self._on_call.take_turn(rotation, turn, READ_EVERY, now):
            return
        await self._on_call.follow()
        known = self._on_call.book.newest(rotation)
        plan = None if known is None else known.plan
        outcome = await read_rotation(self._reader, calendars, loaded, plan, micros(now))
        about = {"rotation": rotation}
        is_known = known is not None or outcome.error is None or outcome.plan != Plan()
        if is_known and await self._on_call.record(rotation, outcome.plan, now, outcome.until):
            logger.info("who is on call has changed", extra=about)
        if outcome.error is None:
            await self._on_call.remember(rotation, outcome.reading, now)
        else:
            logger.warning("a calendar is not read", extra={**about, "reason": outcome.error})
            await self._on_call.failed(rotation, outcome.error)
