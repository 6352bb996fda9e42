-- Whether any of the clocks that are asked about, open or not, is or was so.
EXISTS (
    SELECT FROM ticket_clocks c
    WHERE c.ticket_id = t.ticket_id
      AND (%(clocks)s::text[] IS NULL OR lower(c.clock) = ANY (%(clocks)s))
      AND {condition}
)
