-- How many tickets will first be breached anew by each of the instants, in their order.
WITH soonest AS MATERIALIZED (
    SELECT t.ticket_id, min(c.overdue_from) AS overdue_from
    FROM ticket_clocks c JOIN tickets t USING (ticket_id)
    WHERE {coming}
      AND c.overdue_from <= %(latest)s
      AND {filters}
      AND (%(sla_states)s::text[] IS NULL OR {sla_state} = ANY (%(sla_states)s))
    GROUP BY 1
)
SELECT (SELECT count(*) FROM soonest WHERE overdue_from <= horizon)
FROM unnest(%(horizons)s::timestamptz[]) WITH ORDINALITY AS asked (horizon, place)
ORDER BY place
