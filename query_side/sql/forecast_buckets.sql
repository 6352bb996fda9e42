-- How many clocks will be overdue in which hour or day if nothing happens, and of which teams.
SELECT date_trunc(%(step)s, c.overdue_from, %(zone)s) AS begins, lower(t.team) AS team, max(t.team) AS spelling, count(*)
FROM ticket_clocks c
JOIN tickets t USING (ticket_id)
WHERE {coming}
  AND c.overdue_from < %(until)s
  AND (%(clocks)s::text[] IS NULL OR lower(c.clock) = ANY (%(clocks)s))
  AND {filters}
  AND (%(sla_states)s::text[] IS NULL OR {sla_state} = ANY (%(sla_states)s))
GROUP BY 1, 2
