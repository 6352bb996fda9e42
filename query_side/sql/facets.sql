-- How many tickets have which value. What tickets share is counted first, so that the filters of the
-- other kinds are looked at once for all that have the same values: a value counts the tickets that
-- fail no filter but that of its own kind.
WITH alike AS MATERIALIZED (
    SELECT t.priority, t.customer_tier, t.rule, t.team, t.type, t.status, t.phase, t.assigned_to,
        count(*) AS tickets
    FROM tickets t
    WHERE {filters}
      AND (%(sla_states)s::text[] IS NULL OR {sla_state} = ANY (%(sla_states)s))
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
), told AS (
    SELECT *,
        coalesce(lower(priority) <> ALL (%(own_priorities)s::text[]), false) AS not_priority,
        coalesce(lower(customer_tier) <> ALL (%(own_tiers)s::text[]), false) AS not_tier,
        coalesce(coalesce(lower(rule), '') <> ALL (%(own_rules)s::text[]), false) AS not_rule,
        coalesce(coalesce(lower(team), '') <> ALL (%(own_teams)s::text[]), false) AS not_team,
        coalesce(coalesce(lower(type), '') <> ALL (%(own_types)s::text[]), false) AS not_type,
        coalesce(translate(lower(status), ' -_', '') <> ALL (%(own_statuses)s::text[]), false)
            AS not_status,
        coalesce(phase <> ALL (%(own_phases)s::text[]), false) AS not_phase,
        NOT ((%(own_assignees)s::text[] IS NULL AND NOT %(own_unassigned)s)
            OR coalesce(lower(assigned_to) = ANY (%(own_assignees)s), false)
            OR (%(own_unassigned)s AND assigned_to IS NULL)) AS not_assignee
    FROM alike
), failing AS (
    SELECT *, not_priority::int + not_tier::int + not_rule::int + not_team::int + not_type::int
        + not_status::int + not_phase::int + not_assignee::int AS failed
    FROM told
), counted AS (
    SELECT kind, min(value) AS value, sum(tickets)::bigint AS tickets
    FROM failing
    CROSS JOIN LATERAL (VALUES
        ('priority', priority, lower(priority), not_priority),
        ('customer_tier', customer_tier, lower(customer_tier), not_tier),
        ('rule', rule, lower(rule), not_rule),
        ('team', team, lower(team), not_team),
        ('type', type, lower(type), not_type),
        ('status', status, translate(lower(status), ' -_', ''), not_status),
        ('phase', phase, phase, not_phase),
        ('assigned_to', assigned_to, lower(assigned_to), not_assignee)
    ) AS one (kind, value, name, fails)
    WHERE failed = fails::int AND (value IS NOT NULL OR kind = 'assigned_to')
    GROUP BY kind, name
)
SELECT kind, value, tickets
FROM (SELECT *, row_number() OVER (PARTITION BY kind ORDER BY tickets DESC, value) AS place
      FROM counted) placed
WHERE place <= %(most)s
ORDER BY kind, place
