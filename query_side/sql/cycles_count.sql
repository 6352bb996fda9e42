-- How many cycles count in a period.
SELECT count(*)
FROM ({judged}) c
WHERE c.asked AND (%(outcomes)s::text[] IS NULL OR c.outcome = ANY (%(outcomes)s))
