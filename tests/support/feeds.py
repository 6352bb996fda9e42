"""A calendar that somebody publishes, and workers that read it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Response
from psycopg.rows import dict_row

from command_side.deciding.events import CalendarsRead
from command_side.deciding.on_call import STREAM
from command_side.event_store import read_streams
from command_side.on_call import OnCall
from config.loading import load
from config.versions import PolicyBook
from engine.notify.channel_types import CHANNEL_TYPES
from engine.notify.post import http_client
from engine.on_call.fetching import Fetcher
from engine.on_call.reading import Found, Names, read
from ops.calendars import CalendarWatch, Reader
from tests.support.desk import Process
from tests.support.items import at
from tests.support.web import serving

CONFIG = """
sla_targets: {gold: {P1: {response: 1h}}}
people:
  anna: {name: Anna, email: anna@example.com}
  ben: {name: Ben, slack: U012AB3CD}
on_call:
  payments:
    calendar_env: PAYMENTS_ICAL_URL
    overrides_file: swaps.ics
    fallback: [ben]
    tell_by: [slack]
"""
EMPTY = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//a test//EN\r\nEND:VCALENDAR\r\n"


def calendar(*shifts: tuple[float, float, str]) -> str:
    """From and until so many hours after nine, and who."""
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{number}\r\nSUMMARY:{who}\r\nDTSTAMP:20260101T000000Z\r\n"
        f"DTSTART:{at(start * 60):%Y%m%dT%H%M%SZ}\r\nDTEND:{at(end * 60):%Y%m%dT%H%M%SZ}\r\n"
        "END:VEVENT\r\n"
        for number, (start, end, who) in enumerate(shifts)
    )
    return EMPTY.replace("END:VCALENDAR", f"{events}END:VCALENDAR")


@dataclass
class Feed:
    """A calendar that somebody publishes, and a worker that reads it."""

    process: Process
    folder: Path
    text: str = EMPTY
    status: int = 200
    asked: int = 0
    book: PolicyBook = field(default_factory=PolicyBook)
    environment: dict[str, str] = field(default_factory=dict[str, str])
    reader: Reader | None = None

    def configured(self, text: str = CONFIG) -> None:
        version = 1 + len(self.book.all)
        about: dict[str, Any] = {"warning": 0.15, "critical": 0.05, "channel_types": CHANNEL_TYPES}
        self.book.add(load(text, version=version, accepted_at=0, **about))

    def worker(self) -> CalendarWatch:
        """As another process would be."""
        assert self.reader is not None
        fetcher = self.reader.fetcher
        reader = Reader(fetcher, self.environment, self.folder)
        return CalendarWatch(self.book, OnCall(self.process.pool), reader, self.process.now)

    def overrides(self, text: str) -> None:
        (self.folder / "swaps.ics").write_text(text, newline="")

    async def look(self, minutes: float = 0, worker: CalendarWatch | None = None) -> None:
        self.process.clock.now += timedelta(minutes=minutes)
        await (worker or self.worker()).look()

    async def events(self) -> list[CalendarsRead]:
        async with self.process.pool.connection() as conn:
            stream = (await read_streams(conn, [STREAM]))[STREAM]
        return [event.body for event in stream if isinstance(event.body, CalendarsRead)]

    async def row(self) -> dict[str, Any] | None:
        async with self.process.pool.connection() as conn:
            cursor = conn.cursor(row_factory=dict_row)
            return await (await cursor.execute("select * from on_call_calendars")).fetchone()


async def read_here(text: bytes, names: Names, since: int, until: int) -> Found:
    """That a process of its own comes to the same, its own tests know; here it would take long."""
    return read(text, names, since, until)


@asynccontextmanager
async def feeding(process: Process, folder: Path) -> AsyncGenerator[Feed]:
    """A rotation whose calendar is on the web, and whose overrides are a file."""
    feed = Feed(process, folder)
    app = FastAPI(openapi_url=None)

    async def publish() -> Response:
        feed.asked += 1
        return Response(
            feed.text, status_code=feed.status, headers={"ETag": f'"{hash(feed.text)}"'}
        )

    app.add_api_route("/payments.ics", publish, methods=["GET"])
    async with serving(app) as url, http_client() as client:
        feed.environment["PAYMENTS_ICAL_URL"] = f"{url}/payments.ics"
        feed.reader = Reader(Fetcher(client, private=True), feed.environment, folder)
        feed.overrides(EMPTY)
        feed.configured()
        yield feed
