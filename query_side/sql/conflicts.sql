-- Observations refused because their key was taken by other content, oldest first.
SELECT
    c.position, c.ticket_id, t.external_id, t.source, c.updated_at, c.revision, c.content,
    c.recorded_at, c.correlation_id
FROM conflicts c
LEFT JOIN tickets t USING (ticket_id)
WHERE c.position > %(after)s
  AND (%(external_id)s::text IS NULL OR c.ticket_id = ANY (ARRAY({named})))
ORDER BY c.position
LIMIT %(limit)s
