-- A page of the silences, newest first.
SELECT
    silence_id, matchers, until, reason, created_by, created_at, ended_at,
    ended_at IS NULL AND until > %(now)s AS active
FROM silences
ORDER BY created_at DESC, silence_id
LIMIT %(limit)s OFFSET %(offset)s
