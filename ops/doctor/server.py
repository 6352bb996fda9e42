"""The database's server: whether it is the right one, keeps what it says, and has room."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from engine.notify.plain_text import duration
from ops.doctor.finding import Finding, fault, ok, size, warning

ABOUT = "database"
Pooling = Literal["session", "transaction", "statement"]
PROCESS = 28
"""Connections that one process takes at most; `ops/wiring.py` opens them."""
POOLED = 3
"""Those that a pooler has to lend to it at the same time, at least."""
FULL = 0.8
"""Share of the connections in use at which somebody should look."""
LAGGING = 30.0
"""Seconds that a replica may be behind."""
HOARDING = 1_000_000_000
"""Bytes of log that a slot nobody reads may keep."""
OLD_BACKUP = timedelta(hours=26)
"""A day, and the time that a backup takes."""
UNSAVED = timedelta(days=1)
"""So old a log is worth a backup."""
SHORTEST = 60_000
"""Milliseconds: a rebuild's or a report's statement may take so long."""


@dataclass(frozen=True, slots=True)
class Replica:
    """One that follows this server."""

    name: str
    seconds: float
    """It is behind."""
    synchronous: bool


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in the server's own log that is kept for somebody who does not read."""

    name: str
    kept: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Archive:
    """The server's own log, as it is copied away."""

    last: datetime | None
    failed: datetime | None
    """When it could not be, last."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables, beside those that this program works with."""

    missing: Sequence[str] = ()
    """Migrations that are still to be applied."""
    refused: str | None = None
    """Why this program does not start on them."""


@dataclass(frozen=True, slots=True)
class Server:
    """What was found; settings by PostgreSQL's names, as it spells their values."""

    version: str
    settings: Mapping[str, str]
    at: datetime
    """By its own clock."""
    schema: Schema | None = field(default_factory=Schema)
    """None: it has no tables yet."""
    standby: bool = False
    """It only follows another server."""
    pooling: Pooling | None = None
    """By which a pooler in front of it lends connections; None: there is no pooler."""
    used: int = 0
    """Connections to the whole server."""
    room: int = 100
    """Those that our user may have at most."""
    replicas: Sequence[Replica] | None = ()
    """None: our user may not know."""
    slots: Sequence[Slot] = ()
    archive: Archive | None = None
    """None: the log is not copied away, or nobody may know."""
    backup_at: datetime | None = None
    """When the last copy was made that was restored elsewhere and verified; None: there is none."""
    since: datetime | None = None
    """When the oldest event was stored."""


def judged(found: Server) -> Iterator[Finding]:
    """First what would lose something."""
    bad = [*_tables(found), *_safety(found), *_sessions(found), *_following(found)]
    if not any(one.level == "fault" for one in bad):
        zone = found.settings.get("TimeZone", "")
        pooled = ", behind a pooler" if found.pooling else ""
        in_zone = f", time zone {zone}" if zone else ""
        yield ok(ABOUT, f"PostgreSQL {found.version}{in_zone}{pooled}")
    yield from bad
    yield from _backups(found)


def _tables(found: Server) -> Iterator[Finding]:
    if found.schema is None:
        yield ok(ABOUT, "has none of the tables yet; `sla migrate` or the first start makes them")
        return
    if found.schema.refused:
        yield fault(
            ABOUT,
            f"This version does not start on it: {found.schema.refused}.",
            "Run the version that fits; nothing was changed.",
        )
    if found.schema.missing:
        count = len(found.schema.missing)
        yield warning(
            ABOUT,
            f"It lacks {count} migration{'s' if count > 1 else ''} of this version, up to"
            f" {found.schema.missing[-1]}.",
            "`sla migrate` applies what is missing; so does the next start.",
        )


def _safety(found: Server) -> Iterator[Finding]:
    given = found.settings
    if found.standby:
        yield fault(
            ABOUT,
            "It is a standby, which takes no writes.",
            "Let DATABASE_URL lead to the primary; of several hosts,"
            " ?target_session_attrs=read-write takes the right one.",
        )
    elif given.get("default_transaction_read_only") == "on":
        yield fault(
            ABOUT,
            "It takes no writes: default_transaction_read_only is on.",
            "Set it to off for this database and user.",
        )
    for name in ("fsync", "full_page_writes"):
        if given.get(name) == "off":
            yield fault(
                ABOUT,
                f"{name} is off: after a crash of the machine the log may be damaged for good.",
                f"Set {name} = on in postgresql.conf, and reload.",
            )
    if given.get("synchronous_commit") == "off":
        yield fault(
            ABOUT,
            "synchronous_commit is off: updates that were acknowledged may be lost in a crash.",
            "Set it to on for this database and user; many updates share one write anyway.",
        )
    if (isolation := given.get("default_transaction_isolation", "")) not in ("", "read committed"):
        yield fault(
            ABOUT,
            f"default_transaction_isolation is {isolation}: every update is refused.",
            "Set it to 'read committed' for this database and user.",
        )
    for name in ("autovacuum", "track_counts"):
        if given.get(name) == "off":
            yield warning(
                ABOUT,
                f"{name} is off: tables grow, and the board slows down from week to week.",
                f"Set {name} = on in postgresql.conf, and reload.",
            )
    for name in ("statement_timeout", "transaction_timeout"):
        if 0 < int(given.get(name, "0")) < SHORTEST:
            yield warning(
                ABOUT,
                f"{name} is {int(given[name]):,} ms: rebuilds and long reports are cut off.",
                "Set it to 0 for this user; requests have limits of their own.",
            )


def _sessions(found: Server) -> Iterator[Finding]:
    if found.pooling == "statement":
        yield fault(
            ABOUT,
            "A pooler is in front that lends connections by the statement: nothing can be stored.",
            "Set its pool_mode to transaction for this user.",
        )
    elif found.pooling == "session":
        yield warning(
            ABOUT,
            "A pooler is in front that lends connections by the session: one process takes up to"
            f" {PROCESS} of them for good.",
            "Set its pool_mode to transaction for this user, or its pool_size to more than that.",
        )
    if found.room < (POOLED if found.pooling == "transaction" else PROCESS):
        yield fault(
            ABOUT,
            f"There is room for {found.room} connections, and one process takes up to {PROCESS}:"
            " requests will wait, then fail.",
            "Raise max_connections, or the limit of this user or database.",
        )
    elif found.used > FULL * found.room:
        yield warning(
            ABOUT,
            f"{found.used} of {found.room} connections are in use; one process takes up to"
            f" {PROCESS}.",
            "Raise max_connections, or see who holds so many: pg_stat_activity.",
        )


def _following(found: Server) -> Iterator[Finding]:
    waits = found.settings.get("synchronous_commit") not in ("local", "off")
    named = found.settings.get("synchronous_standby_names")
    replicas = found.replicas
    if replicas is not None and named and waits and not any(one.synchronous for one in replicas):
        yield fault(
            ABOUT,
            "Commits wait for a synchronous standby, and none is connected: updates hang.",
            "Start the standby, or take it out of synchronous_standby_names.",
        )
    for one in replicas or ():
        if one.seconds > LAGGING:
            yield warning(
                ABOUT,
                f"The replica {one.name} is {duration(one.seconds)} behind.",
                "See its disk and network; what is read there is as old, and so would be the data"
                " after a failover.",
            )
    for one in found.slots:
        if one.kept > HOARDING:
            yield warning(
                ABOUT,
                f"The replication slot {one.name} is read by nobody, and keeps {size(one.kept)} of"
                " log.",
                "Start its reader again, or pg_drop_replication_slot it before the disk is full.",
            )


def _backups(found: Server) -> Iterator[Finding]:
    archive, about = found.archive or Archive(None, None), "backup"
    if archive.failed and (archive.last is None or archive.failed > archive.last):
        yield fault(
            about,
            "The server's log has never been archived: nothing can be restored to a point in time."
            if archive.last is None
            else f"The server's log has not been archived since {archive.last:%Y-%m-%d %H:%M} UTC:"
            " nothing later can be restored.",
            "See archive_command, and the server's own log for why it fails.",
        )
    elif found.backup_at is not None:
        age = found.at - found.backup_at
        said = f"he last copy that was restored and verified is {duration(age.total_seconds())} old"
        if age > OLD_BACKUP:
            yield warning(about, f"T{said}.", "See what is to make and verify one each day.")
        else:
            yield ok(about, f"t{said}")
    elif archive.last is not None:
        yield ok(about, f"the server's log was archived last at {archive.last:%Y-%m-%d %H:%M} UTC")
    elif found.since is not None and found.at - found.since > UNSAVED:
        age = duration((found.at - found.since).total_seconds())
        yield warning(
            about,
            f"The data of {age} was never restored from a copy and verified, as far as is known.",
            "Make a copy each day, and let it be restored and verified: what was never tried is a"
            " hope.",
        )
