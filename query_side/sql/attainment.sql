-- What the cycles of a period come to, by group and, last, in all.
-- A goal of -1 is none: a group with it and others has several, as one of different goals has.
SELECT
    grouping({columns}) <> 0 AS in_all,
    {shown},
    count(*) FILTER (WHERE met) AS met,
    count(*) FILTER (WHERE breached) AS breached,
    count(*) FILTER (WHERE open) AS open,
    count(*) FILTER (WHERE gone) AS cancelled,
    trunc(
        100.0 * count(*) FILTER (WHERE met) / nullif(count(*) FILTER (WHERE met OR breached), 0), 2
    )::float8 AS attainment_percent,
    CASE WHEN bool_or(excused) THEN trunc(
        100.0 * count(*) FILTER (WHERE counted AND NOT counted_missed)
            / nullif(count(*) FILTER (WHERE counted), 0),
        2
    )::float8 END AS attainment_percent_excused_counted,
    CASE WHEN min(goal) = max(goal) THEN nullif(min(goal), -1) END AS goal_percent,
    round(avg(elapsed)::numeric, 3)::float8 AS mean_seconds,
    percentile_cont(ARRAY[0.5, 0.9, 0.95]) WITHIN GROUP (ORDER BY elapsed) AS percentiles,
    round(avg(acknowledged_after)::numeric, 3)::float8 AS mtta_seconds,
    round(avg(resolved_after)::numeric, 3)::float8 AS mttr_seconds
FROM (
    SELECT
        c.tier, c.priority, c.rule, c.team, c.type, c.organization, c.assigned_to, c.clock, c.policy
        {moments},
        c.asked AND c.outcome = 'met' AS met,
        c.asked AND c.missed AS breached,
        c.asked AND c.outcome = 'open' AS open,
        c.asked AND c.outcome = 'cancelled' AS gone,
        c.counted AND NOT c.cancelled AS counted,
        c.counted_missed,
        CASE WHEN c.asked AND c.outcome IN ('met', 'breached') THEN coalesce(g.percent, -1) END AS goal,
        c.uncounted_seconds > 0 OR c.breached_at_unexcused IS NOT NULL AS excused,
        CASE WHEN c.asked AND c.state IN ('met', 'breached') THEN
            c.elapsed_seconds + CASE WHEN %(counted)s THEN c.uncounted_seconds ELSE 0 END
        END AS elapsed,
        CASE WHEN c.asked THEN extract(epoch FROM c.acknowledged_at - c.started_at)::float8 END
            AS acknowledged_after,
        CASE WHEN c.asked AND c.state IN ('met', 'breached') AND c.clock = ANY (%(resolutions)s)
            THEN extract(epoch FROM c.stopped_at - c.started_at)::float8
        END AS resolved_after
    FROM ({judged}) c
    LEFT JOIN unnest(
        %(goal_rules)s::text[], %(goal_tiers)s::text[], %(goal_priorities)s::text[],
        %(goal_clocks)s::text[], %(goal_percents)s::float8[]
    ) AS g (rule, tier, priority, clock, percent) ON {promised}
) AS decided
GROUP BY GROUPING SETS (({columns}), ())
ORDER BY in_all, {columns}
