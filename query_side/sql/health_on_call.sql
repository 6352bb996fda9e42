-- How the calendars of each rotation were read last; one that is being read for the first time is not stale.
SELECT rotation AS name, read_at, error,
    CASE WHEN read_at IS NULL THEN error IS NOT NULL ELSE read_at < %(now)s - interval '24 hours' END AS stale,
    jsonb_array_length(gaps) AS gaps,
    jsonb_array_length(strangers) AS unknown
FROM on_call_calendars
ORDER BY rotation
