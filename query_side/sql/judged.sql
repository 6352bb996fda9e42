-- What each cycle of a relation comes to. It is breached once the instant has come at which it is
-- overdue, ended or not, and counts by its deadline; met if it ended in time, and cancelled if it
-- ended so, overdue or not: both count by their end; else open, and counts by its start. Each is
-- judged twice: with what is excused left out, and counted; `outcome` and `at` are as asked for.
-- `asked` is whether it counts in the period; `counted`, whether it does with all time counted.
SELECT
    c.*, v.cancelled, v.counted_missed, d.missed, d.outcome,
    coalesce(d.at >= %(since)s AND d.at < %(until)s, false) AS asked,
    coalesce(
        d.counted_at >= %(since)s AND d.counted_at < %(until)s AND (v.decided OR v.counted_missed),
        false
    ) AS counted,
    d.at, d.counted_at AS unexcused_at
FROM {cycles} c
CROSS JOIN LATERAL (
    SELECT
        c.state = 'cancelled',
        c.state = 'met' AND c.target_seconds IS NOT NULL,
        c.state IN ('running', 'paused'),
        c.state IN ('met', 'cancelled'),
        c.state <> 'cancelled' AND coalesce(c.overdue_from <= %(now)s, false),
        c.state <> 'cancelled'
            AND coalesce(coalesce(c.overdue_from_unexcused, c.overdue_from) <= %(now)s, false)
) AS v (cancelled, in_time, goes_on, decided, missed, counted_missed)
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN v.missed THEN c.breached_at
            WHEN v.cancelled OR v.in_time THEN c.stopped_at
            WHEN v.goes_on THEN c.started_at END,
        CASE WHEN v.counted_missed THEN coalesce(c.breached_at_unexcused, c.breached_at)
            WHEN v.cancelled OR v.in_time THEN c.stopped_at
            WHEN v.goes_on THEN c.started_at END
) AS j (at, counted_at)
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN %(counted)s THEN j.counted_at ELSE j.at END,
        j.counted_at,
        CASE WHEN %(counted)s THEN v.counted_missed ELSE v.missed END,
        CASE
            WHEN CASE WHEN %(counted)s THEN v.counted_missed ELSE v.missed END THEN 'breached'
            WHEN v.cancelled THEN 'cancelled'
            WHEN v.in_time THEN 'met'
            WHEN v.goes_on THEN 'open'
        END
) AS d (at, counted_at, missed, outcome)
WHERE {filters}
