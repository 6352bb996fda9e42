-- What is to be sent, once for every notice and channel. Written once and never rebuilt: the
-- courier (engine/notify) owns all columns from `state` on.
CREATE TABLE IF NOT EXISTS outbox (
    dedup_key text PRIMARY KEY,
    position bigint NOT NULL,
    ticket_id uuid NOT NULL,
    alert_id text NOT NULL, -- of its worst alert
    kind text NOT NULL, -- the type of its worst alert
    channel text NOT NULL,
    body jsonb NOT NULL,
    next_attempt_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'pending',
    attempts integer NOT NULL DEFAULT 0,
    lease_owner text,
    lease_until timestamptz,
    last_error text,
    sent_at timestamptz,
    recorded boolean NOT NULL DEFAULT false,
    waiting_since timestamptz NOT NULL DEFAULT now(), -- by the database's clock
    together text, -- the part of a refused message that it goes in; NULL: as they come
    gather text, -- what it is one message with, once the first of them is due; NULL: as they come
    dropped_at timestamptz -- dead, and seen by somebody
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
ALTER TABLE outbox ADD COLUMN IF NOT EXISTS waiting_since timestamptz NOT NULL DEFAULT now();
ALTER TABLE outbox ADD COLUMN IF NOT EXISTS together text;
ALTER TABLE outbox ADD COLUMN IF NOT EXISTS gather text;
ALTER TABLE outbox ADD COLUMN IF NOT EXISTS dropped_at timestamptz; -- dead, and seen by somebody
-- held: may have been sent in time that a restore has lost (outbox_hold.sql).
ALTER TABLE outbox
    DROP CONSTRAINT IF EXISTS outbox_state_check,
    ADD CONSTRAINT outbox_state_check
        CHECK (state IN ('pending', 'sending', 'sent', 'dead', 'skipped', 'held')) NOT VALID;

CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (channel, position)
    WHERE state IN ('pending', 'sending');
CREATE INDEX IF NOT EXISTS outbox_turn ON outbox (channel, next_attempt_at, position)
    WHERE state IN ('pending', 'sending');
CREATE INDEX IF NOT EXISTS outbox_of_ticket ON outbox (ticket_id, channel, position)
    WHERE state IN ('pending', 'sending');
CREATE INDEX IF NOT EXISTS outbox_gathered ON outbox (channel, next_attempt_at)
    WHERE state IN ('pending', 'sending') AND gather IS NOT NULL;
CREATE INDEX IF NOT EXISTS outbox_leased ON outbox (channel) WHERE state = 'sending';
CREATE INDEX IF NOT EXISTS outbox_unrecorded ON outbox (position)
    WHERE state = 'sent' AND NOT recorded;
CREATE INDEX IF NOT EXISTS outbox_given_up ON outbox (state, position)
    WHERE state IN ('dead', 'skipped');
-- For what is old: which rows may go, and what of their tickets still keeps them.
CREATE INDEX IF NOT EXISTS outbox_over ON outbox (sent_at) WHERE state = 'sent' AND recorded;
CREATE INDEX IF NOT EXISTS outbox_left_of ON outbox (ticket_id, channel)
    WHERE state IN ('dead', 'skipped', 'held');
CREATE INDEX IF NOT EXISTS outbox_held ON outbox (position) WHERE state = 'held';

-- The pace of each channel, kept by all couriers together: no message before free_at, no flood in
-- one message before flood_at.
CREATE TABLE IF NOT EXISTS outbox_channels (
    channel text PRIMARY KEY,
    free_at timestamptz NOT NULL DEFAULT 'epoch',
    flood_at timestamptz NOT NULL DEFAULT 'epoch'
) WITH (fillfactor = 50);
-- How it goes there (engine/notify/failing.py). Instants are the couriers' own.
ALTER TABLE outbox_channels
    ADD COLUMN IF NOT EXISTS failing_since timestamptz, -- NULL: the newest attempt was taken
    ADD COLUMN IF NOT EXISTS failed_at timestamptz, -- the newest attempt
    ADD COLUMN IF NOT EXISTS failing_reason text,
    -- Not only for what was said: nothing else would have been taken either.
    ADD COLUMN IF NOT EXISTS failing_surely boolean NOT NULL DEFAULT false,
    ADD COLUMN IF NOT EXISTS dead_since timestamptz, -- failing_since, once that is long ago
    ADD COLUMN IF NOT EXISTS dead_told text[]; -- which channels that was said on
-- How its first messages are kept up (engine/notify/freshening.py).
ALTER TABLE outbox_channels
    ADD COLUMN IF NOT EXISTS changes_from timestamptz, -- none of them is changed before
    ADD COLUMN IF NOT EXISTS changed_at timestamptz[] NOT NULL DEFAULT '{}'; -- within a minute

-- Which message a ticket's later ones belong to (engine/notify/threads.py), and what that one shows.
CREATE TABLE IF NOT EXISTS outbox_threads (
    channel text NOT NULL,
    ticket_id uuid NOT NULL,
    cycle integer NOT NULL, -- of its resolution clock
    place text NOT NULL, -- where it stands: a conversation
    message_id text NOT NULL, -- given by the other side; empty: it gives none
    dedup_key text NOT NULL, -- of the notice that it was made of
    said text NOT NULL, -- what the newest message says, in a few words
    told_at timestamptz NOT NULL, -- when that was taken
    shown text NOT NULL,
    position bigint NOT NULL, -- up to which event the first message shows its ticket
    look_at timestamptz NOT NULL, -- not to be changed before
    watched_until timestamptz NOT NULL, -- for as long as it may have to be changed
    PRIMARY KEY (channel, ticket_id, cycle)
) WITH (fillfactor = 70);
CREATE INDEX IF NOT EXISTS outbox_threads_watched ON outbox_threads (watched_until);
