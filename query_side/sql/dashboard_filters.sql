    (%(priorities)s::text[] IS NULL OR lower(t.priority) = ANY (%(priorities)s))
  AND (%(tiers)s::text[] IS NULL OR lower(t.customer_tier) = ANY (%(tiers)s))
  AND (%(statuses)s::text[] IS NULL
       OR translate(lower(t.status), ' -_', '') = ANY (%(statuses)s))
  AND (%(phases)s::text[] IS NULL OR t.phase = ANY (%(phases)s))
  AND (%(assignees)s::text[] IS NULL OR lower(t.assigned_to) = ANY (%(assignees)s))
  AND (%(pattern)s::text IS NULL OR t.search LIKE %(pattern)s)
  AND (%(found)s::uuid[] IS NULL OR t.ticket_id = ANY (%(found)s))
