"""What `sla doctor` makes of a database: its server, and the service as its tables show it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.doctor import server, service
from ops.doctor.finding import Finding
from ops.doctor.server import Archive, Replica, Schema, Server, Slot
from ops.doctor.service import Service
from query_side.desk_health import DeskHealth
from query_side.on_call_health import OnCallHealth
from query_side.stored_health import DeadChannel, ProjectionLag, Stored
from query_side.troubles import Trouble
from tests.support.findings import all_is_well, bad, one_is_wrong

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
DAY = timedelta(days=1)
GB = 1_000_000_000

SERVER = Server("18.6", {"TimeZone": "UTC", "fsync": "on", "statement_timeout": "0"}, AT)
LAG = ProjectionLag(
    name="tickets", position=1234, behind_events=0, behind_seconds=0, parked=0, fed=True
)
STORED = Stored(True, [LAG], [], 0, 0, 0, 0.0, [], [])
ROTATION = OnCallHealth(name="core", read_at=AT, error=None, stale=False, gaps=0, unknown=0)
DESK = DeskHealth(
    name="jira", parked=0, oldest=None, dropped_soon=0, by_reconciliation=1, api_error=None
)
SERVICE = Service(replace(STORED, on_call=[ROTATION], desks=[DESK], skipped=2), ["api", "worker"])
BEHIND = LAG.model_copy(update={"behind_events": 2000, "behind_seconds": 90.0})


def given(**settings: str) -> Server:
    return replace(SERVER, settings={**SERVER.settings, **settings})


def stored(**parts: Any) -> Service:
    return Service(replace(STORED, **parts), ["all"])


@pytest.mark.parametrize(
    ("found", "judged", "said"),
    [
        (SERVER, server.judged, ["PostgreSQL 18.6, time zone UTC"]),
        (replace(SERVER, settings={}), server.judged, ["PostgreSQL 18.6"]),
        (
            replace(SERVER, schema=None),
            server.judged,
            [
                "PostgreSQL 18.6, time zone UTC",
                "has none of the tables yet; `sla migrate` or the first start makes them",
            ],
        ),
        (
            replace(SERVER, backup_at=AT - DAY),
            server.judged,
            [
                "PostgreSQL 18.6, time zone UTC",
                "the last copy that was restored and verified is 1 day old",
            ],
        ),
        (
            replace(SERVER, archive=Archive(AT, AT - DAY)),
            server.judged,
            [
                "PostgreSQL 18.6, time zone UTC",
                "the server's log was archived last at 2026-01-05 09:00 UTC",
            ],
        ),
        (replace(SERVER, since=AT), server.judged, ["PostgreSQL 18.6, time zone UTC"]),
        (
            replace(SERVER, pooling="transaction", room=20),
            server.judged,
            ["PostgreSQL 18.6, time zone UTC, behind a pooler"],
        ),
        (
            SERVICE,
            service.judged,
            [
                "running: api, worker",
                "nothing is late",
                "up to date, position 1,234; nothing parked",
                "none given up; 2 skipped for want of an address",
                "calendars read: core",
                "all understood: jira",
            ],
        ),
    ],
)
def test_where_all_is_well_that_is_said(
    found: Any, judged: Callable[[Any], Iterable[Finding]], said: list[str]
) -> None:
    all_is_well(judged(found), said)


@pytest.mark.parametrize(
    ("found", "judged", "level", "what", "remedy"),
    [
        # The server
        (
            replace(SERVER, schema=Schema(refused="it was migrated by a newer version")),
            server.judged,
            "fault",
            "does not start on it: it was migrated by a newer version",
            "Run the version that fits",
        ),
        (
            replace(SERVER, schema=Schema(missing=["0012_a.sql", "0013_b.sql"])),
            server.judged,
            "warning",
            "lacks 2 migrations of this version, up to 0013_b.sql",
            "`sla migrate`",
        ),
        (replace(SERVER, standby=True), server.judged, "fault", "a standby", "read-write"),
        (
            given(default_transaction_read_only="on"),
            server.judged,
            "fault",
            "takes no writes",
            "to off",
        ),
        (given(fsync="off"), server.judged, "fault", "fsync is off", "fsync = on"),
        (given(full_page_writes="off"), server.judged, "fault", "full_page_writes", "= on"),
        (
            given(synchronous_commit="off"),
            server.judged,
            "fault",
            "acknowledged may be lost",
            "to on",
        ),
        (
            given(default_transaction_isolation="serializable"),
            server.judged,
            "fault",
            "is serializable: every update is refused",
            "read committed",
        ),
        (
            replace(SERVER, pooling="statement"),
            server.judged,
            "fault",
            "by the statement",
            "pool_mode to transaction",
        ),
        (
            replace(SERVER, pooling="session"),
            server.judged,
            "warning",
            "by the session",
            "pool_mode to transaction",
        ),
        (given(autovacuum="off"), server.judged, "warning", "autovacuum is off", "= on"),
        (given(track_counts="off"), server.judged, "warning", "track_counts is off", "= on"),
        (
            given(statement_timeout="5000"),
            server.judged,
            "warning",
            "statement_timeout is 5,000 ms",
            "Set it to 0",
        ),
        (
            replace(SERVER, room=20),
            server.judged,
            "fault",
            "room for 20 connections, and one process takes up to 28",
            "max_connections",
        ),
        (
            replace(SERVER, room=100, used=90),
            server.judged,
            "warning",
            "90 of 100 connections are in use",
            "pg_stat_activity",
        ),
        (
            replace(given(synchronous_standby_names="*"), replicas=[Replica("r1", 1.0, False)]),
            server.judged,
            "fault",
            "none is connected: updates hang",
            "synchronous_standby_names",
        ),
        (
            replace(SERVER, replicas=[Replica("r1", 90.0, False)]),
            server.judged,
            "warning",
            "r1 is 1 minute 30 seconds behind",
            "disk and network",
        ),
        (
            replace(SERVER, slots=[Slot("old", 3 * GB), Slot("new", 5)]),
            server.judged,
            "warning",
            "old is read by nobody, and keeps 3.0 GB",
            "pg_drop_replication_slot",
        ),
        (
            replace(SERVER, archive=Archive(AT - DAY, AT)),
            server.judged,
            "fault",
            "not been archived since 2026-01-04 09:00 UTC",
            "archive_command",
        ),
        (
            replace(SERVER, archive=Archive(None, AT)),
            server.judged,
            "fault",
            "never been archived",
            "archive_command",
        ),
        (
            replace(SERVER, backup_at=AT - 3 * DAY),
            server.judged,
            "warning",
            "The last copy that was restored and verified is 3 days old",
            "each day",
        ),
        (
            replace(SERVER, since=AT - 9 * DAY),
            server.judged,
            "warning",
            "The data of 9 days was never restored from a copy and verified",
            "each day",
        ),
        # The service
        (Service(STORED), service.judged, "warning", "nobody looks for what falls due", "serve"),
        (
            Service(replace(STORED, lags=[BEHIND], waiting_seconds=90.0)),
            service.judged,
            "warning",
            "clocks fall due, and nobody is told and 2,000 events are not shown yet",
            "`sla serve`",
        ),
        (
            stored(lags=[LAG.model_copy(update={"fed": False})]),
            service.judged,
            "fault",
            "No worker runs",
            "--role worker",
        ),
        (stored(waiting_seconds=90.0), service.judged, "fault", "Alerts are late", "worker"),
        (stored(lags=[BEHIND]), service.judged, "warning", "The board is 1 minute 30", "worker"),
        (
            stored(lags=[LAG.model_copy(update={"parked": 2})]),
            service.judged,
            "fault",
            "2 changes could not be processed",
            "`sla projections replay`",
        ),
        (stored(dead=3), service.judged, "warning", "3 messages could not", "`sla outbox replay`"),
        (
            stored(dead_channels=[DeadChannel(name="ops", since=AT, reason="410", told=[])]),
            service.judged,
            "fault",
            "Nothing arrives at the channel ops",
            "takes messages",
        ),
        (
            stored(on_call=[ROTATION.model_copy(update={"stale": True, "error": "404"})]),
            service.judged,
            "warning",
            "for core may be out of date",
            "calendars",
        ),
        (
            stored(on_call=[ROTATION.model_copy(update={"gaps": 1})]),
            service.judged,
            "warning",
            "times without anybody on call",
            "`sla on-call`",
        ),
        (
            stored(desks=[DESK.model_copy(update={"parked": 1, "oldest": AT})]),
            service.judged,
            "warning",
            "1 delivery of the desk jira",
            "`sla sources replay`",
        ),
        (
            stored(desks=[DESK.model_copy(update={"api_error": "401"})]),
            service.judged,
            "warning",
            "The API of the desk jira is not read (401)",
            "asked again",
        ),
        (
            Service(STORED, ["all"], [Trouble(kind="ended", what="writer", remedy="Restart.")]),
            service.judged,
            "fault",
            "writer",
            "Restart.",
        ),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(
    found: Any, judged: Callable[[Any], Iterable[Finding]], level: str, what: str, remedy: str
) -> None:
    one_is_wrong(judged(found), level, what, remedy)


def test_who_may_not_see_the_replicas_says_nothing_of_them() -> None:
    unknown = replace(given(synchronous_standby_names="*"), replicas=None)
    synchronous = replace(unknown, replicas=[Replica("r1", 0.0, True)])
    local = replace(given(synchronous_standby_names="*", synchronous_commit="local"))
    assert [bad(server.judged(one)) for one in (unknown, synchronous, local)] == [[], [], []]


def test_what_the_database_shows_is_not_said_twice_by_a_process_that_was_asked() -> None:
    same = Trouble(kind="undelivered", what="3 messages", remedy="Send them.")
    assert len(bad(service.judged(replace(stored(dead=3), its_own=[same])))) == 1
