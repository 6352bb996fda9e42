    (%(tickets)s::uuid[] IS NULL OR c.ticket_id = ANY (%(tickets)s))
  AND (%(clocks)s::text[] IS NULL OR lower(c.clock) = ANY (ARRAY(SELECT lower(unnest(%(clocks)s::text[])))))
  AND (%(priorities)s::text[] IS NULL
       OR lower(c.priority) = ANY (ARRAY(SELECT lower(unnest(%(priorities)s::text[])))))
  AND (%(tiers)s::text[] IS NULL OR lower(c.tier) = ANY (ARRAY(SELECT lower(unnest(%(tiers)s::text[])))))
  AND (%(rules)s::text[] IS NULL OR lower(c.rule) = ANY (ARRAY(SELECT lower(unnest(%(rules)s::text[])))))
  AND (%(teams)s::text[] IS NULL OR lower(c.team) = ANY (ARRAY(SELECT lower(unnest(%(teams)s::text[])))))
  AND (%(types)s::text[] IS NULL OR lower(c.type) = ANY (ARRAY(SELECT lower(unnest(%(types)s::text[])))))
  AND (%(organizations)s::text[] IS NULL
       OR lower(c.organization) = ANY (ARRAY(SELECT lower(unnest(%(organizations)s::text[])))))
  AND ((%(assignees)s::text[] IS NULL AND NOT %(unassigned)s)
       OR lower(c.assigned_to) = ANY (ARRAY(SELECT lower(unnest(%(assignees)s::text[]))))
       OR (%(unassigned)s AND c.assigned_to IS NULL))
  AND (c.rule IS NULL OR 'rule' <> ALL (%(absent)s::text[]))
  AND (c.team IS NULL OR 'team' <> ALL (%(absent)s::text[]))
  AND (c.type IS NULL OR 'type' <> ALL (%(absent)s::text[]))
  AND (c.organization IS NULL OR 'organization' <> ALL (%(absent)s::text[]))
  AND (c.assigned_to IS NULL OR 'assigned_to' <> ALL (%(absent)s::text[]))
  AND (%(policies)s::integer[] IS NULL OR c.policy = ANY (%(policies)s))
  AND (%(statuses)s::text[] IS NULL
       OR translate(lower(c.status), ' -_', '') = ANY (%(statuses)s))
  AND (%(phases)s::text[] IS NULL OR c.phase = ANY (%(phases)s))
  AND (%(pattern)s::text IS NULL OR c.search LIKE %(pattern)s)
  AND (%(weekdays)s::integer[] IS NULL
       OR extract(isodow FROM coalesce(d.at, d.counted_at) AT TIME ZONE %(zone)s) = ANY (%(weekdays)s))
  AND (%(hours)s::integer[] IS NULL
       OR extract(hour FROM coalesce(d.at, d.counted_at) AT TIME ZONE %(zone)s) = ANY (%(hours)s))
