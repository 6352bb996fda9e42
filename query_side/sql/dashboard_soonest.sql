LEFT JOIN (
    SELECT ticket_id, min(due_at) AS due_at FROM ticket_clocks
    WHERE state = 'running' AND overdue_from > %(now)s
    GROUP BY ticket_id
) soonest USING (ticket_id)
