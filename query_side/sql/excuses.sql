-- A page of what is agreed not to count, newest first, with the tickets that the change that made
-- it what it is has moved so far; all of them once that change, or a later one, is applied.
SELECT
    e.excuse_id, e.starts_at, e.until, e.windows, e.match, e.unless, e.clocks, e.reason, e.rrule,
    e.time_zone, e.granted_at, e.granted_by, e.ended_at, e.ended_by, e.withdrawn_at,
    e.withdrawn_by, e.withdrawn_reason,
    CASE
        WHEN e.withdrawn_at IS NOT NULL THEN 'withdrawn'
        WHEN e.starts_at > %(now)s THEN 'planned'
        WHEN least(e.until, e.ended_at) <= %(now)s THEN 'ended'
        ELSE 'in_force'
    END AS state,
    m.done,
    CASE WHEN EXISTS (SELECT FROM excuse_passes p WHERE p.number >= e.number) THEN m.done
    END AS total
FROM excuses e
CROSS JOIN LATERAL (
    SELECT count(*) AS done FROM excuse_moves m
    WHERE m.number >= e.number AND m.previous < e.number
) AS m
ORDER BY e.granted_at DESC, e.excuse_id
LIMIT %(limit)s OFFSET %(offset)s
