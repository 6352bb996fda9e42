-- The same (outbox_claim.sql) for a channel that takes many notices in one message: when those of
-- more than group_above tickets are ready, all of them go into it, else all of the next ticket. Of a
-- message that was refused, each part goes by itself (together).
WITH slot AS (
    SELECT channel, flood_at
    FROM outbox_channels
    WHERE channel = %(channel)s AND free_at <= %(now)s
    FOR UPDATE SKIP LOCKED
), due AS (
    SELECT o.ticket_id
    FROM outbox o
    WHERE o.channel = %(channel)s AND EXISTS (SELECT FROM slot)
        AND o.state IN ('pending', 'sending')
        AND o.next_attempt_at <= %(now)s
        AND takeable(o.state, o.lease_until, o.lease_owner, %(owner)s, %(under_way)s)
        AND NOT EXISTS (
            SELECT FROM outbox earlier
            WHERE earlier.ticket_id = o.ticket_id AND earlier.channel = o.channel
                AND earlier.position < o.position
                AND earlier.state IN ('pending', 'sending')
        )
    ORDER BY o.next_attempt_at, o.position
    LIMIT %(most)s
), ready AS (
    -- All of a ticket go with its first, whatever they wait for: without the newest of them the
    -- message would say what is not so any more.
    SELECT o.dedup_key, o.ticket_id, o.position, o.next_attempt_at, o.together
    FROM due
    JOIN outbox o ON o.ticket_id = due.ticket_id AND o.channel = %(channel)s
    WHERE o.state IN ('pending', 'sending')
        AND takeable(o.state, o.lease_until, o.lease_owner, %(owner)s, %(under_way)s)
        AND NOT EXISTS (
            SELECT FROM outbox earlier
            WHERE earlier.ticket_id = o.ticket_id AND earlier.channel = o.channel
                AND earlier.position < o.position
                AND earlier.state IN ('pending', 'sending')
                AND NOT takeable(
                    earlier.state, earlier.lease_until, earlier.lease_owner,
                    %(owner)s, %(under_way)s
                )
        )
    ORDER BY o.position -- or the limit could keep a ticket's earlier ones out
    LIMIT %(most)s
    FOR UPDATE OF o SKIP LOCKED
), first AS (
    SELECT r.ticket_id, r.together
    FROM ready r
    WHERE NOT EXISTS (
        SELECT FROM ready earlier
        WHERE earlier.ticket_id = r.ticket_id AND earlier.position < r.position
    )
    ORDER BY r.next_attempt_at, r.position
    LIMIT 1
), part AS (
    SELECT
        r.dedup_key,
        r.ticket_id,
        r.position,
        r.ticket_id = first.ticket_id AS is_first,
        r.together IS NULL AND (
            SELECT count(DISTINCT ticket_id) FROM ready WHERE together IS NULL
        ) > %(group_above)s AS flood
    FROM ready r
    JOIN first ON r.together IS NOT DISTINCT FROM first.together
), message AS (
    SELECT part.*
    FROM part, slot, first
    WHERE CASE
        WHEN part.flood THEN slot.flood_at <= %(now)s
        ELSE part.is_first OR first.together IS NOT NULL
    END
), chosen AS (
    -- Nothing overtakes one of its ticket that goes by itself.
    SELECT m.dedup_key, m.flood
    FROM message m
    WHERE NOT EXISTS (
        SELECT FROM outbox earlier
        WHERE earlier.ticket_id = m.ticket_id AND earlier.channel = %(channel)s
            AND earlier.position < m.position
            AND earlier.state IN ('pending', 'sending')
            AND earlier.dedup_key NOT IN (SELECT dedup_key FROM message)
    )
), paced AS (
    UPDATE outbox_channels c
    SET free_at = greatest(c.free_at, %(now)s - %(tolerance)s) + %(every)s,
        flood_at = CASE
            WHEN (SELECT bool_or(flood) FROM chosen) THEN %(now)s + %(group_wait)s ELSE c.flood_at
        END
    WHERE c.channel = %(channel)s AND EXISTS (SELECT FROM chosen)
), taken AS (
    UPDATE outbox o
    SET state = 'sending',
        attempts = o.attempts + 1,
        lease_owner = %(errand)s,
        lease_until = clock_timestamp() + %(lease)s
    FROM chosen
    WHERE o.dedup_key = chosen.dedup_key
    RETURNING o.*
)
SELECT
    o.dedup_key, o.ticket_id, o.channel, o.attempts, o.body,
    {outbox_meanwhile} AS meanwhile,
    {outbox_handled} AS handled
FROM taken o
ORDER BY o.position
