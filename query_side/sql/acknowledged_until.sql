CASE
    WHEN t.acknowledged_until IS NOT NULL THEN least(t.acknowledged_until, (
        SELECT min(c.overdue_from)
        FROM ticket_clocks c
        WHERE c.ticket_id = t.ticket_id AND c.overdue_from >= t.acknowledged_at
    ))
END
