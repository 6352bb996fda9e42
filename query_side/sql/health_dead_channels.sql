-- Channels that have taken nothing for too long, and where that was said; kept in the database, as it
-- is known nowhere else: any worker may have found it out.
SELECT channel AS name, dead_since AS since, failing_reason AS reason, dead_told AS told
FROM outbox_channels
WHERE dead_since IS NOT NULL
ORDER BY dead_since, channel
