-- Takes the channel's next slot, and the rows of the message that goes into it: the oldest, or, when
-- more than group_above are ready, all of them. Nothing when there is no slot or nothing is ready.
-- Of a message that was refused, each part goes by itself (together).
-- Leases go by the database's clock: the couriers' own may differ by more than a lease.
WITH slot AS (
    SELECT channel, flood_at
    FROM outbox_channels
    WHERE channel = %(channel)s AND free_at <= %(now)s
    FOR UPDATE SKIP LOCKED
), ready AS (
    SELECT o.dedup_key, o.position, o.together
    FROM outbox o
    WHERE o.channel = %(channel)s AND EXISTS (SELECT FROM slot)
        AND o.state IN ('pending', 'sending')
        AND CASE
            WHEN o.state = 'sending' AND o.lease_owner <> %(owner)s
                THEN o.lease_until <= clock_timestamp()
            ELSE o.next_attempt_at <= %(now)s
        END
        -- A retraction never overtakes what it retracts.
        AND NOT (o.kind = 'retracted' AND EXISTS (
            SELECT FROM outbox told
            WHERE told.dedup_key IN (
                    o.alert_id || ':alert:' || o.channel,
                    o.alert_id || ':escalation:' || o.channel
                )
                AND told.state IN ('pending', 'sending')
        ))
    ORDER BY o.position
    LIMIT %(most)s
    FOR UPDATE OF o SKIP LOCKED
), counted AS (
    SELECT
        dedup_key,
        row_number() OVER (ORDER BY position) AS place,
        first_value(together) OVER (ORDER BY position) AS part,
        together,
        together IS NULL AND count(*) OVER (PARTITION BY together) > %(group_above)s::integer IS TRUE
            AS flood
    FROM ready
), chosen AS (
    SELECT counted.dedup_key, counted.flood
    FROM counted, slot
    WHERE counted.together IS NOT DISTINCT FROM counted.part
        AND CASE
            WHEN counted.flood THEN slot.flood_at <= %(now)s
            ELSE counted.place = 1 OR counted.together IS NOT NULL
        END
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
        lease_owner = %(owner)s,
        lease_until = clock_timestamp() + %(lease)s
    FROM chosen
    WHERE o.dedup_key = chosen.dedup_key
    RETURNING o.*
)
SELECT dedup_key, ticket_id, alert_id, kind, channel, attempts, body
FROM taken
ORDER BY position
