-- How many tickets have which value. What tickets share is counted first, so that the filters of the
-- other kinds are looked at once for all that have the same values.
WITH alike AS MATERIALIZED (
    SELECT t.priority, t.customer_tier, t.status, t.phase, t.assigned_to, count(*) AS tickets
    FROM tickets t
    WHERE {filters}
      AND (%(sla_states)s::text[] IS NULL OR {sla_state} = ANY (%(sla_states)s))
    GROUP BY 1, 2, 3, 4, 5
), told AS (
    SELECT *,
        %(own_priorities)s::text[] IS NULL OR lower(priority) = ANY (%(own_priorities)s)
            AS by_priority,
        %(own_tiers)s::text[] IS NULL OR lower(customer_tier) = ANY (%(own_tiers)s) AS by_tier,
        %(own_statuses)s::text[] IS NULL
            OR translate(lower(status), ' -_', '') = ANY (%(own_statuses)s) AS by_status,
        %(own_phases)s::text[] IS NULL OR phase = ANY (%(own_phases)s) AS by_phase,
        (%(own_assignees)s::text[] IS NULL AND NOT %(own_unassigned)s)
            OR coalesce(lower(assigned_to) = ANY (%(own_assignees)s), false)
            OR (%(own_unassigned)s AND assigned_to IS NULL) AS by_assignee
    FROM alike
), counted AS (
    SELECT 'priority' AS kind, min(priority) AS value, sum(tickets)::bigint AS tickets
    FROM told WHERE by_tier AND by_status AND by_phase AND by_assignee GROUP BY lower(priority)
    UNION ALL
    SELECT 'customer_tier', min(customer_tier), sum(tickets)::bigint
    FROM told WHERE by_priority AND by_status AND by_phase AND by_assignee
    GROUP BY lower(customer_tier)
    UNION ALL
    SELECT 'status', min(status), sum(tickets)::bigint
    FROM told WHERE by_priority AND by_tier AND by_phase AND by_assignee
    GROUP BY translate(lower(status), ' -_', '')
    UNION ALL
    SELECT 'phase', phase, sum(tickets)::bigint
    FROM told WHERE by_priority AND by_tier AND by_status AND by_assignee GROUP BY phase
    UNION ALL
    SELECT 'assigned_to', min(assigned_to), sum(tickets)::bigint
    FROM told WHERE by_priority AND by_tier AND by_status AND by_phase GROUP BY lower(assigned_to)
)
SELECT kind, value, tickets
FROM (SELECT *, row_number() OVER (PARTITION BY kind ORDER BY tickets DESC, value) AS place
      FROM counted) placed
WHERE place <= %(most)s
ORDER BY kind, place
