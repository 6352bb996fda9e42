"""What other processes, and people, do in the log and to files: looked for again and again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

logger = logging.getLogger(__name__)

FOLLOW_EVERY = 1.0
"""Real seconds between looks for policy versions, silences and excuses of other processes, and
between looks at the configuration file, whether or not the system tells of its changes."""


async def follow_others(
    followers: Mapping[str, Callable[[], Awaitable[None]]],
    stop: asyncio.Event,
    *,
    first: Callable[[], None],
) -> None:
    """Each by itself: what one of them cannot read is no reason to be deaf to the others.

    `first` looks at what no event tells of, such as a file behind a link that changes.
    """
    said: dict[str, str] = {}
    while not stop.is_set():
        try:
            async with asyncio.timeout(FOLLOW_EVERY):
                await stop.wait()
        except TimeoutError:
            first()
            for what, follow in followers.items():
                try:
                    await follow()
                    said.pop(what, None)
                except Exception as error:
                    if said.get(what) != str(error):  # once, not each second
                        about = {"what": what, "error": str(error)}
                        logger.warning("the log could not be followed", extra=about)
                    said[what] = str(error)
