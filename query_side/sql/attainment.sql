-- Cycles decided within a period, by group and, last, in all. A cycle has missed its deadline once
-- the instant has come at which it is overdue; it was met if it ended in time. It counts by that
-- deadline, or by its end. One that ended cancelled is neither, overdue or not: it counts apart.
-- Each is judged twice: with what is excused left out, and counted; the first is what was asked for.
-- A goal of -1 is none: a group with it and others has several, as one of different goals has.
SELECT
    grouping({columns}) <> 0 AS in_all,
    {shown},
    count(*) FILTER (WHERE asked AND NOT missed AND NOT cancelled) AS met,
    count(*) FILTER (WHERE asked AND missed) AS breached,
    count(*) FILTER (WHERE asked AND cancelled) AS cancelled,
    trunc(
        100.0 * count(*) FILTER (WHERE asked AND NOT missed AND NOT cancelled)
            / nullif(count(*) FILTER (WHERE asked AND NOT cancelled), 0),
        2
    )::float8 AS attainment_percent,
    CASE WHEN bool_or(excused) THEN trunc(
        100.0 * count(*) FILTER (WHERE counted AND NOT counted_missed AND NOT cancelled)
            / nullif(count(*) FILTER (WHERE counted AND NOT cancelled), 0),
        2
    )::float8 END AS attainment_percent_excused_counted,
    CASE
        WHEN min(goal) FILTER (WHERE asked AND NOT cancelled)
            = max(goal) FILTER (WHERE asked AND NOT cancelled)
        THEN nullif(min(goal) FILTER (WHERE asked AND NOT cancelled), -1)
    END AS goal_percent,
    round((avg(elapsed) FILTER (WHERE asked))::numeric, 3)::float8 AS elapsed_mean_seconds,
    round((percentile_cont(0.5) WITHIN GROUP (ORDER BY elapsed) FILTER (WHERE asked))::numeric, 3)
        ::float8 AS elapsed_p50_seconds,
    round((percentile_cont(0.9) WITHIN GROUP (ORDER BY elapsed) FILTER (WHERE asked))::numeric, 3)
        ::float8 AS elapsed_p90_seconds
FROM (
    SELECT
        c.customer_tier, c.priority, c.rule, c.team, t.type, c.organization, t.assigned_to, c.clock,
        v.cancelled, v.counted_missed, d.missed,
        coalesce(g.percent, -1) AS goal,
        c.uncounted_seconds > 0 OR c.breached_at_unexcused IS NOT NULL AS excused,
        coalesce(d.at >= %(since)s AND d.at < %(until)s, false) AS asked,
        coalesce(d.counted_at >= %(since)s AND d.counted_at < %(until)s, false) AS counted,
        CASE WHEN d.at >= %(since)s AND d.at < %(until)s THEN d.at ELSE d.counted_at END
            AS decided_at,
        CASE WHEN c.state IN ('met', 'breached') THEN
            c.elapsed_seconds + CASE WHEN %(counted)s THEN c.uncounted_seconds ELSE 0 END
        END AS elapsed
    FROM ticket_clocks c
    JOIN tickets t USING (ticket_id)
    LEFT JOIN unnest(
        %(rules)s::text[], %(tiers)s::text[], %(priorities)s::text[], %(clocks)s::text[],
        %(percents)s::float8[]
    ) AS g (rule, customer_tier, priority, clock, percent)
        ON (g.rule, g.customer_tier, g.priority, g.clock)
            = (coalesce(c.rule, ''), c.customer_tier, c.priority, c.clock)
    CROSS JOIN LATERAL (
        SELECT
            c.state = 'cancelled',
            c.state = 'met' AND c.target_seconds IS NOT NULL,
            c.state <> 'cancelled' AND coalesce(c.overdue_from <= %(now)s, false),
            c.state <> 'cancelled'
                AND coalesce(coalesce(c.overdue_from_unexcused, c.overdue_from) <= %(now)s, false)
    ) AS v (cancelled, ended_in_time, missed, counted_missed)
    CROSS JOIN LATERAL (
        SELECT
            CASE WHEN v.counted_missed THEN coalesce(c.breached_at_unexcused, c.breached_at)
                WHEN v.cancelled OR v.ended_in_time THEN c.stopped_at END,
            CASE WHEN v.missed THEN c.breached_at
                WHEN v.cancelled OR v.ended_in_time THEN c.stopped_at END
    ) AS j (counted_at, at)
    CROSS JOIN LATERAL (
        SELECT
            CASE WHEN %(counted)s THEN j.counted_at ELSE j.at END,
            j.counted_at,
            CASE WHEN %(counted)s THEN v.counted_missed ELSE v.missed END
    ) AS d (at, counted_at, missed)
    WHERE v.missed OR v.counted_missed OR v.cancelled OR v.ended_in_time
) AS decided
WHERE asked OR counted
GROUP BY GROUPING SETS (({columns}), ())
ORDER BY in_all, {columns}
