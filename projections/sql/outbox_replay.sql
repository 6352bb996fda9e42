-- Dead letters get all their attempts again, and so does what was skipped, if it or its channel is
-- named; what was dropped only where it is itself. But for those of whose alerts nothing is left: the
-- channel was told that each is withdrawn.
-- They are due at once on every clock: whoever asks for it may have one that is ahead of the
-- courier's.
WITH {outbox_withdrawn}
UPDATE outbox o
SET state = 'pending', attempts = 0, next_attempt_at = 'epoch', waiting_since = now(),
    together = NULL, dropped_at = NULL
WHERE (
        o.state = 'dead' AND (o.dropped_at IS NULL OR %(keys)s::text[] IS NOT NULL)
        OR o.state = 'skipped' AND (%(keys)s::text[] IS NOT NULL OR %(channel)s::text IS NOT NULL)
    )
    AND (%(keys)s::text[] IS NULL OR o.dedup_key = ANY(%(keys)s::text[]))
    AND (%(channel)s::text IS NULL OR o.channel = %(channel)s)
    AND NOT EXISTS (SELECT FROM withdrawn w WHERE w.dedup_key = o.dedup_key)
RETURNING o.dedup_key
