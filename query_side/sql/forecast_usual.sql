-- How many cycles ended in which hour or day, and of which teams, kept or not; whose they were then.
SELECT date_trunc(%(step)s, c.stopped_at, %(zone)s) AS began, lower(c.team) AS team, max(c.team) AS spelling, count(*)
FROM ticket_clocks c {tickets}
WHERE c.stopped_at >= %(since)s AND c.stopped_at < %(now)s AND c.state <> 'cancelled'
  AND (%(clocks)s::text[] IS NULL OR lower(c.clock) = ANY (%(clocks)s))
  AND (%(priorities)s::text[] IS NULL OR lower(c.priority) = ANY (%(priorities)s))
  AND (%(tiers)s::text[] IS NULL OR lower(c.customer_tier) = ANY (%(tiers)s))
  AND (%(rules)s::text[] IS NULL OR lower(c.rule) = ANY (%(rules)s))
  AND (%(teams)s::text[] IS NULL OR lower(c.team) = ANY (%(teams)s))
  AND (%(organizations)s::text[] IS NULL OR lower(c.organization) = ANY (%(organizations)s))
  AND {filters}
GROUP BY 1, 2
