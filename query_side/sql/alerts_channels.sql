-- The channels that an alert was for, or that took it.
SELECT jsonb_array_elements_text(a.channels) AS channel
UNION
SELECT d.channel FROM alert_deliveries d WHERE d.alert_id = a.alert_id AND d.type = a.type
