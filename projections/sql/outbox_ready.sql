-- From when on each channel may be served; now or earlier: at once. A lease of one's own under which
-- nothing is under way is no obstacle: its claim's answer was lost. Others end by the database's
-- clock; the answer is for a clock on which it is `now`.
-- Asked several times a second, also while a channel is down and what it is to be told piles up:
-- of what is pending, one row a channel is read.
WITH RECURSIVE pending (channel) AS (
    SELECT min(channel) FROM outbox WHERE state = 'pending'
    UNION ALL
    SELECT (
        SELECT min(o.channel) FROM outbox o
        WHERE o.state = 'pending' AND o.channel > pending.channel
    )
    FROM pending
    WHERE pending.channel IS NOT NULL
), waiting (channel, ready_at) AS (
    SELECT
        channel,
        (
            SELECT min(o.next_attempt_at) FROM outbox o
            WHERE o.state = 'pending' AND o.channel = pending.channel
        )
    FROM pending
    WHERE channel IS NOT NULL
    UNION ALL
    SELECT
        channel,
        CASE
            WHEN starts_with(lease_owner, %(owner)s) AND lease_owner <> ALL(%(under_way)s::text[])
                THEN next_attempt_at
            WHEN lapsed(lease_until) THEN %(now)s
            ELSE %(now)s + (lease_until - clock_timestamp())
        END
    FROM outbox
    WHERE state = 'sending'
)
SELECT w.channel, greatest(min(w.ready_at), c.free_at) AS ready_at
FROM waiting w
LEFT JOIN outbox_channels c ON c.channel = w.channel
GROUP BY w.channel, c.free_at
