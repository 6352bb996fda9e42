-- The soonest deadline of a ticket that can still be met is the ticket's own, unless that has passed:
-- only of those that are late are the clocks asked.
LEFT JOIN (
    SELECT c.ticket_id, min(c.due_at) AS due_at
    FROM tickets late JOIN ticket_clocks c USING (ticket_id)
    WHERE late.due_at <= %(now)s AND c.state = 'running' AND c.overdue_from > %(now)s
    GROUP BY c.ticket_id
) later USING (ticket_id)
