-- The tickets of which cycles may count in a period as it stood at an instant, by what was known up to
-- a position of the log; and whether the read tables say how: of what has not changed since, and of
-- which nothing has happened since, they do. The others have to be replayed.
SELECT t.ticket_id, s.settled
FROM tickets t
CROSS JOIN LATERAL (
    SELECT t.position <= %(position)s,
        NOT %(ahead)s AND t.position <= %(position)s AND t.newest_at <= %(at)s AND NOT EXISTS (
            SELECT FROM ticket_clocks c
            WHERE c.ticket_id = t.ticket_id AND c.counted_at > %(at)s)
) AS s (unchanged, settled)
WHERE CASE
    WHEN s.unchanged THEN EXISTS (
        SELECT FROM ticket_clocks c
        WHERE c.ticket_id = t.ticket_id AND c.started_at < %(until)s
          AND (%(ahead)s OR c.stopped_at IS NULL OR c.stopped_at >= %(since)s))
    -- What there was of it then, these tables do not say.
    ELSE EXISTS (
        SELECT FROM events e
        WHERE e.originator_id = t.ticket_id AND e.originator_version = 1
          AND e.notification_id <= %(position)s)
END
ORDER BY t.ticket_id
