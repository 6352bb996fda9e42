-- From when on each channel may be served; now or earlier: at once.
SELECT
    o.channel,
    greatest(
        min(CASE o.state WHEN 'sending' THEN o.lease_until ELSE o.next_attempt_at END),
        c.free_at
    ) AS ready_at
FROM outbox o
LEFT JOIN outbox_channels c ON c.channel = o.channel
WHERE o.state IN ('pending', 'sending')
GROUP BY o.channel, c.free_at
