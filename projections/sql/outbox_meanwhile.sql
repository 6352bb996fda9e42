-- How the clocks that it tells of have ended since, as far as the read tables know by now.
coalesce((
    SELECT jsonb_object_agg(
        told->>'alert_id', jsonb_build_object('state', c.state, 'at', c.stopped_at)
    )
    FROM jsonb_array_elements(o.body->'alerts') AS told
    JOIN ticket_clocks c ON c.ticket_id = o.ticket_id
        AND c.clock = told->>'clock' AND c.cycle = (told->>'cycle')::integer
        AND c.state IN ('met', 'breached', 'cancelled')
        AND c.stopped_at >= (told->>'occurred_at')::timestamptz
    WHERE told->>'type' <> 'retracted'
), '{}')
