-- How the clocks that it tells of have ended since, as far as the read tables know by now. Instants
-- are microseconds since 1970, as in the body.
coalesce((
    SELECT jsonb_object_agg(
        told->>'alert_id', jsonb_build_object(
            'state', c.state, 'at', (extract(epoch FROM c.stopped_at) * 1000000)::bigint
        )
    )
    FROM jsonb_array_elements(o.body->'alerts') AS told
    JOIN ticket_clocks c ON c.ticket_id = o.ticket_id
        AND c.clock = told->>'clock' AND c.cycle = (told->>'cycle')::integer
        AND c.state IN ('met', 'breached', 'cancelled')
        AND extract(epoch FROM c.stopped_at) * 1000000 >= (told->>'occurred_at')::bigint
    WHERE told->>'type' IN ('alert', 'escalation', 'reminder')
), '{}')
