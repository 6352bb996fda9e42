-- The tickets of an id: by their own, by their external id, which may look like one of ours, or by a
-- name that they have had. The heads have an index of them; the board has none, as it is written with
-- nearly every event.
SELECT ticket_id FROM heads WHERE external_id = %(external_id)s AND source <> ''
UNION ALL
SELECT h.ticket_id
FROM ticket_names n JOIN heads h ON (h.source, h.external_id) = (n.source, n.external_id)
WHERE n.name = %(external_id)s
UNION ALL
SELECT %(ticket_id)s::uuid
