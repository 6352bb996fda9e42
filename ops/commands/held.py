"""`sla outbox held`, `release` and `drop`: somebody says what becomes of what a restore holds."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from psycopg import AsyncConnection

from engine.sla.instants import rfc3339
from ops.commands.database import Pool, work
from ops.commands.exits import FOUND_PROBLEMS, counted, out, refuse
from ops.commands.operator import acted
from ops.commands.serve import read_settings
from projections import held
from projections.held import Held

SHOWN = 1000
"""Notices that are listed."""
Settle = Callable[[AsyncConnection, Sequence[str] | None, str | None], Awaitable[set[str]]]


def show_all(*, data_dir: Path | None, as_json: bool) -> int:
    """List what is held, the oldest first: 1 when there is any."""

    async def main(pool: Pool) -> list[Held]:
        async with pool.connection() as conn:
            return await held.held(conn, SHOWN)

    found = work(read_settings(data_dir), main)
    if as_json:
        listed = [
            asdict(one) | {"ticket_id": str(one.ticket_id), "occurred_at": rfc3339(one.occurred_at)}
            for one in found
        ]
        out.print_json(data=listed)
    else:
        _show(found)
    return FOUND_PROBLEMS if found else 0


def _show(found: Sequence[Held]) -> None:
    """Without a table: a key must stay whole, to be copied."""
    if not found:
        out.print("Nothing is held.")
        return
    for one in found:
        out.print(one.dedup_key, style="bold", markup=False, soft_wrap=True)
        about = f"  {one.external_id}: {one.kind}, {rfc3339(one.occurred_at)}, for {one.channel}"
        out.print(about, markup=False, soft_wrap=True)
    out.print("`sla outbox release` sends them, `sla outbox drop` does not: KEY, or --all.")


def release(keys: Sequence[str], channel: str | None, *, every: bool, data_dir: Path | None) -> int:
    """Have them sent: 1 when one that was named is not."""
    return _settle(held.release, "release", "To be sent", keys, channel, every, data_dir)


def drop(keys: Sequence[str], channel: str | None, *, every: bool, data_dir: Path | None) -> int:
    """Have them count as sent: 1 when one that was named is not held."""
    return _settle(held.drop, "drop", "Dropped", keys, channel, every, data_dir)


def _settle(
    settle: Settle,
    what: str,
    said: str,
    keys: Sequence[str],
    channel: str | None,
    every: bool,
    data_dir: Path | None,
) -> int:
    if (bool(keys), channel is not None, every).count(True) != 1:
        refuse("Name keys, or a --channel, or --all.")

    async def main(pool: Pool) -> set[str]:
        async with pool.connection() as conn:
            settled = await settle(conn, keys or None, channel)
        if settled:
            about = ", ".join(sorted(settled)) if keys else channel or ""
            await acted(pool, f"{what}_held", about, len(settled))
        return settled

    settled = work(read_settings(data_dir), main)
    out.print(f"{said}: {counted(len(settled), 'notice')}.")
    left = [key for key in keys if key not in settled]
    for key in left:
        out.print(f"{key} is left alone: it is not held, or withdrawn.", markup=False)
    return FOUND_PROBLEMS if left else 0
