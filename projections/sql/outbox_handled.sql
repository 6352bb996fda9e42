-- What people have done about its ticket that holds by now, as far as the read tables know. Instants
-- are microseconds since 1970, as in the body.
coalesce((
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'acknowledged_by', CASE WHEN somebody.has_it THEN k.acknowledged_by END,
        'acknowledged_until', CASE WHEN somebody.has_it
            THEN (extract(epoch FROM k.acknowledged_until) * 1000000)::bigint END,
        'snoozed_until', CASE WHEN k.snoozed_until > %(now)s
            THEN (extract(epoch FROM k.snoozed_until) * 1000000)::bigint END
    ))
    FROM tickets k
    CROSS JOIN LATERAL (
        -- A breach ends it, and so does what the ticket's next cycle begins with.
        SELECT k.acknowledged_at <= %(now)s AND k.acknowledged_until > %(now)s
            AND (k.breached_at > k.acknowledged_at AND k.breached_at <= %(now)s) IS NOT true
            AND NOT EXISTS (
                SELECT FROM ticket_clocks c
                WHERE c.ticket_id = k.ticket_id AND c.clock = 'resolution'
                    AND c.started_at > k.acknowledged_at
            ) AS has_it
    ) somebody
    WHERE k.ticket_id = o.ticket_id AND k.phase NOT IN ('done', 'cancelled')
), '{}')
