-- The tickets of these, one perhaps more than once, and how many these are, as far as it matters.
SELECT array_agg(ticket_id)::text, count(*) FROM (SELECT ticket_id {those} LIMIT %(limit)s) few
