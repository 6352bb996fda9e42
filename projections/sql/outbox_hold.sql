-- After a restore to an earlier point. What was unsent then may have been sent in the time that is lost,
-- and so may what comes into the outbox from now on and tells of nothing later than that: all of it is
-- held until somebody has looked. What else comes goes on, also past what is held.
UPDATE outbox SET state = 'held', lease_owner = NULL, lease_until = NULL,
    last_error = 'may have been sent in time that a restore has lost'
WHERE state IN ('pending', 'sending');

-- Only in a database that was restored. Its argument is the instant until which messages may have
-- been sent, in microseconds since 1970, as in the bodies.
CREATE OR REPLACE FUNCTION hold_what_may_have_been_sent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM jsonb_array_elements(NEW.body->'alerts') AS told
        WHERE (told->>'occurred_at')::bigint > TG_ARGV[0]::bigint
    ) THEN
        NEW.state := 'held';
        NEW.last_error := 'may have been sent in time that a restore has lost';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER what_may_have_been_sent BEFORE INSERT ON outbox
    FOR EACH ROW EXECUTE FUNCTION hold_what_may_have_been_sent({until});

-- Messages that are kept up show what is lost: each is shown again as its ticket is known to be now.
UPDATE outbox_threads SET shown = '', position = 0, look_at = 'epoch' WHERE watched_until > now();

-- Who has been refused or held back since is not known any more.
UPDATE outbox_channels SET free_at = 'epoch', flood_at = 'epoch', changes_from = NULL, changed_at = '{{}}';
