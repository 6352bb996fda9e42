-- Who has missed most in a period: by group, how many cycles were breached and for how long they were
-- late by the wall clock, from the deadline to the end, or to now; and the latest of them.
SELECT
    {shown},
    count(*) FILTER (WHERE outcome = 'breached') AS breached,
    count(*) FILTER (WHERE outcome IN ('met', 'breached')) AS decided,
    count(*) FILTER (WHERE outcome = 'breached' AND stopped_at IS NULL) AS still_open,
    count(DISTINCT ticket_id) FILTER (WHERE outcome = 'breached') AS tickets,
    trunc(
        100.0 * count(*) FILTER (WHERE outcome = 'met')
            / nullif(count(*) FILTER (WHERE outcome IN ('met', 'breached')), 0),
        2
    )::float8 AS attainment_percent,
    coalesce(round(sum(late)::numeric, 3), 0)::float8 AS late_seconds,
    (array_agg(
        jsonb_build_object(
            'ticket_id', ticket_id, 'external_id', external_id, 'source', source, 'title', title,
            'clock', clock, 'cycle', cycle, 'breached_at', at, 'stopped_at', stopped_at,
            'late_seconds', round(late::numeric, 3)
        ) ORDER BY late DESC, ticket_id, clock, cycle
    ) FILTER (WHERE outcome = 'breached'))[1] AS worst,
    count(*) OVER () AS total
FROM (
    SELECT c.*, CASE WHEN c.missed THEN
        extract(epoch FROM coalesce(c.stopped_at, %(now)s) - c.at)::float8 END AS late
    FROM ({judged}) c
    WHERE c.asked
) c
GROUP BY {columns}
HAVING count(*) FILTER (WHERE outcome = 'breached') > 0
ORDER BY {order}, {columns}
LIMIT %(limit)s
