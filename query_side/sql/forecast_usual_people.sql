-- What a cycle may leave to its ticket: the type and the assignee.
    (%(types)s::text[] IS NULL
     OR lower(CASE WHEN c.stood_at IS NULL THEN t.type ELSE c.type END) = ANY (%(types)s))
  AND ((%(assignees)s::text[] IS NULL AND NOT %(unassigned)s)
       OR lower(CASE WHEN c.stood_at IS NULL THEN t.assigned_to ELSE c.assigned_to END) = ANY (%(assignees)s)
       OR (%(unassigned)s AND CASE WHEN c.stood_at IS NULL THEN t.assigned_to ELSE c.assigned_to END IS NULL))
