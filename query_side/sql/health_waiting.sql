-- Notices given up, those that nobody asked for, and for how long the oldest due clock has been waiting for an engine.
SELECT
    (SELECT count(*) FROM outbox WHERE state = 'dead') AS dead,
    (SELECT count(*) FROM outbox WHERE state = 'skipped') AS skipped,
    coalesce((SELECT extract(epoch FROM %(now)s - next_due_at)::float8 FROM heads
              WHERE next_due_at < %(now)s ORDER BY next_due_at LIMIT 1), 0) AS waiting_seconds
