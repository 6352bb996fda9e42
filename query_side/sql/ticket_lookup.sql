-- Which ticket is meant by an id: at most one by its own id, several by external id.
SELECT ticket_id, source
FROM tickets
WHERE (ticket_id = %(ticket_id)s OR external_id = %(external_id)s)
  AND (%(source)s::text IS NULL OR source = %(source)s)
ORDER BY ticket_id IS DISTINCT FROM %(ticket_id)s::uuid, source
LIMIT 20
