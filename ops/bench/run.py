"""One run of the bench: every part by itself, so that one that fails takes no other along."""

import asyncio
import logging
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from psycopg import AsyncConnection

from ops.bench.harness import Bench
from ops.bench.parts import PARTS
from ops.bench.report import Report
from ops.bench.scale import Scale
from ops.embedded import EmbeddedPostgres, conninfo_from

logger = logging.getLogger(__name__)

LONGEST_PART = 600.0
"""Seconds after which a part counts as failed."""


async def run(
    folder: Path,
    database_url: str,
    scale: Scale,
    *,
    only: Sequence[str],
    now: Callable[[], datetime],
    say: Callable[[str, str], None],
) -> Report:
    """Measures the parts named, or all; `say` hears the part and what it is doing.

    In `folder` a scratch folder is made, with a PostgreSQL unless `database_url` names one.
    Raises PostgresUnavailable, or psycopg.Error when that database does not answer.
    """
    began = time.monotonic()
    with ExitStack() as exits:
        scratch = folder / f"scratch-{uuid4().hex[:8]}"  # not private: PostgreSQL is another user
        scratch.mkdir()
        exits.callback(shutil.rmtree, scratch, ignore_errors=True)
        if database_url:
            server = conninfo_from(database_url)
        else:
            embedded = EmbeddedPostgres(scratch)
            server = await asyncio.to_thread(embedded.start)
            exits.callback(embedded.stop)
        async with await AsyncConnection.connect(server) as conn:
            version = str(conn.info.server_version // 10_000)
        report = Report(now(), scale, version)
        for name in only or PARTS:
            bench = Bench(server, scratch, scale, now, lambda doing, name=name: say(name, doing))
            await _measure(report, name, bench)
    report.seconds = time.monotonic() - began
    return report


async def _measure(report: Report, name: str, bench: Bench) -> None:
    try:
        async with asyncio.timeout(LONGEST_PART):
            report.figures[name] = await PARTS[name].measure(bench)
    except Exception as error:
        logger.debug("a part of the bench failed", exc_info=error)
        report.failures[name] = f"{type(error).__name__}: {error}"
