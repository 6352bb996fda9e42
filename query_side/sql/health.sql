-- How far each projection is, and how long its oldest waiting event has been waiting.
SELECT
    p.name, p.position, greatest(0, e.position - p.position) AS behind_events,
    greatest(0, extract(epoch FROM %(now)s - oldest.recorded_at))::float8 AS behind_seconds,
    (SELECT count(*) FROM parked_events WHERE projection = p.name) AS parked,
    -- Leases last some seconds and are renewed before; a worker that takes over needs a moment.
    NOT lapsed(p.lease_until + interval '10 seconds') AS fed
FROM projections p
CROSS JOIN (SELECT coalesce(max(notification_id), 0) AS position FROM events) e
LEFT JOIN LATERAL (
    SELECT recorded_at FROM events
    WHERE notification_id > p.position ORDER BY notification_id LIMIT 1
) oldest ON true
WHERE p.name = ANY(%(names)s)
ORDER BY p.name
