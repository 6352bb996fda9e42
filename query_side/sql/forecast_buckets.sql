-- How many clocks will be overdue in which hour or day if nothing happens, and of which teams. Hours
-- and days by their place among the instants at which they begin, from 1.
SELECT place, lower(team) AS team, max(team) AS spelling, sum(clocks)::bigint, NULL::timestamptz
FROM (
    SELECT width_bucket(c.overdue_from, %(edges)s::timestamptz[]) AS place, t.team, count(*) AS clocks
    FROM ticket_clocks c
    JOIN tickets t USING (ticket_id)
    WHERE {coming}
      AND c.overdue_from < %(until)s
      AND (%(clocks)s::text[] IS NULL OR lower(c.clock) = ANY (%(clocks)s))
      AND {filters}
      AND (%(sla_states)s::text[] IS NULL OR {sla_state} = ANY (%(sla_states)s))
    GROUP BY 1, 2
) counted
GROUP BY 1, 2
