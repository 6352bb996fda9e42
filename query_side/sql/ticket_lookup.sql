-- Which ticket is meant by an id: at most one by its own id, several by external id. Asked of the
-- log's own heads: a ticket is there as soon as its first event is. Streams of other things, such
-- as the configuration's, have no source.
SELECT ticket_id, source
FROM heads
WHERE (ticket_id = %(ticket_id)s OR external_id = %(external_id)s) AND source <> ''
  AND (%(source)s::text IS NULL OR source = %(source)s)
ORDER BY ticket_id IS DISTINCT FROM %(ticket_id)s::uuid, source
LIMIT 20
