    (%(clocks)s::text[] IS NULL OR lower(a.clock) = ANY (%(clocks)s))
  AND (%(priorities)s::text[] IS NULL OR lower(a.priority) = ANY (%(priorities)s))
  AND (%(tiers)s::text[] IS NULL OR lower(a.customer_tier) = ANY (%(tiers)s))
  AND (%(rules)s::text[] IS NULL OR lower(a.rule) = ANY (%(rules)s))
  AND (%(teams)s::text[] IS NULL OR lower(a.team) = ANY (%(teams)s))
  AND (%(organizations)s::text[] IS NULL OR lower(a.organization) = ANY (%(organizations)s))
  AND (%(milestones)s::text[] IS NULL OR lower(a.milestone) = ANY (%(milestones)s))
  AND (%(channels)s::text[] IS NULL OR EXISTS (
        SELECT FROM jsonb_array_elements_text(a.channels) one WHERE lower(one) = ANY (%(channels)s)
        UNION ALL
        SELECT FROM alert_deliveries d
        WHERE d.alert_id = a.alert_id AND d.type = a.type AND lower(d.channel) = ANY (%(channels)s)))
  AND (a.rule IS NULL OR 'rule' <> ALL (%(absent)s::text[]))
  AND (a.team IS NULL OR 'team' <> ALL (%(absent)s::text[]))
  AND (a.organization IS NULL OR 'organization' <> ALL (%(absent)s::text[]))
  AND (a.channels = '[]' AND NOT EXISTS (
        SELECT FROM alert_deliveries d WHERE d.alert_id = a.alert_id AND d.type = a.type)
       OR 'channel' <> ALL (%(absent)s::text[]))
