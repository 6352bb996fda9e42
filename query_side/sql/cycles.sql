-- One row per cycle as the read tables have it: the columns of replayed_cycles.sql.
SELECT
    c.ticket_id, t.external_id, t.source, t.title, t.status, t.phase, t.search,
    c.clock, c.cycle, c.rule, c.team, t.type, c.customer_tier AS tier, c.priority, c.organization,
    t.assigned_to, c.policy, c.state, c.started_at, c.stopped_at, c.due_at, c.breached_at,
    c.overdue_from, c.counted_at, c.target_seconds, c.elapsed_seconds,
    0::float8 AS paused_seconds, 0::float8 AS excused_seconds, 0::float8 AS out_of_hours_seconds,
    c.uncounted_seconds, c.breached_at_unexcused, c.overdue_from_unexcused,
    NULL::timestamptz AS acknowledged_at
FROM ticket_clocks c
JOIN tickets t USING (ticket_id)
