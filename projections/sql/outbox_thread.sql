-- What a notice belongs to: the newest thread of its ticket at its channel, up to its cycle. That is
-- the cycle of the resolution clock when it happened; where the read tables do not know it, being
-- rebuilt, the newest that anything was told of.
WITH asked AS (
    SELECT coalesce(
        %(cycle)s::integer,
        (
            SELECT max(c.cycle) FROM ticket_clocks c
            WHERE c.ticket_id = %(ticket)s AND c.clock = 'resolution'
                AND c.started_at <= %(occurred_at)s
        ),
        (
            SELECT max(t.cycle) FROM outbox_threads t
            WHERE t.channel = %(channel)s AND t.ticket_id = %(ticket)s
        ),
        1
    ) AS cycle
)
SELECT asked.cycle AS asked, t.cycle, t.place, t.message_id, t.said, t.told_at
FROM asked
LEFT JOIN LATERAL (
    SELECT * FROM outbox_threads t
    WHERE t.channel = %(channel)s AND t.ticket_id = %(ticket)s AND t.cycle <= asked.cycle
    ORDER BY t.cycle DESC
    LIMIT 1
) t ON true
