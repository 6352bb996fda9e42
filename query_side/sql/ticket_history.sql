-- The changes of a ticket's status. What was observed up to its creation counts once, as the last
-- of it, from the creation on; a spelling of the same status is no change.
WITH named AS (
    SELECT
        h.at, h.revision, h.status, h.phase, h.by, h.late, t.created_at,
        lead(h.at) OVER (ORDER BY h.at, h.revision) AS next_at
    FROM ticket_status_history h
    JOIN tickets t USING (ticket_id)
    WHERE h.ticket_id = %(ticket_id)s AND (h.at <= %(now)s OR h.at <= t.created_at)
),
counted AS (
    SELECT
        *,
        lag(status) OVER moments AS previous
    FROM named
    WHERE next_at IS NULL OR next_at > created_at
    WINDOW moments AS (ORDER BY at, revision)
)
SELECT
    previous AS "from", status AS "to", phase, greatest(at, created_at) AS at, by, late
FROM counted
WHERE previous IS NULL
   OR translate(lower(previous), ' -_', '') <> translate(lower(status), ' -_', '')
ORDER BY counted.at, revision
