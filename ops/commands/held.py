"""`sla outbox held`, `release` and `drop`: somebody says what becomes of what a restore holds, and
that what was given up was seen."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from psycopg import AsyncConnection

from engine.sla.instants import rfc3339
from ops.commands.database import Pool, work
from ops.commands.exits import FOUND_PROBLEMS, counted, out, refuse
from ops.commands.operator import acted
from ops.commands.serve import read_settings
from projections import dead_letters, held
from projections.held import Held

SHOWN = 1000
"""Notices that are listed."""
Settle = Callable[[AsyncConnection, Sequence[str] | None, str | None], Awaitable[set[str]]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which notices, why, and where: these, or a channel's, or every one."""

    keys: Sequence[str]
    channel: str | None
    every: bool
    reason: str | None
    data_dir: Path | None


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
        out.print(one.dedup_key, style="bold", soft_wrap=True)
        about = f"  {one.external_id}: {one.kind}, {rfc3339(one.occurred_at)}, for {one.channel}"
        out.print(about, soft_wrap=True)
    out.print("`sla outbox release` sends them, `sla outbox drop` does not: KEY, or --all.")


def release(asked: Asked) -> int:
    """Have them sent: 1 when one that was named is not."""
    left = "it is not held, or withdrawn"
    return _settle(asked, {"release_held": held.release}, "To be sent", left)


def drop(asked: Asked, *, dead: bool) -> int:
    """What is held counts as sent, and what was given up as seen; unless it is named, only one of
    them: 1 when one that was named is neither."""
    ways: dict[str, Settle] = {"drop_held": held.drop, "drop_dead": dead_letters.drop}
    if dead:
        del ways["drop_held"]
    elif not asked.keys:
        del ways["drop_dead"]
    left = "it is not dead, or dropped" if dead else "it is neither held nor dead, or dropped"
    return _settle(asked, ways, "Dropped", left)


def _settle(asked: Asked, ways: Mapping[str, Settle], said: str, left: str) -> int:
    if (bool(asked.keys), asked.channel is not None, asked.every).count(True) != 1:
        refuse("Name keys, or a --channel, or --all.")

    async def main(pool: Pool) -> set[str]:
        settled = set[str]()
        for what, settle in ways.items():
            async with pool.connection() as conn:
                some = await settle(conn, asked.keys or None, asked.channel)
            if some:
                about = ", ".join(sorted(some)) if asked.keys else asked.channel or ""
                await acted(pool, what, about, len(some), reason=asked.reason)
            settled |= some
        return settled

    settled = work(read_settings(asked.data_dir), main)
    out.print(f"{said}: {counted(len(settled), 'notice')}.")
    others = [key for key in asked.keys if key not in settled]
    for key in others:
        out.print(f"{key} is left alone: {left}.", soft_wrap=True)
    return FOUND_PROBLEMS if others else 0
