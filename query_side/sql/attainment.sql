-- Cycles decided within a period, by group and, last, in all. A cycle has missed its deadline once
-- the instant has come at which it is overdue; it was met if it ended in time. It counts by that
-- deadline, or by its end. One that ended cancelled is neither, overdue or not: it counts apart.
SELECT
    grouping({columns}) <> 0 AS in_all,
    {shown},
    count(*) FILTER (WHERE NOT missed AND NOT cancelled) AS met,
    count(*) FILTER (WHERE missed) AS breached,
    count(*) FILTER (WHERE cancelled) AS cancelled,
    trunc(
        100.0 * count(*) FILTER (WHERE NOT missed AND NOT cancelled)
            / nullif(count(*) FILTER (WHERE NOT cancelled), 0),
        2
    )::float8 AS attainment_percent,
    round(avg(elapsed)::numeric, 3)::float8 AS elapsed_mean_seconds,
    round((percentile_cont(0.5) WITHIN GROUP (ORDER BY elapsed))::numeric, 3)::float8
        AS elapsed_p50_seconds,
    round((percentile_cont(0.9) WITHIN GROUP (ORDER BY elapsed))::numeric, 3)::float8
        AS elapsed_p90_seconds
FROM (
    SELECT
        t.customer_tier, t.priority, t.assigned_to, c.clock, v.missed, v.cancelled,
        CASE WHEN v.missed THEN c.breached_at ELSE c.stopped_at END AS decided_at,
        CASE WHEN c.state IN ('met', 'breached') THEN c.elapsed_seconds END AS elapsed
    FROM ticket_clocks c
    JOIN tickets t USING (ticket_id)
    CROSS JOIN LATERAL (
        SELECT
            c.state = 'cancelled',
            c.state <> 'cancelled' AND coalesce(c.overdue_from <= %(now)s, false)
    ) AS v (cancelled, missed)
    WHERE v.missed OR v.cancelled OR c.state = 'met' AND c.target_seconds IS NOT NULL
) AS decided
WHERE decided_at >= %(since)s AND decided_at < %(until)s
GROUP BY GROUPING SETS (({columns}), ())
ORDER BY in_all, {columns}
