-- Of a desk that is not connected any more, what is old goes after a time of its own.
SELECT name, coalesce(parked, 0) AS parked, oldest, coalesce(dropped_soon, 0) AS dropped_soon,
    coalesce(by_reconciliation, 0) AS by_reconciliation, api_error
FROM (
    SELECT d.source AS name, count(*) AS parked, min(d.received_at) AS oldest,
        count(*) FILTER (WHERE d.received_at < coalesce(c.soon, %(otherwise)s)) AS dropped_soon
    FROM deliveries d
    LEFT JOIN unnest(%(names)s::text[], %(soon)s::timestamptz[]) AS c (name, soon)
        ON c.name = d.source
    WHERE d.state = 'parked'
        AND NOT EXISTS (SELECT FROM deliveries_let_be l WHERE l.delivery_id = d.delivery_id)
    GROUP BY d.source
) unread
FULL JOIN (
    SELECT source AS name,
        sum(added) FILTER (WHERE what = 'reconciliation')::bigint AS by_reconciliation,
        max(error) FILTER (
            WHERE (NOT waits OR coalesce(done_at, asked_at) < %(now)s - interval '1 hour')
                AND next_at > %(now)s - interval '1 hour'   -- or nobody asks it any more
        ) AS api_error
    FROM desk_readings
    WHERE source = any (%(names)s::text[])
    GROUP BY source
) reading USING (name)
WHERE parked > 0 OR by_reconciliation > 0 OR api_error IS NOT NULL
ORDER BY name
