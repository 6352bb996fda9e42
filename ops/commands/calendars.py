"""`sla config check --online`: what the calendars say that a configuration names."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from config.loading import Loaded
from config.settings import Settings
from engine.notify.post import http_client
from engine.on_call.fetching import Fetcher
from engine.sla.instants import micros, rfc3339
from ops.calendars import Outcome, Reader, read_rotation


async def calendars_now(
    loaded: Loaded, folder: Path, settings: Settings, at: datetime
) -> list[str]:
    """What is wrong with them, and the gaps and strangers of the next two weeks."""
    async with http_client() as client:
        fetcher = Fetcher(client, private=settings.private_calendars)
        reader = Reader(fetcher, os.environ, folder)
        return [
            f"on_call.{one.rotation}: {said}"
            for one in loaded.calendars
            for said in _said(await read_rotation(reader, one, loaded, None, micros(at)))
        ]


def _said(outcome: Outcome) -> Iterator[str]:
    if outcome.error:
        yield outcome.error
        return
    for start, end in outcome.reading.gaps:
        yield f"nobody is on call from {rfc3339(start)} until {rfc3339(end)}"
    for start, said in outcome.reading.strangers:
        yield f"nobody is called {said!r}, who is on call from {rfc3339(start)}"
    yield from outcome.reading.doubts
