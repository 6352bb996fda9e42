-- One ticket, its state as of now.
SELECT
    t.ticket_id, t.external_id, t.source, t.title, t.description, t.status, t.phase, t.priority,
    t.customer_tier, t.rule, t.on_purpose, t.team, t.type, t.organization, t.assigned_to,
    t.updated_by, t.tags, t.created_at, t.newest_at AS updated_at,
    {sla_state} AS sla_state,
    t.due_at, extract(epoch FROM t.due_at - %(now)s)::float8 AS due_in_seconds, t.resumes_at,
    ahead.due_at AS next_due_at, ahead.clock AS next_clock,
    extract(epoch FROM ahead.due_at - %(now)s)::float8 AS next_due_in_seconds,
    t.level AS escalation_level, t.acknowledged_at, t.acknowledged_by,
    {acknowledged_until} AS acknowledged_until, t.snoozed_until, t.policy AS policy_version,
    t.observations, t.late, t.position
FROM tickets t
LEFT JOIN LATERAL ({ahead}) ahead ON true
WHERE t.ticket_id = %(ticket_id)s
