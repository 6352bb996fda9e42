-- The clocks that will be overdue by `until` if nothing happens, soonest first: those that run, and
-- those that will run again by themselves. Which ones, from narrow rows; all that is told of them is
-- read of those that are listed.
SELECT
    t.ticket_id, t.external_id, t.source, t.title, t.status, t.priority, t.customer_tier,
    t.team, t.assigned_to, c.rule, c.clock, c.cycle,
    CASE
        WHEN c.critical_at <= %(now)s THEN 'critical'
        WHEN c.warning_at <= %(now)s THEN 'warning'
        ELSE 'compliant'
    END AS severity,
    c.warning_at, c.critical_at, coalesce(c.due_at, c.breached_at) AS due_at, c.overdue_from, c.resumes_at,
    extract(epoch FROM coalesce(c.due_at, c.breached_at) - %(now)s)::float8 AS due_in_seconds,
    {acknowledged_until} AS acknowledged_until, t.snoozed_until,
    chosen.total
FROM (
    SELECT c.ticket_id, c.clock, c.cycle, count(*) OVER () AS total
    FROM ticket_clocks c
    JOIN tickets t USING (ticket_id)
    WHERE {coming}
      AND c.overdue_from <= %(until)s
      AND (%(clocks)s::text[] IS NULL OR lower(c.clock) = ANY (%(clocks)s))
      AND {filters}
      AND (%(sla_states)s::text[] IS NULL OR {sla_state} = ANY (%(sla_states)s))
    ORDER BY c.overdue_from, c.ticket_id, c.clock
    LIMIT %(limit)s
) chosen
JOIN ticket_clocks c USING (ticket_id, clock, cycle)
JOIN tickets t USING (ticket_id)
ORDER BY c.overdue_from, t.ticket_id, c.clock
