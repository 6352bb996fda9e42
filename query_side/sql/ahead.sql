-- The soonest deadline of a ticket that can still be met.
SELECT c.due_at, c.clock FROM ticket_clocks c
WHERE c.ticket_id = t.ticket_id AND c.state = 'running' AND c.overdue_from > %(now)s
ORDER BY c.due_at, c.clock LIMIT 1
