-- What each cycle of a relation comes to. It is breached once the instant has come at which it is
-- overdue, ended or not, and counts by its deadline; met if it ended in time, and cancelled if it
-- ended so, overdue or not: both count by their end; else open, and counts by its start. Each is
-- judged twice: with what is excused left out, and counted; `outcome` and `at` are as asked for.
-- `asked` is whether it counts in the period; `counted`, whether it does with all time counted.
-- It counts between its start and its end: most rows are passed over by these alone. OFFSET 0 has
-- a step computed once a row; the planner would compute it again wherever it is named.
SELECT d.*
FROM (
    SELECT
        b.*,
        b.outcome = 'breached' AS missed,
        b.at >= %(since)s AND b.at < %(until)s AS asked,
        b.state = 'cancelled' AS cancelled,
        b.unexcused = 'breached' AS counted_missed,
        b.unexcused <> 'open' AND b.unexcused_at >= %(since)s AND b.unexcused_at < %(until)s AS counted
    FROM (
        SELECT
            a.*,
            CASE WHEN %(counted)s THEN a.unexcused ELSE a.excused END AS outcome,
            CASE CASE WHEN %(counted)s THEN a.unexcused ELSE a.excused END
                WHEN 'breached' THEN CASE
                    WHEN %(counted)s THEN coalesce(a.breached_at_unexcused, a.breached_at)
                    ELSE a.breached_at END
                WHEN 'open' THEN a.started_at
                ELSE a.stopped_at
            END AS at,
            CASE a.unexcused
                WHEN 'breached' THEN coalesce(a.breached_at_unexcused, a.breached_at)
                WHEN 'open' THEN a.started_at
                ELSE a.stopped_at
            END AS unexcused_at
        FROM (
            SELECT c.*, v.excused, CASE
                WHEN c.overdue_from_unexcused <= %(now)s AND c.state <> 'cancelled' THEN 'breached'
                ELSE v.excused END AS unexcused
            FROM {cycles} c
            CROSS JOIN LATERAL (
                SELECT CASE
                    WHEN c.stopped_at IS NOT NULL THEN c.state
                    WHEN c.overdue_from <= %(now)s THEN 'breached'
                    ELSE 'open'
                END
            ) AS v (excused)
            WHERE c.started_at < %(until)s
              AND (c.stopped_at IS NULL OR c.stopped_at >= %(since)s)
              AND (c.state <> 'met' OR c.target_seconds IS NOT NULL)
              AND {filters}
            OFFSET 0
        ) a
        OFFSET 0
    ) b
) d
WHERE (d.asked OR d.counted)
  AND (%(weekdays)s::integer[] IS NULL
       OR extract(isodow FROM coalesce(d.at, d.unexcused_at) AT TIME ZONE %(zone)s)
            = ANY (%(weekdays)s))
  AND (%(hours)s::integer[] IS NULL
       OR extract(hour FROM coalesce(d.at, d.unexcused_at) AT TIME ZONE %(zone)s) = ANY (%(hours)s))
