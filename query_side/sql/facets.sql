-- How many tickets have which value: a value counts the tickets that fail no filter but that of its
-- own kind. What fails none is counted by what it shares with others first, and of that each kind;
-- what fails one, by that alone: most tickets that the board does not show are closed, and count for
-- their phase only. Of a filter that is not given the planner sees that nobody fails it.
WITH told AS NOT MATERIALIZED (
    SELECT t.priority, t.customer_tier, t.rule, t.team, t.type, t.status, t.phase, t.assigned_to,
        %(own_priorities)s::text[] IS NOT NULL
            AND coalesce(lower(t.priority) <> ALL (%(own_priorities)s), false) AS not_priority,
        %(own_tiers)s::text[] IS NOT NULL
            AND coalesce(lower(t.customer_tier) <> ALL (%(own_tiers)s), false) AS not_tier,
        %(own_rules)s::text[] IS NOT NULL
            AND coalesce(coalesce(lower(t.rule), '') <> ALL (%(own_rules)s), false) AS not_rule,
        %(own_teams)s::text[] IS NOT NULL
            AND coalesce(coalesce(lower(t.team), '') <> ALL (%(own_teams)s), false) AS not_team,
        %(own_types)s::text[] IS NOT NULL
            AND coalesce(coalesce(lower(t.type), '') <> ALL (%(own_types)s), false) AS not_type,
        %(own_statuses)s::text[] IS NOT NULL
            AND coalesce(translate(lower(t.status), ' -_', '') <> ALL (%(own_statuses)s), false)
            AS not_status,
        %(own_phases)s::text[] IS NOT NULL
            AND coalesce(t.phase <> ALL (%(own_phases)s), false) AS not_phase,
        NOT ((%(own_assignees)s::text[] IS NULL AND NOT %(own_unassigned)s)
            OR coalesce(lower(t.assigned_to) = ANY (%(own_assignees)s), false)
            OR (%(own_unassigned)s AND t.assigned_to IS NULL)) AS not_assignee
    FROM tickets t
    WHERE {filters}
      AND (%(sla_states)s::text[] IS NULL OR {sla_state} = ANY (%(sla_states)s))
), failing AS NOT MATERIALIZED (
    SELECT *,
        not_priority OR not_tier OR not_rule OR not_team OR not_type OR not_status OR not_phase
            OR not_assignee AS fails,
        not_priority::int + not_tier::int + not_rule::int + not_team::int + not_type::int
            + not_status::int + not_phase::int + not_assignee::int AS failed
    FROM told
), alike AS MATERIALIZED (
    SELECT priority, customer_tier, rule, team, type, status, phase, assigned_to, count(*) AS tickets
    FROM failing
    WHERE NOT fails
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
), spelt AS (
    SELECT
        CASE 0
            WHEN grouping(priority) THEN 'priority'
            WHEN grouping(customer_tier) THEN 'customer_tier'
            WHEN grouping(rule) THEN 'rule'
            WHEN grouping(team) THEN 'team'
            WHEN grouping(type) THEN 'type'
            WHEN grouping(status) THEN 'status'
            WHEN grouping(phase) THEN 'phase'
            ELSE 'assigned_to'
        END AS kind,
        coalesce(priority, customer_tier, rule, team, type, status, phase, assigned_to) AS value,
        sum(tickets) AS tickets
    FROM alike
    GROUP BY GROUPING SETS (
        (priority), (customer_tier), (rule), (team), (type), (status), (phase), (assigned_to))
    UNION ALL
    SELECT kind, value, count(*)
    FROM (
        SELECT
            CASE
                WHEN not_priority THEN 'priority'
                WHEN not_tier THEN 'customer_tier'
                WHEN not_rule THEN 'rule'
                WHEN not_team THEN 'team'
                WHEN not_type THEN 'type'
                WHEN not_status THEN 'status'
                WHEN not_phase THEN 'phase'
                ELSE 'assigned_to'
            END AS kind,
            CASE
                WHEN not_priority THEN priority
                WHEN not_tier THEN customer_tier
                WHEN not_rule THEN rule
                WHEN not_team THEN team
                WHEN not_type THEN type
                WHEN not_status THEN status
                WHEN not_phase THEN phase
                ELSE assigned_to
            END AS value
        FROM failing
        WHERE fails AND failed < 2
    ) AS apart
    GROUP BY 1, 2
), counted AS (
    SELECT kind, min(value) AS value, sum(tickets)::bigint AS tickets
    FROM spelt
    WHERE value IS NOT NULL OR kind = 'assigned_to'
    GROUP BY kind, CASE kind
        WHEN 'status' THEN translate(lower(value), ' -_', '')
        WHEN 'phase' THEN value
        ELSE lower(value)
    END
)
SELECT kind, value, tickets
FROM (SELECT *, row_number() OVER (PARTITION BY kind ORDER BY tickets DESC, value) AS place
      FROM counted) placed
WHERE place <= %(most)s
ORDER BY kind, place
