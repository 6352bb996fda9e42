-- The changes of a ticket's status until as_of, by what was known at known_at. What was observed up
-- to its creation counts once, as the last of it, from the creation on; a spelling of the same status
-- is no change.
WITH known AS (
    SELECT * FROM ticket_status_history
    WHERE ticket_id = %(ticket_id)s
      AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
),
ticket AS (
    SELECT created_at FROM known ORDER BY position DESC LIMIT 1
),
named AS (
    SELECT
        k.at, k.revision, k.status, k.phase, k.by, k.late, ticket.created_at,
        lead(k.at) OVER (ORDER BY k.at, k.revision) AS next_at
    FROM known k, ticket
    WHERE k.at <= %(as_of)s OR k.at <= ticket.created_at
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
