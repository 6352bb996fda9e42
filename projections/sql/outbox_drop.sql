-- What is held was sent, as far as somebody knows: these keys, or a channel's, or all of it. Nothing is
-- known of when, so the log is told of no delivery; it is forgotten as if it had been sent now.
UPDATE outbox o
SET state = 'sent', sent_at = now(), recorded = true,
    last_error = 'said to have been sent before the restore'
WHERE o.state = 'held'
    AND (%(keys)s::text[] IS NULL OR o.dedup_key = ANY(%(keys)s::text[]))
    AND (%(channel)s::text IS NULL OR o.channel = %(channel)s)
RETURNING o.dedup_key
