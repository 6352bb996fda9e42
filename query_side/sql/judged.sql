-- What each cycle of a relation comes to. It is breached once the instant has come at which it is
-- overdue, ended or not, and counts by its deadline; met if it ended in time, and cancelled if it
-- ended so, overdue or not: both count by their end; else open, and counts by its start. Each is
-- judged twice: with what is excused left out, and counted; `outcome` and `at` are as asked for.
-- `asked` is whether it counts in the period; `counted`, whether it does with all time counted.
-- It counts between its start and its end: most rows are passed over by these alone. OFFSET 0 has
-- it computed once a row; the planner would compute it again wherever it is named. What most rows
-- need is asked first. That a row counts is asked by a CASE, of which the planner expects half: most do,
-- and of an OR of comparisons it would expect one in a hundred, and sort what is better hashed.
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
            c.*,
            CASE
                WHEN %(counted)s AND c.overdue_from_unexcused <= %(now)s AND c.state <> 'cancelled'
                    THEN 'breached'
                WHEN c.stopped_at IS NOT NULL THEN c.state
                WHEN c.overdue_from <= %(now)s THEN 'breached'
                ELSE 'open'
            END AS outcome,
            CASE
                WHEN c.overdue_from_unexcused <= %(now)s AND c.state <> 'cancelled' THEN 'breached'
                WHEN c.stopped_at IS NOT NULL THEN c.state
                WHEN c.overdue_from <= %(now)s THEN 'breached'
                ELSE 'open'
            END AS unexcused,
            CASE
                WHEN %(counted)s AND c.overdue_from_unexcused <= %(now)s AND c.state <> 'cancelled'
                    THEN coalesce(c.breached_at_unexcused, c.breached_at)
                WHEN CASE WHEN c.stopped_at IS NULL THEN c.overdue_from <= %(now)s ELSE c.state = 'breached' END
                    THEN CASE
                        WHEN %(counted)s THEN coalesce(c.breached_at_unexcused, c.breached_at)
                        ELSE c.breached_at END
                ELSE coalesce(c.stopped_at, c.started_at)
            END AS at,
            CASE
                WHEN c.overdue_from_unexcused <= %(now)s AND c.state <> 'cancelled'
                    THEN coalesce(c.breached_at_unexcused, c.breached_at)
                WHEN CASE WHEN c.stopped_at IS NULL THEN c.overdue_from <= %(now)s ELSE c.state = 'breached' END
                    THEN coalesce(c.breached_at_unexcused, c.breached_at)
                ELSE coalesce(c.stopped_at, c.started_at)
            END AS unexcused_at
        FROM {cycles} c
        WHERE c.started_at < %(until)s
          AND (c.stopped_at IS NULL OR c.stopped_at >= %(since)s)
          AND (c.state <> 'met' OR c.target_seconds IS NOT NULL)
          AND {filters}
        OFFSET 0
    ) b
) d
WHERE CASE WHEN d.asked THEN true ELSE d.counted END
  AND (%(weekdays)s::integer[] IS NULL
       OR extract(isodow FROM coalesce(d.at, d.unexcused_at) AT TIME ZONE %(zone)s)
            = ANY (%(weekdays)s))
  AND (%(hours)s::integer[] IS NULL
       OR extract(hour FROM coalesce(d.at, d.unexcused_at) AT TIME ZONE %(zone)s) = ANY (%(hours)s))
