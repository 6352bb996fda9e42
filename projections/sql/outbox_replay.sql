-- Dead letters get all their attempts again, and so does what was skipped, if it or its channel is
-- named; but for those of whose alerts nothing is left: the channel was told that each is withdrawn.
-- They are due at once on every clock: whoever asks for it may have one that is ahead of the
-- courier's.
UPDATE outbox o
SET state = 'pending', attempts = 0, next_attempt_at = 'epoch', waiting_since = now(),
    together = NULL
WHERE (
        o.state = 'dead'
        OR o.state = 'skipped' AND (%(keys)s::text[] IS NOT NULL OR %(channel)s::text IS NOT NULL)
    )
    AND (%(keys)s::text[] IS NULL OR o.dedup_key = ANY(%(keys)s::text[]))
    AND (%(channel)s::text IS NULL OR o.channel = %(channel)s)
    AND EXISTS (
        SELECT FROM jsonb_array_elements(o.body->'alerts') AS alert
        WHERE alert->>'type' NOT IN ('alert', 'escalation', 'reminder') OR NOT EXISTS (
            SELECT FROM outbox told
            WHERE told.ticket_id = o.ticket_id AND told.channel = o.channel
                AND told.position > o.position AND told.state = 'sent'
                AND told.body->'alerts' @> jsonb_build_array(
                    jsonb_build_object('type', 'retracted', 'alert_id', alert->'alert_id')
                )
        )
    )
RETURNING o.dedup_key
