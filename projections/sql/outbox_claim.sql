-- Takes the channel's next slot, and the notice that goes into it; nothing when there is no slot or
-- nothing is ready. Notices take turns: one that is tried again comes after those that have waited
-- since before it was due, so that none is kept waiting by others that fail again and again. Those of
-- one ticket go in order, whatever they wait for.
-- Leases go by the database's clock: the couriers' own may differ by more than a lease.
WITH slot AS (
    SELECT FROM outbox_channels
    WHERE channel = %(channel)s AND free_at <= %(now)s
    FOR UPDATE SKIP LOCKED
), chosen AS (
    SELECT o.dedup_key
    FROM outbox o
    WHERE o.channel = %(channel)s AND EXISTS (SELECT FROM slot)
        AND o.state IN ('pending', 'sending')
        AND o.next_attempt_at <= %(now)s
        AND (
            o.state = 'pending'
            OR lapsed(o.lease_until)
            -- Its claim's answer was lost.
            OR starts_with(o.lease_owner, %(owner)s) AND o.lease_owner <> ALL(%(under_way)s::text[])
        )
        AND NOT EXISTS (
            SELECT FROM outbox earlier
            WHERE earlier.ticket_id = o.ticket_id AND earlier.channel = o.channel
                AND earlier.position < o.position
                AND earlier.state IN ('pending', 'sending')
        )
    ORDER BY o.next_attempt_at, o.position
    LIMIT 1
    FOR UPDATE OF o SKIP LOCKED
), paced AS (
    UPDATE outbox_channels c
    SET free_at = greatest(c.free_at, %(now)s - %(tolerance)s) + %(every)s
    WHERE c.channel = %(channel)s AND EXISTS (SELECT FROM chosen)
)
UPDATE outbox o
SET state = 'sending',
    attempts = o.attempts + 1,
    lease_owner = %(errand)s,
    lease_until = clock_timestamp() + %(lease)s
FROM chosen
WHERE o.dedup_key = chosen.dedup_key
RETURNING
    o.dedup_key, o.ticket_id, o.channel, o.attempts, o.body,
    -- How the clocks that it tells of have ended since, as far as the read tables know by now.
    coalesce((
        SELECT jsonb_object_agg(
            told->>'alert_id', jsonb_build_object('state', c.state, 'at', c.stopped_at)
        )
        FROM jsonb_array_elements(o.body->'alerts') AS told
        JOIN ticket_clocks c ON c.ticket_id = o.ticket_id
            AND c.clock = told->>'clock' AND c.cycle = (told->>'cycle')::integer
            AND c.state IN ('met', 'breached', 'cancelled')
            AND c.stopped_at >= (told->>'occurred_at')::timestamptz
        WHERE told->>'type' <> 'retracted'
    ), '{}') AS meanwhile
