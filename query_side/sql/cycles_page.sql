-- The cycles that count in a period, in one of the orders of cycles.py.
SELECT
    c.ticket_id, c.external_id, c.source, c.title, c.clock, c.cycle, c.rule, c.team, c.type, c.tier,
    c.priority, c.organization, c.assigned_to, c.policy, c.state, c.outcome, c.at, c.started_at,
    c.stopped_at, c.due_at, CASE WHEN c.missed THEN c.at END AS breached_at, c.target_seconds,
    c.elapsed_seconds + CASE WHEN %(counted)s THEN c.uncounted_seconds ELSE 0 END
        AS elapsed_seconds,
    c.paused_seconds, c.excused_seconds, c.out_of_hours_seconds, c.counted_at, c.acknowledged_at
FROM ({judged}) c
WHERE c.asked AND (%(outcomes)s::text[] IS NULL OR c.outcome = ANY (%(outcomes)s))
ORDER BY {order}, c.ticket_id, c.clock, c.cycle
LIMIT %(limit)s OFFSET %(offset)s
