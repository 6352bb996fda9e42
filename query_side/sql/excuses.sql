-- A page of what is agreed not to count, newest first, with the tickets that the change that made
-- it what it is has moved so far; all of them once that change, or a later one, is applied.
-- A ticket may come under several changes at once: a move counts for each after `previous`, up to its
-- `number`. So of each change those up to it are counted, less those that begin after it: for all of the
-- page in one pass, as there may be very many moves.
WITH moves AS MATERIALIZED (
    SELECT number, sum(tickets) AS tickets
    FROM (
        SELECT number, count(*) AS tickets FROM excuse_moves WHERE previous < number GROUP BY 1
        UNION ALL
        SELECT previous, -count(*) FROM excuse_moves WHERE previous < number GROUP BY 1
    ) ends
    GROUP BY number
)
SELECT
    e.excuse_id, e.starts_at, e.until, e.windows, e.match, e.unless, e.clocks, e.reason, e.rrule,
    e.time_zone, e.granted_at, e.granted_by, e.ended_at, e.ended_by, e.withdrawn_at,
    e.withdrawn_by, e.withdrawn_reason,
    CASE
        WHEN e.withdrawn_at IS NOT NULL THEN 'withdrawn'
        WHEN {excuse_over} THEN 'ended'
        WHEN e.starts_at > %(now)s THEN 'planned'
        ELSE 'in_force'
    END AS state,
    m.done,
    CASE WHEN EXISTS (SELECT FROM excuse_passes p WHERE p.number >= e.number) THEN m.done
    END AS total
FROM (
    SELECT * FROM excuses {which} ORDER BY granted_at DESC, excuse_id LIMIT %(limit)s OFFSET %(offset)s
) AS e
CROSS JOIN LATERAL (
    SELECT coalesce(sum(tickets), 0)::bigint AS done FROM moves WHERE moves.number >= e.number
) AS m
ORDER BY e.granted_at DESC, e.excuse_id
