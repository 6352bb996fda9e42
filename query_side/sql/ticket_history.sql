-- The changes of a ticket's status until as_of, by what was known at known_at. What was observed up
-- to its creation counts once, as the last of it, from the creation on, and so does the first status
-- where none was observed until then; a spelling of the same status is no change.
WITH known AS (
    SELECT * FROM ticket_status_history
    WHERE ticket_id = %(ticket_id)s
      AND (%(known_at)s::timestamptz IS NULL OR known_at(position, recorded_at) <= %(known_at)s)
),
ticket AS (
    SELECT created_at FROM known ORDER BY position DESC LIMIT 1
),
named AS (
    SELECT
        k.at, k.revision, k.status, k.phase, k.by, k.late, ticket.created_at,
        row_number() OVER moments AS place, lead(k.at) OVER moments AS next_at
    FROM known k, ticket
    WHERE k.status IS NOT NULL AND ticket.created_at <= %(as_of)s
    WINDOW moments AS (ORDER BY k.at, k.revision)
),
counted AS (
    SELECT
        *,
        lag(status) OVER moments AS previous
    FROM named
    WHERE (next_at IS NULL OR next_at > created_at)
      AND (at <= %(as_of)s OR place = 1)
    WINDOW moments AS (ORDER BY at, revision)
)
SELECT
    previous AS "from", status AS "to", phase,
    CASE WHEN previous IS NULL THEN created_at ELSE at END AS at, by, late
FROM counted
WHERE previous IS NULL
   OR translate(lower(previous), ' -_', '') <> translate(lower(status), ' -_', '')
ORDER BY counted.at, revision
