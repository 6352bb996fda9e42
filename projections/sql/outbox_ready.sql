-- From when on each channel may be served; now or earlier: at once. A lease of one's own is no
-- obstacle: this is asked when nothing is under way to the channel, so its claim's answer was lost.
-- Another's ends by the database's clock; the answer is for a clock on which it is `now`.
SELECT
    o.channel,
    greatest(
        min(CASE
            WHEN o.state = 'sending' AND o.lease_owner <> %(owner)s
                THEN %(now)s + (o.lease_until - clock_timestamp())
            ELSE o.next_attempt_at
        END),
        c.free_at
    ) AS ready_at
FROM outbox o
LEFT JOIN outbox_channels c ON c.channel = o.channel
WHERE o.state IN ('pending', 'sending')
GROUP BY o.channel, c.free_at
