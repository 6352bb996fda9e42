-- How many tickets are in which state, whichever states the page shows.
SELECT {sla_state} AS sla_state, count(*)
FROM tickets t
WHERE {filters}
GROUP BY 1
