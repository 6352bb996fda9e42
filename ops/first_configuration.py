"""What a service begins with: the newest version in the log, and the file that it watches."""

import asyncio
from pathlib import Path

from config import reading
from config.problems import ConfigError
from config.reloading import Reloader
from config.versions import PolicyBook
from ops.policies import PolicyLog


async def first_configuration(
    path: Path, log: PolicyLog, reloader: Reloader, book: PolicyBook
) -> str | None:
    """The file's text; None: it cannot be read. Raises ConfigError when it does not hold and no
    version is there to keep."""
    await log.follow()
    try:
        offered = await asyncio.to_thread(reading.read, path)
    except ConfigError as error:
        await reloader.take(error)
        if book.newest is None:
            raise
        return None
    await reloader.take(offered)
    if book.newest is None:
        raise ConfigError(list(reloader.status.problems), path.name)
    return offered
