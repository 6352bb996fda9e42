"""What the dashboard shows: rows of panels, each with what it asks Prometheus.

Numbers of the database are said by every process: `max`. Those of processes are added up.
"""

from collections.abc import Mapping, Sequence

from ops.observe.panel import Panel, Query, Row, most, quantiles, standing

ROWS: Sequence[Row] = (
    Row(
        "Promises",
        (
            Panel(
                "Open clocks",
                "Clocks that run and are neither at risk nor breached.",
                [Query(standing("compliant"))],
                kind="stat",
                width=6,
            ),
            Panel(
                "At risk: warning",
                "Less is left than the configuration's warning.",
                [Query(standing("warning"))],
                kind="stat",
                width=6,
            ),
            Panel(
                "At risk: critical",
                "The next ones to be breached.",
                [Query(standing("critical"))],
                kind="stat",
                width=6,
            ),
            Panel(
                "Breached and still running",
                "What was promised is missed, and nobody is done yet.",
                [Query(standing("breached"))],
                kind="stat",
                width=6,
            ),
            Panel(
                "At risk by rule",
                "Warning and critical, by the rule (else the tier) that promises them.",
                [
                    Query(
                        "sum by (rule) (max by (rule, clock, severity) "
                        '(sla_clocks_open{severity=~"warning|critical"}))',
                        "{{rule}}",
                    )
                ],
                width=12,
                stacked=True,
            ),
            Panel(
                "Breached by rule and clock",
                "Clocks past their deadline that still run.",
                [
                    Query(
                        'max by (rule, clock) (sla_clocks_open{severity="breached"})',
                        "{{rule}} {{clock}}",
                    )
                ],
                width=12,
                stacked=True,
            ),
        ),
    ),
    Row(
        "In time",
        (
            Panel(
                "Alerts: from due to raised",
                "How late the engine is. Milliseconds when all is well.",
                quantiles("sla_alert_late_seconds"),
                "s",
            ),
            Panel(
                "Alerts: from raised to told",
                "How long channels take, with their turn, pace and retries.",
                quantiles("sla_alert_told_seconds", "channel"),
                "s",
            ),
            Panel(
                "Oldest due clock",
                "For so long it has been waiting for any engine; 0: none is.",
                [Query("max(sla_engine_waiting_seconds)", "waiting")],
                "s",
            ),
            Panel(
                "Updates: from receipt to durable",
                "How long whoever posts waits until nothing can be lost.",
                quantiles("sla_update_durable_seconds"),
                "s",
            ),
            Panel(
                "Events: from recorded to visible",
                "How far the board is behind what is stored.",
                quantiles("sla_event_visible_seconds"),
                "s",
            ),
            Panel(
                "Engines' last look",
                "Each process with an engine looks every few seconds, also when nothing is due.",
                [Query("sla_engine_last_tick_age_seconds", "{{instance}}")],
                "s",
            ),
        ),
    ),
    Row(
        "Work",
        (
            Panel(
                "Updates by what became of them",
                "Items a second.",
                [
                    Query(
                        "sum by (outcome) (rate(sla_observations_total[$__rate_interval]))",
                        "{{outcome}}",
                    )
                ],
                "ops",
                stacked=True,
            ),
            Panel(
                "Tickets for which something fell due",
                "A second.",
                [Query("sum(rate(sla_tickets_followed_total[$__rate_interval]))", "tickets")],
                "ops",
            ),
            Panel(
                "Waiting to be stored",
                "Items in the write queue; from 20,000 on requests are answered 503.",
                [Query("sla_write_queue_items", "{{instance}}")],
            ),
            Panel(
                "Read tables behind: events",
                "Events that they do not show yet.",
                most("sla_projection_behind_events", "projection"),
            ),
            Panel(
                "Read tables behind: seconds",
                "Age of the oldest of those events.",
                most("sla_projection_behind_seconds", "projection"),
                "s",
            ),
            Panel(
                "Events put aside",
                "Which a read table could not take.",
                most("sla_projection_parked_events", "projection"),
            ),
            Panel(
                "Outbox",
                "Notices that are not sent, or given up (dead) and not dropped.",
                most("sla_outbox_notices", "state"),
            ),
            Panel(
                "Jobs waiting",
                "Long work that was asked for and has not begun.",
                [Query("max(sla_jobs_waiting)", "jobs")],
            ),
            Panel(
                "Open streams",
                "WebSockets and event streams.",
                [Query("sum(sla_live_streams)", "streams")],
            ),
        ),
    ),
    Row(
        "Channels",
        (
            Panel(
                "Messages",
                "A second, by channel and what became of them.",
                [
                    Query(
                        "sum by (channel, result) (rate(sla_messages_total[$__rate_interval]))",
                        "{{channel}} {{result}}",
                    )
                ],
                "ops",
            ),
            Panel(
                "Notices in them",
                "A second: a message may tell of many.",
                [
                    Query(
                        "sum by (channel, result) (rate(sla_notices_total[$__rate_interval]))",
                        "{{channel}} {{result}}",
                    )
                ],
                "ops",
            ),
            Panel(
                "Dead channels",
                "They have taken nothing for `dead_after`.",
                [
                    Query("max by (channel) (sla_channel_dead)", "{{channel}}"),
                    Query("count(max by (channel) (sla_channel_dead)) or vector(0)", "all"),
                ],
            ),
            Panel(
                "Tickets told of",
                "Since each process started.",
                [Query("sum by (channel) (sla_tickets_told)", "{{channel}}")],
            ),
            Panel(
                "Messages a ticket",
                "Below 1 where several tickets share one.",
                most("sla_messages_per_ticket", "channel"),
            ),
            Panel(
                "Channels without an address",
                "Something is to be sent there, and cannot be.",
                [Query("max(sla_channels_without_address)", "channels")],
            ),
        ),
    ),
    Row(
        "Feeds and configuration",
        (
            Panel(
                "Calendars of who is on call: age",
                "Since all calendars of a rotation could be read.",
                [
                    Query(
                        "time() - max by (rotation) (sla_on_call_read_timestamp_seconds)",
                        "{{rotation}}",
                    )
                ],
                "s",
                width=6,
            ),
            Panel(
                "Calendars: stale, and gaps",
                "Stale: not read for 24 hours. Gaps: nobody is on call, within two weeks.",
                [
                    Query("max by (rotation) (sla_on_call_stale)", "{{rotation}} stale"),
                    Query("max by (rotation) (sla_on_call_gaps)", "{{rotation}} gaps"),
                ],
                width=6,
            ),
            Panel(
                "Deliveries of desks that nobody can read",
                "And that nobody has let be: `sla sources list` says which.",
                [
                    Query("max by (desk) (sla_desk_unread_deliveries)", "{{desk}}"),
                    Query(
                        "sum(max by (desk) (sla_desk_unread_deliveries)) or vector(0)",
                        "all",
                    ),
                ],
                width=6,
            ),
            Panel(
                "Configuration",
                "Its version in each process, and whether a newer file is refused there.",
                [
                    Query("sla_config_version", "{{instance}} version"),
                    Query("sla_config_refused", "{{instance}} refused"),
                ],
                width=6,
            ),
        ),
    ),
    Row(
        "Database",
        (
            Panel(
                "Reachable",
                "0: the process that says so cannot ask the database.",
                [Query("sla_database_reachable", "{{instance}}")],
                width=6,
            ),
            Panel(
                "Size",
                "The whole database on its disk.",
                [Query("max(sla_database_size_bytes)", "database")],
                "bytes",
                width=6,
            ),
            Panel(
                "Tables",
                "With their indexes.",
                most("sla_table_size_bytes", "table"),
                "bytes",
                width=6,
                stacked=True,
            ),
            Panel(
                "Rows",
                "As the database estimates.",
                most("sla_table_rows", "table"),
                width=6,
            ),
            Panel(
                "Age of the newest verified backup",
                "A backup that nobody has restored does not count. Nothing: there was never one.",
                [Query("time() - (max(sla_backup_taken_timestamp_seconds) > 0)", "age")],
                "s",
                width=12,
            ),
            Panel(
                "Clocks of machines",
                "Before the database's; negative: behind it.",
                [Query("sla_clock_ahead_seconds", "{{instance}}")],
                "s",
                width=12,
                signed=True,
            ),
        ),
    ),
    Row(
        "Processes",
        (
            Panel(
                "What runs",
                "Each process, its version and role.",
                [Query("sla_build_info", "{{instance}} {{version}} {{role}}")],
                kind="table",
            ),
            Panel(
                "Processor",
                "Cores in use.",
                [
                    Query(
                        "rate(process_cpu_seconds_total[$__rate_interval])",
                        "{{instance}}",
                    )
                ],
            ),
            Panel(
                "Memory",
                "That is resident.",
                [Query("process_resident_memory_bytes", "{{instance}}")],
                "bytes",
            ),
            Panel(
                "Open files",
                "And sockets: the share of how many may be.",
                [Query("process_open_fds / process_max_fds", "{{instance}}")],
                "percentunit",
            ),
            Panel(
                "Running for",
                "Since it was started.",
                [Query("time() - process_start_time_seconds", "{{instance}}")],
                "s",
            ),
            Panel(
                "Ended parts, lost lines",
                "Both are 0 when all is well. A process of which a part has ended is restarted.",
                [
                    Query("sla_ended_parts", "{{instance}} ended parts"),
                    Query(
                        "increase(sla_log_lines_lost_total[$__rate_interval])",
                        "{{instance}} lost lines",
                    ),
                ],
            ),
        ),
    ),
)
LEFT_OUT: Mapping[str, str] = {
    "process_virtual_memory_bytes": "what a program has reserved says little of what it uses",
}
"""Metrics that no panel shows, and why."""
