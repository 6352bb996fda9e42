-- The tickets whose text matches, unless they are many.
SELECT ticket_id FROM tickets WHERE search LIKE %(pattern)s LIMIT %(limit)s
