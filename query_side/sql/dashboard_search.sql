-- The tickets whose text matches, as one text for the next question: nobody here reads them one by one.
-- And how many they are, as far as it matters.
SELECT array_agg(ticket_id)::text, count(*)
FROM (SELECT ticket_id FROM tickets WHERE search LIKE %(pattern)s LIMIT %(limit)s) matching
