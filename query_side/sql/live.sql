-- What the streams tell of, after a position, oldest first.
SELECT
    position, type, alert_id, ticket_id, external_id, source, clock, severity, milestone,
    escalation_level, level_name, due_at, raised_at, recorded_at, remaining_seconds,
    customer_tier, priority, rule, team, organization, title, acknowledged_by, acknowledged_until,
    reason, because
FROM alerts
WHERE position > %(after)s AND suppressed IS NULL
ORDER BY position
LIMIT %(limit)s
