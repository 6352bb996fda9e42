-- What became of the alerts and escalations that were raised in a period, by group. By channel each is
-- in the group of every channel that it was for or that took it; there is no more of one in a group.
SELECT
    {shown}
    count(*) AS raised,
    count(*) FILTER (WHERE type = 'escalation') AS escalations,
    count(*) FILTER (WHERE told) AS told,
    count(*) FILTER (WHERE suppressed IN ('snoozed', 'silenced')) AS muted,
    count(*) FILTER (WHERE suppressed NOT IN ('snoozed', 'silenced')) AS passed_over,
    count(*) FILTER (WHERE withdrawn) AS withdrawn,
    count(acknowledged_after) AS acknowledged,
    {within}
    round(avg(acknowledged_after)::numeric, 3)::float8 AS mean_seconds_to_acknowledge,
    percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY acknowledged_after) AS percentiles
FROM (
    SELECT
        a.type, a.clock, a.rule, a.team, a.organization, a.priority, a.customer_tier AS tier,
        a.milestone, a.suppressed, c.channel {moments},
        EXISTS (
            SELECT FROM alert_deliveries d
            WHERE d.alert_id = a.alert_id AND d.type = a.type AND d.delivered_at <= %(now)s
              AND (%(known_at)s::timestamptz IS NULL OR d.recorded_at <= %(known_at)s)
              AND (c.channel IS NULL OR d.channel = c.channel)
        ) AS told,
        EXISTS (
            SELECT FROM alerts r
            WHERE r.alert_id = a.alert_id AND r.type = 'retracted' AND r.raised_at <= %(now)s
              AND (%(known_at)s::timestamptz IS NULL OR r.recorded_at <= %(known_at)s)
        ) AS withdrawn,
        extract(epoch FROM (
            SELECT min(k.raised_at) FROM alerts k
            WHERE k.ticket_id = a.ticket_id AND k.position > a.position AND k.type = 'acknowledged'
              AND k.raised_at <= %(now)s
              AND (%(known_at)s::timestamptz IS NULL OR k.recorded_at <= %(known_at)s)
        ) - a.raised_at)::float8 AS acknowledged_after
    FROM alerts a
    LEFT JOIN LATERAL ({channels}) c ON true
    WHERE a.type IN ('alert', 'escalation')
      AND a.raised_at >= %(since)s AND a.raised_at < %(until)s AND a.raised_at <= %(now)s
      AND (%(known_at)s::timestamptz IS NULL OR a.recorded_at <= %(known_at)s)
      AND {filters}
) raised
GROUP BY {columns}
ORDER BY {columns}
