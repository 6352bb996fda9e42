ANALYZE settled_tickets, replayed_tickets, replayed_clocks;
CREATE TEMPORARY VIEW then_tickets AS
    SELECT t.* FROM tickets t JOIN settled_tickets USING (ticket_id)
    UNION ALL SELECT * FROM replayed_tickets;
CREATE TEMPORARY VIEW then_clocks AS
    SELECT c.* FROM ticket_clocks c JOIN settled_tickets USING (ticket_id)
    UNION ALL SELECT * FROM replayed_clocks;
ALTER VIEW then_tickets RENAME TO tickets;
ALTER VIEW then_clocks RENAME TO ticket_clocks
