-- Leases deliveries that the event log has not been told of.
UPDATE outbox o
SET lease_owner = %(owner)s, lease_until = statement_timestamp() + %(lease)s
FROM (
    SELECT dedup_key
    FROM outbox
    WHERE state = 'sent'
        AND NOT recorded
        AND lapsed(lease_until)
    ORDER BY position
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
) due
WHERE o.dedup_key = due.dedup_key
RETURNING
    o.ticket_id,
    (
        SELECT jsonb_agg(
            jsonb_build_object('type', told->'type', 'alert_id', told->'alert_id') ORDER BY place
        )
        FROM jsonb_array_elements(o.body->'alerts') WITH ORDINALITY AS alerts (told, place)
    ) AS alerts,
    o.channel, o.dedup_key, o.sent_at AS delivered_at, o.attempts
