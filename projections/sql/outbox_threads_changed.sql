-- Leases first messages whose tickets have changed since they were shown, as many as may be asked for
-- within a minute. Channels take turns at that: the next is of the one that has asked for the fewest, and
-- of its messages the one that has not been looked at for longest; one channel alone does not use up
-- the minute of all.
WITH asked AS (
    SELECT channel, changes_from, (
        SELECT count(*) FROM unnest(changed_at) AS at
        WHERE at > %(now)s::timestamptz - interval '1 minute'
    ) AS count
    FROM outbox_channels
), changed AS (
    SELECT
        t.channel, t.ticket_id, t.cycle, t.look_at,
        coalesce(a.count, 0)
            + row_number() OVER (PARTITION BY t.channel ORDER BY t.look_at) AS turn
    FROM outbox_threads t
    JOIN tickets k ON k.ticket_id = t.ticket_id
    LEFT JOIN asked a ON a.channel = t.channel
    WHERE t.channel = ANY(%(channels)s)
        AND t.message_id <> ''
        AND t.watched_until > %(now)s
        AND t.look_at <= %(now)s
        AND k.position > t.position
        AND (a.changes_from IS NULL OR a.changes_from <= %(now)s)
), next AS (
    SELECT channel, ticket_id, cycle, turn, look_at
    FROM changed
    WHERE turn <= %(a_channel)s
    ORDER BY turn, look_at
    LIMIT greatest(0, least(%(most)s, %(a_minute)s - coalesce((SELECT sum(count) FROM asked), 0)))
), chosen AS (
    SELECT t.channel, t.ticket_id, t.cycle
    FROM outbox_threads t
    JOIN next n USING (channel, ticket_id, cycle)
    WHERE t.look_at = n.look_at -- nobody else has taken it meanwhile
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
