-- How many cycles ended in which hour or day, and of which teams, kept or not; whose they were then.
-- Hours and days by their place, as in forecast_buckets.sql. And when the first of all ended, of
-- whomever: how far back there is work that was done. It is one pass over all that have ended.
SELECT place, lower(team) AS team, max(team) AS spelling, sum(cycles)::bigint, min(first)
FROM (
    SELECT width_bucket(c.stopped_at, %(edges)s::timestamptz[]) AS place, c.team, min(c.stopped_at) AS first,
        count(*) FILTER (
            WHERE c.stopped_at < %(now)s AND c.state <> 'cancelled'
              AND (%(clocks)s::text[] IS NULL OR lower(c.clock) = ANY (%(clocks)s))
              AND (%(priorities)s::text[] IS NULL OR lower(c.priority) = ANY (%(priorities)s))
              AND (%(tiers)s::text[] IS NULL OR lower(c.customer_tier) = ANY (%(tiers)s))
              AND (%(rules)s::text[] IS NULL OR lower(c.rule) = ANY (%(rules)s))
              AND (%(teams)s::text[] IS NULL OR lower(c.team) = ANY (%(teams)s))
              AND (%(organizations)s::text[] IS NULL OR lower(c.organization) = ANY (%(organizations)s))
              AND {filters}
        ) AS cycles
    FROM ticket_clocks c {tickets}
    WHERE c.stopped_at IS NOT NULL
    GROUP BY 1, 2
) counted
GROUP BY 1, 2
