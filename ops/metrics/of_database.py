"""What each process says alike, for it stands in the database: take the largest, never the sum."""

from collections.abc import Sequence

from ops.metrics.meaning import Meaning, by_one, ones
from ops.metrics.stored import Stored

OF_DATABASE: Sequence[Meaning[Stored]] = (
    Meaning(
        "gauge",
        "sla_clocks_open",
        "Clocks that run, by the rule (else the tier) that promises them and by how they stand.",
        lambda stored: stored.clocks,
        ("rule", "clock", "severity"),
    ),
    Meaning(
        "gauge",
        "sla_engine_waiting_seconds",
        "For so long the oldest due clock has been waiting for any engine; 0: none is.",
        lambda stored: stored.waiting_seconds,
    ),
    Meaning(
        "gauge",
        "sla_projection_behind_events",
        "Events that read tables do not show yet.",
        lambda stored: by_one({one.name: one.behind_events for one in stored.projections}),
        ("projection",),
    ),
    Meaning(
        "gauge",
        "sla_projection_behind_seconds",
        "Age of the oldest of them.",
        lambda stored: by_one({one.name: one.behind_seconds for one in stored.projections}),
        ("projection",),
    ),
    Meaning(
        "gauge",
        "sla_projection_parked_events",
        "Events put aside: `sla projections replay` tries them again.",
        lambda stored: by_one({one.name: one.parked for one in stored.projections}),
        ("projection",),
    ),
    Meaning(
        "gauge",
        "sla_outbox_notices",
        "Notices that are not sent, or given up (dead) and not dropped.",
        lambda stored: by_one(stored.notices),
        ("state",),
    ),
    Meaning(
        "gauge",
        "sla_channel_dead",
        "1: it has taken nothing for `dead_after`.",
        lambda stored: ones(sorted(stored.dead)),
        ("channel",),
    ),
    Meaning(
        "gauge",
        "sla_jobs_waiting",
        "Long work that was asked for and has not begun.",
        lambda stored: stored.jobs,
    ),
    Meaning(
        "gauge",
        "sla_on_call_read_timestamp_seconds",
        "When all calendars of a rotation could be read last, since 1970.",
        lambda stored: by_one(
            {one.name: one.read_at.timestamp() for one in stored.on_call if one.read_at}
        ),
        ("rotation",),
    ),
    Meaning(
        "gauge",
        "sla_on_call_stale",
        "1: a rotation's calendars could not be read for 24 hours, or never.",
        lambda stored: by_one({one.name: one.stale for one in stored.on_call}),
        ("rotation",),
    ),
    Meaning(
        "gauge",
        "sla_on_call_gaps",
        "Times within two weeks at which nobody is on call.",
        lambda stored: by_one({one.name: one.gaps for one in stored.on_call}),
        ("rotation",),
    ),
    Meaning(
        "gauge",
        "sla_desk_unread_deliveries",
        "Deliveries of a desk that no reading understands, and nobody has let be; only desks that"
        " have some.",
        lambda stored: by_one({one.name: one.parked for one in stored.desks}),
        ("desk",),
    ),
    Meaning(
        "gauge",
        "sla_backup_taken_timestamp_seconds",
        "When the newest backup was taken that was restored and verified, since 1970; 0: never.",
        lambda stored: stored.backup_at,
    ),
    Meaning(
        "gauge",
        "sla_database_size_bytes",
        "The whole database on its disk.",
        lambda stored: stored.database_bytes,
    ),
    Meaning(
        "gauge",
        "sla_table_size_bytes",
        "A table with its indexes; partitions count as one.",
        lambda stored: by_one(stored.table_bytes),
        ("table",),
    ),
    Meaning(
        "gauge",
        "sla_table_rows",
        "Rows of a table, as the database estimates.",
        lambda stored: by_one(stored.table_rows),
        ("table",),
    ),
)
