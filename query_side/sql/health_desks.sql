-- Of a desk that is not connected any more, what is old goes after a time of its own.
SELECT d.source AS name, count(*) AS parked, min(d.received_at) AS oldest,
    count(*) FILTER (WHERE d.received_at < coalesce(c.soon, %(otherwise)s)) AS dropped_soon
FROM deliveries d
LEFT JOIN unnest(%(names)s::text[], %(soon)s::timestamptz[]) AS c (name, soon) ON c.name = d.source
WHERE d.state = 'parked'
GROUP BY d.source
ORDER BY d.source
