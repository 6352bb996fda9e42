-- The same in one pass: tickets that were found by text or by their clocks are looked up once, and
-- how many a condition on clocks leaves is not guessed well enough to join each half with them.
SELECT {sla_state}, count(*) FROM tickets t WHERE {filters} GROUP BY 1
