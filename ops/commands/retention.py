"""`sla retention`: what is kept how long, what would go now and has gone, and how large it is."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, LiteralString

from command_side.deciding.events import RETENTION, RetentionApplied
from command_side.event_store import Recorded, read_streams
from command_side.retaining import Gone, Outgrown, would
from config.loading import Loaded
from config.settings import Settings
from engine.sla.instants import micros, rfc3339
from ops.commands.configuration import policy_book
from ops.commands.database import Pool, work
from ops.commands.exits import out, show, table
from ops.commands.serve import read_settings
from ops.housekeeping import outgrown_by
from ops.wiring import now

SIZES: LiteralString = """
select relname, pg_total_relation_size(c.oid), greatest(reltuples, 0)::bigint
from pg_class c
where relkind = 'r' and relnamespace = current_schema()::regnamespace
order by 2 desc, 1
"""
MB: Final = 1_000_000
SHOWN: Final = 12
"""Of the largest tables."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the command says."""

    would_go: list[tuple[Outgrown, Gone]]
    went: list[RetentionApplied]
    last_at: datetime | None
    sizes: list[tuple[str, int, int]]


def retention(*, data_dir: Path | None, as_json: bool) -> int:
    """Nothing is dropped by it."""
    settings = read_settings(data_dir)
    loaded, found = work(settings, lambda pool: _look(pool, settings))
    if as_json:
        out.print_json(data=_as_json(loaded, found))
    elif loaded is None:
        out.print("There is no configuration yet: nothing is dropped before.")
    else:
        _show(loaded, found)
    return 0


async def _look(pool: Pool, settings: Settings) -> tuple[Loaded | None, Found]:
    loaded = (await policy_book(pool, settings)).newest
    async with pool.connection() as conn:
        due = [] if loaded is None else await outgrown_by(conn, loaded, now())
        would_go = [(one, await would(conn, one)) for one in due]
        stream: list[Recorded] = (await read_streams(conn, [RETENTION]))[RETENTION]
        sizes = await (await conn.execute(SIZES)).fetchall()
    went = [one.body for one in stream if isinstance(one.body, RetentionApplied)]
    return loaded, Found(would_go, went, stream[-1].recorded_at if stream else None, sizes)


def _as_json(loaded: Loaded | None, found: Found) -> dict[str, Any]:
    return {
        "kept": None if loaded is None else loaded.retention.model_dump(mode="json"),
        "would_go": [
            {
                "what": one.what,
                "source": one.source,
                "before": rfc3339(micros(one.before)),
                "count": gone.count,
                "first": None if gone.first is None else rfc3339(micros(gone.first)),
            }
            for one, gone in found.would_go
        ],
        "gone": _gone(found),
        "last_at": None if found.last_at is None else rfc3339(micros(found.last_at)),
        "tables": [
            {"table": name, "bytes": size, "rows": rows} for name, size, rows in found.sizes
        ],
    }


def _gone(found: Found) -> dict[str, int]:
    gone: Counter[str] = Counter()
    for one in found.went:
        gone[one.what] += one.count
    return dict(gone)


def _show(loaded: Loaded, found: Found) -> None:
    ages = {"outbox": loaded.retention.outbox, "jobs": loaded.retention.jobs}
    gone, shown = _gone(found), table("what", "source", "kept", "would go now", "the oldest")
    for one, going in found.would_go:
        age = ages.get(one.what, now() - one.before)
        shown.add_row(
            one.what,
            one.source or "",
            "forever" if age is None else f"{age.days:,} d",
            f"{going.count:,}" if going.count else "-",
            "" if going.first is None else rfc3339(micros(going.first)),
        )
    show(shown)
    out.print("It goes by itself, a little at a time; this command drops nothing.")
    if found.last_at is not None:
        every = ", ".join(f"{count:,} of {what}" for what, count in gone.items())
        last = rfc3339(micros(found.last_at))
        out.print(f"So far {every} have gone, last at {last}; the log says what.", soft_wrap=True)
    tables = table("table", "MB", "rows, about")
    for name, size, rows in found.sizes[:SHOWN]:
        tables.add_row(name, f"{size / MB:,.1f}", f"{rows:,}")
    show(tables)
