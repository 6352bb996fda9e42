-- How many tickets that have the same value are in which state.
SELECT name, min(value) AS value, sla_state, count(*)
FROM (
    SELECT lower({column}) AS name, {column} AS value, {sla_state} AS sla_state
    FROM tickets t
    WHERE {filters}
) told
WHERE %(sla_states)s::text[] IS NULL OR sla_state = ANY (%(sla_states)s)
GROUP BY 1, 3
