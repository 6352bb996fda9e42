-- How many tickets each customer has. Counted apart from the other kinds: there may be as many of them
-- as tickets, and then few tickets would be alike.
SELECT min(organization) AS value, sum(tickets)::bigint AS tickets
FROM (
    SELECT t.organization, count(*) AS tickets
    FROM tickets t
    WHERE {filters}
      AND (%(sla_states)s::text[] IS NULL OR {sla_state} = ANY (%(sla_states)s))
      AND t.organization IS NOT NULL
    GROUP BY 1
) spelt
GROUP BY lower(organization)
ORDER BY tickets DESC, value
LIMIT %(most)s
