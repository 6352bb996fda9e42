    (%(priorities)s::text[] IS NULL OR lower(t.priority) = ANY (%(priorities)s))
  AND (%(tiers)s::text[] IS NULL OR lower(t.customer_tier) = ANY (%(tiers)s))
  AND (%(rules)s::text[] IS NULL OR lower(t.rule) = ANY (%(rules)s))
  AND (%(teams)s::text[] IS NULL OR lower(t.team) = ANY (%(teams)s))
  AND (%(types)s::text[] IS NULL OR lower(t.type) = ANY (%(types)s))
  AND (%(organizations)s::text[] IS NULL OR lower(t.organization) = ANY (%(organizations)s))
  AND (%(statuses)s::text[] IS NULL
       OR translate(lower(t.status), ' -_', '') = ANY (%(statuses)s))
  AND (%(phases)s::text[] IS NULL OR t.phase = ANY (%(phases)s))
  AND ((%(assignees)s::text[] IS NULL AND NOT %(unassigned)s)
       OR lower(t.assigned_to) = ANY (%(assignees)s)
       OR (%(unassigned)s AND t.assigned_to IS NULL))
  AND (%(due_until)s::timestamptz IS NULL OR t.ticket_id = ANY (ARRAY(
        SELECT c.ticket_id FROM ticket_clocks c
        WHERE {coming}
          AND c.overdue_from <= %(due_until)s
          AND (%(due_from)s::timestamptz IS NULL OR c.overdue_from >= %(due_from)s))))
  AND (%(pattern)s::text IS NULL OR t.search LIKE lower(%(pattern)s::text))
  AND (%(found)s::uuid[] IS NULL OR t.ticket_id = ANY (%(found)s))
  AND (%(clocked)s::uuid[] IS NULL OR t.ticket_id = ANY (%(clocked)s))
