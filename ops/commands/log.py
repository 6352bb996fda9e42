"""`sla projections` and `sla verify`: the read tables, and whether the log can be trusted."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from command_side.event_store import Checkpoint, last_position, verify_chain
from ops.commands.database import Pool, progress_bar, work
from ops.commands.exits import FOUND_PROBLEMS, out, refuse, show, table
from ops.commands.operator import acted
from ops.commands.serve import read_settings
from ops.garbage import collected_seldom
from ops.wiring import now
from projections import verifying
from projections.all import PROJECTORS
from projections.poison import Parked, parked, replay_parked
from projections.protocol import Projector
from projections.rebuild import NotRebuildable, RebuildRunning, rebuild
from projections.status import reached
from projections.status import status as stored_status


def status(*, data_dir: Path | None, as_json: bool) -> int:
    """Show how far each projection is: 1 when events are parked."""

    async def main(pool: Pool) -> list[Any]:
        async with pool.connection() as conn:
            return list(await stored_status(conn, PROJECTORS, now=now()))

    found = work(read_settings(data_dir), main)
    if as_json:
        out.print_json(data=[asdict(one) for one in found])
    else:
        shown = table("projection", "version", "position", "behind", "parked", "fed by")
        for one in found:
            behind = f"{one.behind_events:,} events" if one.behind_events else "-"
            shown.add_row(
                one.name,
                str(one.version),
                f"{one.position:,}",
                behind,
                f"{one.parked:,}" if one.parked else "-",
                one.lease_owner or "nobody",
            )
        show(shown)
    return FOUND_PROBLEMS if any(one.parked for one in found) else 0


def rebuild_one(name: str, *, data_dir: Path | None) -> int:
    """Build a projection's tables anew and swap them in."""
    projector = _projector(name, [one for one in PROJECTORS if not one.once])

    async def main(pool: Pool) -> int:
        with progress_bar(shown=True, unit="events") as progress, collected_seldom():
            bar = progress.add_task(name, total=0)

            def advance(position: int, last: int) -> None:
                progress.update(bar, completed=position, total=last)

            reached = await rebuild(pool, projector, now=now, progress=advance)
        await acted(pool, "rebuild_projection", name)
        return reached

    try:
        position = work(read_settings(data_dir), main)
    except NotRebuildable:
        refuse(f"{name} touches the world: building it again would send everything again.")
    except RebuildRunning:
        refuse(f"{name} is being rebuilt already.", code=FOUND_PROBLEMS)
    out.print(f"{name} is rebuilt up to position {position:,}.")
    return 0


def replay(name: str, *, data_dir: Path | None) -> int:
    """Try a projection's parked events again: 1 when some stay parked."""
    projector = _projector(name, PROJECTORS)

    async def main(pool: Pool) -> tuple[int, list[Parked]]:
        done, _ = await replay_parked(pool, projector, now=now)
        if done:
            await acted(pool, "replay_parked_events", name, done)
        async with pool.connection() as conn:
            return done, await parked(conn, name)

    done, left = work(read_settings(data_dir), main)
    if not done and not left:
        out.print(f"Nothing of {name} is parked.")
        return 0
    out.print(f"{name}: {done:,} applied, {len(left):,} still parked.")
    for one in left:
        about = f"  position {one.position:,}, {one.topic}: {one.error}"
        out.print(about, soft_wrap=True)
    return FOUND_PROBLEMS if left else 0


def _projector(name: str, meant: Sequence[Projector]) -> Projector:
    """The one of that name; leaves with the names of those that are meant when there is none."""
    found = next((one for one in PROJECTORS if one.name == name), None)
    if found is None:
        names = ", ".join(one.name for one in meant)
        refuse(f"There is no projection {name!r}. There are {names}.")
    return found


def verify(*, checkpoint: str | None, data_dir: Path | None, as_json: bool) -> int:
    """Check the hash chain, then the projections against the log: 1 when something is wrong."""
    known = read_checkpoint(checkpoint) if checkpoint else None

    async def main(pool: Pool) -> dict[str, Any]:
        return await proof(pool, known, shown=not as_json)

    found = work(read_settings(data_dir), main)
    if as_json:
        out.print_json(data=found)
    else:
        show_proof(found)
    return FOUND_PROBLEMS if is_unsound(found) else 0


def is_unsound(found: dict[str, Any]) -> bool:
    """Whether a proof found anything."""
    return bool(found["reason"] or found["projections"])


async def proof(pool: Pool, known: Checkpoint | None, *, shown: bool) -> dict[str, Any]:
    """What `sla verify --json` says of a database; `shown` with its progress, on a terminal."""
    with progress_bar(shown=shown, unit="events") as progress:
        async with pool.connection() as conn:
            counted_up_to = await reached(conn)  # before the chain, which others make longer
            bar = progress.add_task("hash chain", total=await last_position(conn))
            chain = await verify_chain(
                conn,
                checkpoint=known,
                progress=lambda position: progress.update(bar, completed=position),
            )
        bad_position, reason = chain.bad_position, chain.reason
        if reason is None and chain.last.position < counted_up_to:
            bad_position = chain.last.position + 1
            reason = f"the log ends before, and read tables have counted up to {counted_up_to:,}"
        bar = progress.add_task("read tables", total=0)
        differences = await verifying.compare(
            pool,
            [projector for projector in PROJECTORS if not projector.once],
            now=now,
            progress=lambda position, last: progress.update(bar, completed=position, total=last),
        )
    return {
        "events": chain.checked,
        "erased": chain.erased,
        "checkpoint": f"{chain.last.position}:{chain.last.hash.hex()}",
        "bad_position": bad_position,
        "reason": reason,
        "projections": [asdict(one) for one in differences],
    }


def show_proof(found: dict[str, Any]) -> None:
    """For people."""
    if found["reason"]:
        place = f"At position {found['bad_position']:,}: {found['reason']}."
        out.print(f"The log was changed. {place}", style="red")
    else:
        out.print(
            f"The log is sound: {found['events']:,} events, {found['erased']:,} erased in part."
        )
    for one in found["projections"]:
        out.print(
            f"{one['table']} is not as the log has it: {one['missing']:,} rows missing or other,"
            f" {one['surplus']:,} too many or other, such as {'; '.join(one['keys'])}."
            + ("" if found["reason"] else " `sla projections rebuild` mends it."),
            style="red",
            soft_wrap=True,
        )
    if not found["projections"]:
        out.print("Every projection is as the log has it.")
    if found["reason"]:
        words = (
            "Build no read table anew: until then it may show what the log said. Keep this database"
            " as it is, and restore a backup elsewhere to compare."
        )
        out.print(words, soft_wrap=True)
    else:  # or it would vouch for a log that was changed
        out.print("Checkpoint, to keep elsewhere and give to --checkpoint next time:")
        out.print(found["checkpoint"], soft_wrap=True)


def read_checkpoint(text: str) -> Checkpoint:
    """As a verify says it; leaves where it is none."""
    position, _, digest = text.strip().partition(":")
    try:
        return Checkpoint(int(position), bytes.fromhex(digest))
    except ValueError:
        refuse(
            f"Not a checkpoint: {text!r}. It looks like 4711:0f3a… as an earlier verify said it."
        )
