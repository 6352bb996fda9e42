"""`sla outbox`: what became of the notices to channels, and dead ones sent again."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from engine.sla.instants import rfc3339
from ops.commands.database import Pool, work
from ops.commands.exits import FOUND_PROBLEMS, line, out, refuse, show, table
from ops.commands.operator import acted
from ops.commands.serve import read_settings
from projections import dead_letters
from projections.dead_letters import DeadLetter

NEWEST = 10
"""Dead notices that are shown."""
LET_BE = "`sla outbox drop --dead` lets them be"

Counts = dict[str, dict[str, int]]


def status(*, data_dir: Path | None, as_json: bool) -> int:
    """Show how many notices are where, and the newest dead ones: 1 when there are any."""

    async def main(pool: Pool) -> tuple[Counts, list[DeadLetter]]:
        async with pool.connection() as conn:
            return await dead_letters.counts(conn), await dead_letters.newest(conn, NEWEST)

    counts, dead = work(read_settings(data_dir), main)
    if as_json:
        letters = [
            asdict(one) | {"ticket_id": str(one.ticket_id), "raised_at": rfc3339(one.raised_at)}
            for one in dead
        ]
        out.print_json(data={"channels": counts, "dead": letters})
    else:
        _show(counts, dead)
    return FOUND_PROBLEMS if dead else 0


def _show(counts: Counts, dead: Sequence[DeadLetter]) -> None:
    if not counts:
        out.print("There was nothing to send yet.")
        return
    shown = table("channel", *dead_letters.STATES)
    for channel, by_state in counts.items():
        shown.add_row(channel, *(f"{count:,}" if count else "-" for count in by_state.values()))
    show(shown)
    if skipped := [channel for channel, by_state in counts.items() if by_state["skipped"]]:
        _say_skipped(skipped)
    if dead:
        out.print(f"The newest that are dead; `sla outbox replay` sends them again, {LET_BE}:")
    for one in dead:  # no table: a key must stay whole, to be copied
        out.print(one.dedup_key, style="bold", soft_wrap=True)
        line(f"  {one.external_id}, raised at {rfc3339(one.raised_at)}: {one.reason}")


def _say_skipped(channels: Sequence[str]) -> None:
    for channel in channels:
        out.print(
            f"Skipped, as there was no address: `sla outbox replay --channel {channel}` sends it.",
            soft_wrap=True,
        )


def replay(keys: Sequence[str], *, channel: str | None, data_dir: Path | None) -> int:
    """Have dead notices sent again, the named or all, or a channel's, with those that were skipped:
    1 when one that was named is not."""
    if keys and channel is not None:
        refuse("Name keys or a channel, not both.")
    settings = read_settings(data_dir)
    if keys:
        return work(settings, lambda pool: _replay_named(pool, keys))
    return work(settings, lambda pool: _replay_all(pool, channel))


async def _replay_named(pool: Pool, keys: Sequence[str]) -> int:
    async with pool.connection() as conn:
        known = await dead_letters.states(conn, keys)
        if unknown := [key for key in keys if key not in known]:
            refuse(f"No notice has the key {', '.join(unknown)}. Nothing is sent again.")
        again = await dead_letters.replay(conn, keys)
    if again:
        await acted(pool, "send_again", ", ".join(sorted(again)), len(again))
    out.print(f"To be sent again: {len(again):,}.")
    left = {key: state for key, state in known.items() if key not in again}
    for key, state in left.items():
        why = "withdrawn, and the channel told so" if state in ("dead", "skipped") else state
        out.print(f"{key} is left alone: it is {why}.", soft_wrap=True)
    return FOUND_PROBLEMS if left else 0


async def _replay_all(pool: Pool, channel: str | None) -> int:
    async with pool.connection() as conn:
        again = await dead_letters.replay(conn, channel=channel)
        counts = await dead_letters.counts(conn)
    if channel is not None and channel not in counts:
        known = ", ".join(counts) or "none"
        refuse(f"Nothing was ever for the channel {channel!r}. Channels so far: {known}.")
    if again:
        await acted(pool, "send_again", channel or "", len(again))
    left = sum(of["dead"] for name, of in counts.items() if channel in (None, name))
    skipped = [name for name, of in counts.items() if of["skipped"]]
    if channel is not None:
        left += counts[channel]["skipped"]
    if not again and not left:
        out.print("Nothing is dead.")
        if channel is None:
            _say_skipped(skipped)
        return 0
    out.print(f"To be sent again: {len(again):,}.")
    if left:
        words = f"Left alone, withdrawn and the channel told so: {left:,}; {LET_BE}."
        out.print(words, soft_wrap=True)
    return 0
