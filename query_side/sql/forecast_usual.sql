-- How many cycles ended in which hour or day, and of which teams, kept or not.
SELECT date_trunc(%(step)s, c.stopped_at, %(zone)s) AS began, lower(t.team) AS team, max(t.team) AS spelling, count(*)
FROM ticket_clocks c
JOIN tickets t USING (ticket_id)
WHERE c.stopped_at >= %(since)s AND c.stopped_at < %(now)s AND c.state <> 'cancelled'
  AND (%(clocks)s::text[] IS NULL OR lower(c.clock) = ANY (%(clocks)s))
  AND {filters}
GROUP BY 1, 2
