-- What the cycles of a period come to, by group and, last, in all.
-- A goal of -1 is none: a group with it and others has several, as one of different goals has.
-- Groups are made by hashing, each with the times of its cycles, which are sorted by themselves: to
-- sort the rows by their group takes longer than all else. The whole is summed over the groups.
WITH decided AS NOT MATERIALIZED (
    SELECT
        c.tier, c.priority, c.rule, c.team, c.type, c.organization, c.assigned_to, c.clock, c.policy
        {moments},
        CASE WHEN c.asked THEN c.outcome END AS outcome,
        c.counted AND NOT c.cancelled AS counted,
        c.counted_missed,
        CASE WHEN c.asked AND c.outcome IN ('met', 'breached') THEN coalesce(g.percent, -1) END AS goal,
        c.uncounted_seconds > 0 OR c.breached_at_unexcused IS NOT NULL AS excused,
        CASE WHEN c.asked AND c.state IN ('met', 'breached') THEN
            c.elapsed_seconds + CASE WHEN %(counted)s THEN c.uncounted_seconds ELSE 0 END
        END AS elapsed,
        CASE WHEN c.asked THEN date_part('epoch', c.acknowledged_at - c.started_at) END
            AS acknowledged_after,
        CASE WHEN c.asked AND c.state IN ('met', 'breached') AND c.clock = ANY (%(resolutions)s)
            THEN date_part('epoch', c.stopped_at - c.started_at)
        END AS resolved_after
    FROM ({judged}) c
    LEFT JOIN unnest(
        %(goal_rules)s::text[], %(goal_tiers)s::text[], %(goal_priorities)s::text[],
        %(goal_clocks)s::text[], %(goal_percents)s::float8[]
    ) AS g (rule, tier, priority, clock, percent) ON {promised}
    OFFSET 0
), groups AS MATERIALIZED (
    SELECT
        {keys},
        {shown},
        count(*) FILTER (WHERE outcome = 'met') AS met,
        count(*) FILTER (WHERE outcome = 'breached') AS breached,
        count(*) FILTER (WHERE outcome = 'open') AS open,
        count(*) FILTER (WHERE outcome = 'cancelled') AS cancelled,
        count(*) FILTER (WHERE counted) AS counted,
        count(*) FILTER (WHERE counted AND NOT counted_missed) AS counted_kept,
        bool_or(excused) AS excused,
        min(goal) AS least,
        max(goal) AS most,
        array_agg(elapsed) FILTER (WHERE elapsed IS NOT NULL) AS elapsed,
        sum(acknowledged_after) AS acknowledged_after,
        count(acknowledged_after) AS acknowledged,
        sum(resolved_after) AS resolved_after,
        count(resolved_after) AS resolved
    FROM decided
    GROUP BY {columns}
), took AS MATERIALIZED (
    SELECT avg(one) AS mean,
        percentile_cont(ARRAY[0.5, 0.9, 0.95]) WITHIN GROUP (ORDER BY one) AS percentiles
    FROM groups, unnest(elapsed) AS one
), told AS (
    SELECT false AS in_all, {by}, {names}, met, breached, open, cancelled, counted, counted_kept,
        excused, least, most, acknowledged_after, acknowledged, resolved_after, resolved,
        own.mean, own.percentiles
    FROM groups
    CROSS JOIN LATERAL (
        SELECT avg(one) AS mean,
            percentile_cont(ARRAY[0.5, 0.9, 0.95]) WITHIN GROUP (ORDER BY one) AS percentiles
        FROM unnest(groups.elapsed) AS one
    ) AS own
    UNION ALL
    SELECT true, {nothing}, {nothing}, coalesce(sum(met), 0), coalesce(sum(breached), 0),
        coalesce(sum(open), 0), coalesce(sum(cancelled), 0), sum(counted), sum(counted_kept),
        bool_or(excused), min(least), max(most), sum(acknowledged_after), sum(acknowledged),
        sum(resolved_after), sum(resolved),
        (SELECT mean FROM took), (SELECT percentiles FROM took)
    FROM groups
)
SELECT
    in_all, {names}, met::bigint, breached::bigint, open::bigint, cancelled::bigint,
    trunc(100.0 * met / nullif(met + breached, 0), 2)::float8 AS attainment_percent,
    CASE WHEN excused THEN trunc(100.0 * counted_kept / nullif(counted, 0), 2)::float8 END
        AS attainment_percent_excused_counted,
    CASE WHEN least = most THEN nullif(least, -1) END AS goal_percent,
    round(mean::numeric, 3)::float8 AS mean_seconds,
    percentiles,
    round((acknowledged_after / nullif(acknowledged, 0))::numeric, 3)::float8 AS mtta_seconds,
    round((resolved_after / nullif(resolved, 0))::numeric, 3)::float8 AS mttr_seconds
FROM told
ORDER BY in_all, {by}
