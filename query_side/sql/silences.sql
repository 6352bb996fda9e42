-- A page of the silences, newest first, each with the newest of what it has muted.
SELECT
    s.silence_id, s.matchers, s.starts_at AS since, s.until, s.windows, s.rrule, s.time_zone,
    s.reason, s.created_by, s.created_at, s.ended_at,
    s.ended_at IS NULL AND w.now IS NOT NULL AS active,
    CASE
        WHEN {silence_over} THEN 'ended'
        WHEN w.now IS NOT NULL THEN 'in_force'
        ELSE 'planned'
    END AS state,
    CASE WHEN s.ended_at IS NULL THEN w.next_from END AS next_from,
    CASE WHEN s.ended_at IS NULL THEN w.now END AS window_until,
    m.alerts AS muted_alerts, m.tickets AS muted_tickets,
    (SELECT count(*) FROM silence_reminders WHERE silence_id = s.silence_id) AS muted_reminders,
    coalesce(n.newest, '[]') AS muted
FROM (
    SELECT * FROM silences {which} ORDER BY created_at DESC, silence_id LIMIT %(limit)s OFFSET %(offset)s
) AS s
CROSS JOIN LATERAL (
    SELECT
        max(until) FILTER (WHERE starts_at <= %(now)s) AS now,
        min(starts_at) FILTER (WHERE starts_at > %(now)s) AS next_from
    FROM silence_windows WHERE silence_id = s.silence_id AND until > %(now)s
) AS w
CROSS JOIN LATERAL (
    SELECT count(*) AS alerts, count(DISTINCT ticket_id) AS tickets
    FROM silence_mutes WHERE silence_id = s.silence_id
) AS m
CROSS JOIN LATERAL (
    SELECT jsonb_agg(to_jsonb(one) - 'silence_id' - 'position' ORDER BY position DESC) AS newest
    FROM (
        SELECT * FROM silence_mutes WHERE silence_id = s.silence_id
        ORDER BY position DESC LIMIT %(listed)s
    ) AS one
) AS n
ORDER BY s.created_at DESC, s.silence_id
