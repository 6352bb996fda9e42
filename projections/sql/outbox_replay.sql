-- Dead letters get all their attempts again, and so does what was skipped, if it or its channel is
-- named; but for alerts whose retraction has been sent since. They are due at once on every clock: whoever asks
-- for it may have one that is ahead of the courier's.
UPDATE outbox o
SET state = 'pending', attempts = 0, next_attempt_at = 'epoch', waiting_since = now(),
    together = NULL
WHERE (
        o.state = 'dead'
        OR o.state = 'skipped' AND (%(keys)s::text[] IS NOT NULL OR %(channel)s::text IS NOT NULL)
    )
    AND (%(keys)s::text[] IS NULL OR o.dedup_key = ANY(%(keys)s::text[]))
    AND (%(channel)s::text IS NULL OR o.channel = %(channel)s)
    AND (o.kind = 'retracted' OR NOT EXISTS (
        SELECT FROM outbox told
        WHERE told.dedup_key = o.alert_id || ':retracted:' || o.channel AND told.state = 'sent'
    ))
RETURNING o.dedup_key
