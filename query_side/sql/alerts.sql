-- What was raised, escalated, withdrawn and acknowledged after a position.
SELECT
    position, type, alert_id, ticket_id, external_id, source, clock, cycle, severity, milestone,
    generation, escalation_level, level_name, due_at, raised_at, recorded_at, remaining_seconds,
    priority, customer_tier, rule, team, organization, status, title, acknowledged_by,
    acknowledged_until, note, reason, because, suppressed, channels, sent_at
FROM alerts a
WHERE position > %(after)s
  AND (%(severities)s::text[] IS NULL OR severity = ANY (%(severities)s))
  AND (%(types)s::text[] IS NULL OR type = ANY (%(types)s))
  AND (%(since)s::timestamptz IS NULL OR raised_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR raised_at < %(until)s)
  AND {filters}
  AND (%(external_id)s::text IS NULL OR ticket_id = ANY (ARRAY({named})))
  AND {suppressed}
ORDER BY position {order}
LIMIT %(limit)s
