"""`sla restore`: the database as it was at an instant, ready for a service."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from command_side.event_store import MigrationRefused
from ops.backups import restoring
from ops.backups.finishing import Finished, StillServed
from ops.backups.finishing import finish as finished
from ops.backups.folder import NoBackup
from ops.commands import backup
from ops.commands.database import connections, work_at
from ops.commands.exits import FOUND_PROBLEMS, counted, out, refuse
from ops.commands.log import is_unsound, show_proof
from ops.commands.operator import acted
from ops.commands.serve import read_settings
from ops.embedded import PostgresUnavailable


@dataclass(frozen=True, slots=True)
class _Restored:
    found: dict[str, Any]
    finished: Finished


def run(
    folder: Path | None,
    to: datetime | None,
    sent_until: datetime | None,
    *,
    data_dir: Path | None,
    as_json: bool,
) -> int:
    """Restore it into a data folder without a database: 1 when it is not sound."""
    settings = read_settings(data_dir)
    if settings.database_url.get_secret_value():
        refuse(
            "This database is named by DATABASE_URL: its own tools restore it (docs/backup.md)."
            " Then `sla restore --finish` readies it for a service."
        )
    where, target = backup.named(folder), settings.sla_data_dir.expanduser().resolve()

    def ready(conninfo: str) -> _Restored:
        return asyncio.run(_ready(conninfo, sent_until))

    try:
        chosen, restored = restoring.restore(where, to, target, ready)
    except (MigrationRefused, NoBackup, PostgresUnavailable) as error:
        refuse(str(error))
    except OSError as error:
        refuse(f"{error.filename or where}: {error.strerror or error}")
    if not as_json:
        out.print(f"Restored into {target}, from {chosen.folder}.", soft_wrap=True)
    code = _show(restored, as_json=as_json)
    if not as_json:
        out.print("Its log is kept from its own first `sla backup` on: take one now.")
    return code


def finish(sent_until: datetime | None, *, data_dir: Path | None, as_json: bool) -> int:
    """Ready a database that other tools have restored: 1 when it is not sound."""

    async def main(conninfo: str) -> _Restored:
        return await _ready(conninfo, sent_until)

    try:
        return _show(work_at(read_settings(data_dir), main), as_json=as_json)
    except StillServed as error:
        refuse(f"{error} End it first: a restored database is readied before anybody serves it.")


async def _ready(conninfo: str, sent_until: datetime | None) -> _Restored:
    try:
        done = await finished(conninfo, until=sent_until)
    except psycopg.errors.UndefinedTable as error:
        raise MigrationRefused("there is nothing of SLA Tracker in this database") from error
    if done.log.is_new:
        async with connections(conninfo) as pool:
            await acted(pool, "restore", f"to position {done.log.after}")
    return _Restored(await backup.prove(conninfo), done)


def _show(restored: _Restored, *, as_json: bool) -> int:
    found, done = restored.found, restored.finished
    if as_json:
        recorded = done.log.recorded_at
        about = {
            "lost_after": done.log.after,
            "recorded_at": recorded and recorded.isoformat(),
            "goes_on_at": done.log.position,
            "sent_until": done.until.isoformat(),
            "held": done.held,
            "read_again": list(done.read_again),
            "not_read": list(done.not_read),
            "verified": found,
        }
        out.print_json(data=about)
    else:
        _say(done)
        show_proof(found)
    return FOUND_PROBLEMS if is_unsound(found) else 0


def _say(done: Finished) -> None:
    after, since = done.log.after, done.log.recorded_at
    if not done.log.is_new:
        out.print("This had been said of it before, and nothing has come since.")
    elif since is not None:
        out.print(
            f"The log ends at position {after:,}, of {since:%Y-%m-%d %H:%M:%S} UTC, and goes on at"
            f" {done.log.position:,}: whoever holds a position between is told to start afresh.",
            soft_wrap=True,
        )
    if done.held:
        out.print(
            f"{counted(done.held, 'notice')} held, as they may have been sent since:"
            " `sla outbox held` lists them.",
            soft_wrap=True,
        )
    until = f"{done.until:%Y-%m-%d %H:%M:%S} UTC"
    out.print(
        f"What comes from now on and tells of nothing later than {until} will be held.",
        soft_wrap=True,
    )
    for name in done.read_again:
        out.print(f"{name} is read again by itself, from where it had been read.")
    for name in done.not_read:
        out.print(
            f"Nobody reads again what {name} has said since: have it sent again, or, if it is a"
            f" desk with an API, `sla backfill {name} --since {since:%Y-%m-%dT%H:%MZ}`.",
            soft_wrap=True,
        )
    out.print(
        "What people did since is lost: silences, excused time, acknowledgements, tokens made or"
        " revoked. See that it is done again.",
        soft_wrap=True,
    )
