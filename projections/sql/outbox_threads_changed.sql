-- Leases first messages whose tickets have changed since they were shown, as many as may be asked for
-- within a minute; those first that have not been looked at for longest.
WITH left_over AS (
    SELECT greatest(0, least(%(most)s, %(a_minute)s - count(*))) AS count
    FROM outbox_threads
    WHERE asked_at > %(now)s::timestamptz - interval '1 minute'
), chosen AS (
    SELECT t.channel, t.ticket_id, t.cycle
    FROM outbox_threads t
    JOIN tickets k ON k.ticket_id = t.ticket_id
    WHERE t.channel = ANY(%(channels)s)
        AND t.message_id <> ''
        AND t.watched_until > %(now)s
        AND t.look_at <= %(now)s
        AND k.position > t.position
    ORDER BY t.look_at
    LIMIT (SELECT count FROM left_over)
    FOR UPDATE OF t SKIP LOCKED
), taken AS (
    UPDATE outbox_threads t
    SET look_at = %(now)s::timestamptz + %(lease)s
    FROM chosen
    WHERE (t.channel, t.ticket_id, t.cycle) = (chosen.channel, chosen.ticket_id, chosen.cycle)
    RETURNING t.*
)
SELECT
    t.channel, t.ticket_id, t.cycle, t.place, t.message_id, t.shown, t.dedup_key,
    o.attempts, o.body,
    k.position,
    k.state, k.due_at, k.warning_at, k.critical_at, k.breached_at, k.level, k.status, k.phase, k.assigned_to,
    k.acknowledged_at, k.acknowledged_by, k.acknowledged_until, k.snoozed_until,
    c.state AS cycle_state, c.started_at AS cycle_started_at, c.stopped_at AS cycle_stopped_at
FROM taken t
JOIN outbox o ON o.dedup_key = t.dedup_key
JOIN tickets k ON k.ticket_id = t.ticket_id
LEFT JOIN ticket_clocks c
    ON c.ticket_id = t.ticket_id AND c.clock = 'resolution' AND c.cycle = t.cycle
ORDER BY t.ticket_id
