-- One page of the board, in one of the orders of dashboard.py.
SELECT t.*, ahead.due_at AS next_due_at, ahead.clock AS next_clock,
    extract(epoch FROM ahead.due_at - %(now)s)::float8 AS next_due_in_seconds
FROM (
    SELECT
        t.ticket_id, t.external_id, t.source, t.title, t.status, t.phase, t.priority,
        t.customer_tier, t.rule, t.on_purpose, t.team, t.type, t.organization,
        t.assigned_to, t.tags, t.created_at, t.newest_at AS updated_at,
        {sla_state} AS sla_state,
        t.due_at, extract(epoch FROM t.due_at - %(now)s)::float8 AS due_in_seconds, t.resumes_at,
        t.level AS escalation_level, t.acknowledged_at,
        {acknowledged_until} AS acknowledged_until, t.snoozed_until,
        t.policy AS policy_version, t.position, page.place
    FROM (
        -- Which ones, from narrow rows; all that is told of them is read of one page.
        SELECT ticket_id, row_number() OVER () AS place
        FROM (
            SELECT t.ticket_id
            FROM tickets t {soonest}
            WHERE {filters}
              AND (%(sla_states)s::text[] IS NULL OR {sla_state} = ANY (%(sla_states)s))
            ORDER BY {order}, t.ticket_id
            LIMIT %(size)s OFFSET %(offset)s
        ) chosen
    ) page
    JOIN tickets t USING (ticket_id)
) t
LEFT JOIN LATERAL ({ahead}) ahead ON true
ORDER BY t.place
