-- Observations refused because their key was taken by other content, oldest first.
SELECT
    c.position, c.ticket_id, t.external_id, t.source, c.updated_at, c.revision, c.content,
    c.recorded_at, c.correlation_id
FROM conflicts c
LEFT JOIN tickets t USING (ticket_id)
WHERE c.position > %(after)s
  -- An external id may look like an id of ours. The heads have an index of them; the board has
  -- none, as it is written with nearly every event.
  AND (%(external_id)s::text IS NULL OR c.ticket_id = ANY (ARRAY(
        SELECT ticket_id FROM heads WHERE external_id = %(external_id)s AND source <> ''
        UNION ALL SELECT %(ticket_id)s::uuid)))
ORDER BY c.position
LIMIT %(limit)s
