-- What is not sent and of whose alerts none stands: the channel was told of each that it is withdrawn.
-- No index leads to what a ticket's channel was told, for there would be an entry of each notice that was
-- ever sent: what was sent is gone through once, not once for each alert that is asked about.
taken_back AS MATERIALIZED (
    SELECT told.ticket_id, told.channel, back->>'alert_id' AS alert_id, max(told.position) AS position
    FROM outbox told
    CROSS JOIN LATERAL jsonb_array_elements(told.body->'alerts') AS back
    WHERE told.state = 'sent' AND back->>'type' = 'retracted'
        AND (told.ticket_id, told.channel) IN (
            SELECT ticket_id, channel FROM outbox WHERE state IN ('dead', 'skipped', 'held')
        )
    GROUP BY 1, 2, 3
), withdrawn AS MATERIALIZED (
    SELECT o.dedup_key
    FROM outbox o
    CROSS JOIN LATERAL jsonb_array_elements(o.body->'alerts') AS alert
    LEFT JOIN taken_back b ON b.ticket_id = o.ticket_id AND b.channel = o.channel
        AND b.alert_id = alert->>'alert_id' AND b.position > o.position
        AND alert->>'type' IN ('alert', 'escalation', 'reminder')
    WHERE o.state IN ('dead', 'skipped', 'held')
        AND (o.ticket_id, o.channel) IN (SELECT ticket_id, channel FROM taken_back)
    GROUP BY o.dedup_key
    HAVING bool_and(b.alert_id IS NOT NULL)
)
