-- The same (outbox_claim.sql) for a channel that takes many notices in one message. What is gathered
-- goes together once the first of it is due; of what is not, when notices of more than group_above
-- tickets are ready, all of them go into one message, else all of the next ticket. Of a message that
-- was refused, each part goes by itself (together).
WITH slot AS (
    SELECT channel, flood_at
    FROM outbox_channels
    WHERE channel = %(channel)s AND free_at <= %(now)s
    FOR UPDATE SKIP LOCKED
), gathered AS (
    -- It comes with the first of it, but for what has been tried, and waits for itself.
    SELECT DISTINCT o.gather
    FROM outbox o
    WHERE o.channel = %(channel)s AND o.gather IS NOT NULL AND EXISTS (SELECT FROM slot)
        AND o.state IN ('pending', 'sending')
        AND o.next_attempt_at <= %(now)s
        AND takeable(o.state, o.lease_until, o.lease_owner, %(owner)s, %(under_way)s)
), due AS (
    SELECT o.ticket_id
    FROM outbox o
    WHERE o.channel = %(channel)s AND EXISTS (SELECT FROM slot)
        AND o.state IN ('pending', 'sending')
        AND (
            o.next_attempt_at <= %(now)s
            OR o.attempts = 0 AND o.gather IN (SELECT gather FROM gathered)
        )
        AND takeable(o.state, o.lease_until, o.lease_owner, %(owner)s, %(under_way)s)
        AND NOT EXISTS (
            SELECT FROM outbox earlier
            WHERE earlier.ticket_id = o.ticket_id AND earlier.channel = o.channel
                AND earlier.position < o.position
                AND earlier.state IN ('pending', 'sending')
                -- What waits only for what it is gathered with, and for long, goes along with what
                -- is raised later and is due, and so does what waits behind that.
                AND NOT (
                    o.kind IN ('alert', 'escalation', 'reminder')
                    AND earlier.attempts = 0 AND earlier.state = 'pending'
                    AND (
                        earlier.gather IS NULL
                        OR earlier.next_attempt_at > %(now)s::timestamptz + interval '10 seconds'
                    )
                )
        )
    ORDER BY o.next_attempt_at, o.position
    LIMIT %(most)s
), ready AS (
    -- All of a ticket go with its first, whatever they wait for: without the newest of them the
    -- message would say what is not so any more.
    SELECT
        o.dedup_key, o.ticket_id, o.position, o.together, o.gather,
        -- What is gathered has waited long enough: it takes its turn as what goes at once does.
        CASE
            WHEN o.attempts = 0 AND o.gather IS NOT NULL THEN 'epoch' ELSE o.next_attempt_at
        END AS turn_at
    FROM (SELECT DISTINCT ticket_id FROM due) due
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
), leader AS (
    -- The first of each ticket, which says how it goes.
    SELECT r.*, r.together IS NULL AND r.gather IS NULL AS loose
    FROM ready r
    WHERE NOT EXISTS (
        SELECT FROM ready earlier
        WHERE earlier.ticket_id = r.ticket_id AND earlier.position < r.position
    )
), flood AS (
    SELECT count(*) > %(group_above)s AS is_one FROM leader WHERE loose
), first AS (
    SELECT l.ticket_id, l.together, l.gather, l.loose
    FROM leader l, slot, flood
    -- A flood that waits for its turn keeps nothing else from going.
    WHERE NOT (l.loose AND flood.is_one AND slot.flood_at > %(now)s)
    ORDER BY l.turn_at, l.position
    LIMIT 1
), message AS (
    SELECT r.dedup_key, r.ticket_id, r.position, first.loose AND flood.is_one AS flood
    FROM ready r
    JOIN leader l ON l.ticket_id = r.ticket_id
    CROSS JOIN first
    CROSS JOIN flood
    WHERE r.together IS NOT DISTINCT FROM first.together AND (
        first.together IS NOT NULL
        OR l.together IS NULL AND l.gather IS NOT DISTINCT FROM first.gather
            AND (first.gather IS NOT NULL OR flood.is_one OR r.ticket_id = first.ticket_id)
    )
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
        next_attempt_at = least(o.next_attempt_at, %(now)s), -- if this one is lost
        lease_owner = %(errand)s,
        lease_until = statement_timestamp() + %(lease)s
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
