-- Which ticket is meant by an id: at most one by its own id, several by external id, also one that it
-- has had, as of an issue that was moved. Asked of the
-- log's own heads: a ticket is there as soon as its first event is. Streams of other things, such
-- as the configuration's, have no source.
SELECT ticket_id, source
FROM heads
WHERE (ticket_id = %(ticket_id)s OR external_id = ANY (ARRAY(
        SELECT external_id FROM ticket_names WHERE name = %(external_id)s) || %(external_id)s::text))
  -- A name that a ticket of another source has had is none of this one's.
  AND (ticket_id = %(ticket_id)s OR external_id = %(external_id)s OR EXISTS (
        SELECT FROM ticket_names n WHERE n.name = %(external_id)s
            AND (n.source, n.external_id) = (heads.source, heads.external_id)))
  -- Nor is one found by its name that has become another ticket.
  AND (ticket_id = %(ticket_id)s OR NOT EXISTS (
        SELECT FROM ticket_names n WHERE (n.source, n.name) = (heads.source, heads.external_id)))
  AND source <> ''
  AND (%(source)s::text IS NULL OR source = %(source)s)
ORDER BY ticket_id IS DISTINCT FROM %(ticket_id)s::uuid, source
LIMIT 20
