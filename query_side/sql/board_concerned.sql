-- Every ticket that was known by a position of the log, and whether its row of the board is still as it
-- was at an instant: nothing was recorded of it since, and nothing known beforehand has come since.
INSERT INTO concerned_tickets (ticket_id, settled)
SELECT t.ticket_id,
    NOT %(ahead)s AND t.position <= %(position)s AND t.position <= %(by_then)s
        AND t.newest_at <= %(at)s AND t.created_at <= %(at)s AND NOT EXISTS (
            SELECT FROM ticket_clocks c
            WHERE c.ticket_id = t.ticket_id AND c.counted_at > %(at)s)
FROM tickets t
WHERE t.position <= %(position)s OR EXISTS (
    SELECT FROM events e
    WHERE e.originator_id = t.ticket_id AND e.originator_version = 1
      AND e.notification_id <= %(position)s)
