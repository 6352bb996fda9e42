-- One row per cycle as the read tables have it: the columns of replayed_cycles.sql.
SELECT
    c.ticket_id, t.external_id, t.source, t.title, t.status, t.phase, t.search,
    c.clock, c.cycle, c.rule, c.team, CASE WHEN c.stood_at IS NULL THEN t.type ELSE c.type END AS type,
    c.customer_tier AS tier, c.priority, c.organization,
    CASE WHEN c.stood_at IS NULL THEN t.assigned_to ELSE c.assigned_to END AS assigned_to,
    c.policy, c.state, c.started_at, c.stopped_at, c.due_at, c.breached_at, c.overdue_from,
    c.counted_at, c.target_seconds, c.elapsed_seconds, c.paused_seconds, c.excused_seconds,
    c.out_of_hours_seconds, c.uncounted_seconds, c.breached_at_unexcused, c.overdue_from_unexcused,
    c.acknowledged_at
FROM ticket_clocks c
JOIN tickets t USING (ticket_id)
