-- Whether any of its alerts stands: of the others the channel was told that each is withdrawn.
EXISTS (
    SELECT FROM jsonb_array_elements(o.body->'alerts') AS alert
    WHERE alert->>'type' NOT IN ('alert', 'escalation', 'reminder') OR NOT EXISTS (
        SELECT FROM outbox told
        WHERE told.ticket_id = o.ticket_id AND told.channel = o.channel
            AND told.position > o.position AND told.state = 'sent'
            AND told.body->'alerts' @> jsonb_build_array(
                jsonb_build_object('type', 'retracted', 'alert_id', alert->'alert_id')
            )
    )
)
