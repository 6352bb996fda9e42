"""What of the outbox nothing needs any more: it was sent long ago, and the log knows."""

from datetime import datetime
from typing import LiteralString

from command_side.retaining import Outgrown

# What is not sent stays, whatever became of it, and so does what was sent of the same ticket on the
# same channel: whether a dead letter, or one that is held, is still to be sent rests on it. A first
# message is shown from its row for as long as its thread goes on, and that a channel is dead was
# told once for as long as it is.
WHICH: LiteralString = """
FROM outbox o
WHERE o.state = 'sent' AND o.recorded AND o.sent_at < %(before)s
    AND NOT EXISTS (
        SELECT FROM outbox other
        WHERE other.ticket_id = o.ticket_id AND other.channel = o.channel
            AND other.state IN ('pending', 'sending')
    )
    AND NOT EXISTS (
        SELECT FROM outbox other
        WHERE other.ticket_id = o.ticket_id AND other.channel = o.channel
            AND other.state IN ('dead', 'skipped', 'held')
    )
    AND NOT EXISTS (
        SELECT FROM outbox_threads t
        WHERE t.channel = o.channel AND t.ticket_id = o.ticket_id AND t.dedup_key = o.dedup_key
    )
    AND NOT EXISTS (
        SELECT FROM outbox_channels c
        WHERE o.kind = 'channel_dead' AND c.channel = o.body->>'external_id'
            AND c.dead_since IS NOT NULL
    )
"""
DROP: LiteralString = (
    """
WITH old AS (
    SELECT o.dedup_key
    """
    + WHICH
    + """
    AND o.sent_at >= coalesce(%(after)s, '-infinity'::timestamptz)
    ORDER BY o.sent_at LIMIT %(most)s
    FOR UPDATE OF o SKIP LOCKED
), gone AS (
    DELETE FROM outbox o USING old WHERE o.dedup_key = old.dedup_key RETURNING o.sent_at
)
SELECT count(*), min(sent_at), max(sent_at) FROM gone
"""
)
WOULD: LiteralString = "SELECT count(*), min(o.sent_at), max(o.sent_at)" + WHICH


def outgrown(before: datetime) -> Outgrown:
    """Of the outbox."""
    return Outgrown("outbox", before, DROP, WOULD)
