-- What is held is to be sent after all: these keys, or a channel's, or all of it; but for that of whose
-- alerts nothing stands. It is due at once on every clock, as in outbox_replay.sql.
WITH {outbox_withdrawn}
UPDATE outbox o
SET state = 'pending', attempts = 0, next_attempt_at = 'epoch', waiting_since = now(),
    last_error = NULL, together = NULL, gather = NULL
WHERE o.state = 'held'
    AND (%(keys)s::text[] IS NULL OR o.dedup_key = ANY(%(keys)s::text[]))
    AND (%(channel)s::text IS NULL OR o.channel = %(channel)s)
    AND NOT EXISTS (SELECT FROM withdrawn w WHERE w.dedup_key = o.dedup_key)
RETURNING o.dedup_key
