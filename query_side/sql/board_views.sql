ANALYZE concerned_tickets, replayed_tickets, replayed_clocks;
CREATE TEMPORARY VIEW then_tickets AS
    SELECT t.* FROM tickets t JOIN concerned_tickets s ON s.ticket_id = t.ticket_id AND s.settled
    UNION ALL SELECT * FROM replayed_tickets;
CREATE TEMPORARY VIEW then_clocks AS
    SELECT c.* FROM ticket_clocks c JOIN concerned_tickets s ON s.ticket_id = c.ticket_id AND s.settled
    UNION ALL SELECT * FROM replayed_clocks;
ALTER VIEW then_tickets RENAME TO tickets;
ALTER VIEW then_clocks RENAME TO ticket_clocks
