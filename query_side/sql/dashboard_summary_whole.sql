-- The same from the table itself: how many tickets a condition on their clocks leaves is not guessed
-- well enough of the two halves to join each with the clocks.
SELECT {sla_state}, count(*) FROM tickets t WHERE {filters} GROUP BY 1
