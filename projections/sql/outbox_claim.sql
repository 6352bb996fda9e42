-- Takes the channel's next slot, and the notice that goes into it; nothing when there is no slot or
-- nothing is ready. Notices take turns: one that is tried again comes after those that have waited
-- since before it was due, so that none is kept waiting by others that fail again and again. Those of
-- one ticket go in order, whatever they wait for.
-- Leases go by the database's clock: the couriers' own may differ by more than a lease. Those of one
-- claim end together, or who takes them over would take half of it.
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
        AND takeable(o.state, o.lease_until, o.lease_owner, %(owner)s, %(under_way)s)
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
    lease_until = statement_timestamp() + %(lease)s
FROM chosen
WHERE o.dedup_key = chosen.dedup_key
RETURNING
    o.dedup_key, o.ticket_id, o.channel, o.attempts, o.body,
    {outbox_meanwhile} AS meanwhile,
    {outbox_handled} AS handled
