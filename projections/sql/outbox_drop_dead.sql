-- What was given up was seen: these keys, or a channel's, or all of it. It stays dead, so that a timeline
-- says that the channel was not told, and asks for nobody any more.
UPDATE outbox o
SET dropped_at = now()
WHERE o.state = 'dead' AND o.dropped_at IS NULL
    AND (%(keys)s::text[] IS NULL OR o.dedup_key = ANY(%(keys)s::text[]))
    AND (%(channel)s::text IS NULL OR o.channel = %(channel)s)
RETURNING o.dedup_key
