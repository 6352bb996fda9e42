-- The cycles of tickets that stand as they stood at the instant.
INSERT INTO replayed_cycles ({columns})
SELECT {shown} FROM ({cycles}) c WHERE c.ticket_id = ANY (%(settled)s::uuid[])
