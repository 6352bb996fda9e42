-- Notices given up and not dropped, those that nobody asked for, those held since a restore, and for how long the oldest due clock has
-- been waiting for an engine: since it was due, or since the newest of its ticket came, for what an import brings was due
-- years ago. Looks at a few of the oldest: where no engine runs, all of them wait.
SELECT
    (SELECT count(*) FROM outbox WHERE state = 'dead' AND dropped_at IS NULL) AS dead,
    (SELECT count(*) FROM outbox WHERE state = 'skipped') AS skipped,
    (SELECT count(*) FROM outbox WHERE state = 'held') AS held,
    (
        SELECT greatest(0, extract(epoch FROM %(now)s - min(greatest(due.next_due_at, e.recorded_at))))::float8
        FROM (
            SELECT ticket_id, version, next_due_at FROM heads
            WHERE next_due_at < %(now)s ORDER BY next_due_at LIMIT 100
        ) due
        LEFT JOIN events e ON e.originator_id = due.ticket_id AND e.originator_version = due.version
    ) AS waiting_seconds
