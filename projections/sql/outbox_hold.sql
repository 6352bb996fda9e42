-- After a restore to an earlier point. What was unsent then may have been sent in the time that is lost,
-- and so may what comes into the outbox from now on and tells of nothing later than that: all of it is
-- held until somebody has looked. What else comes goes on, also past what is held.
--
-- The functions and the trigger stay in the database, and no later release makes them anew: one that
-- takes a column away which they read has to.
UPDATE outbox SET state = 'held', lease_owner = NULL, lease_until = NULL,
    last_error = 'may have been sent in time that a restore has lost'
WHERE state IN ('pending', 'sending');

-- What led to the newest decision about a ticket by that position: whether any of it is later than the
-- lost time. Only what comes from outside counts, and time; the rest of the stream follows from it.
CREATE OR REPLACE FUNCTION is_led_to_by_what_is_new(ticket uuid, up_to bigint)
RETURNS boolean LANGUAGE sql STABLE AS $$
    WITH led AS (
        SELECT occurred_at, recorded_at FROM events
        WHERE originator_id = ticket AND notification_id <= up_to AND topic IN (
            'ticket.opened.v1', 'ticket.observed.v1', 'ticket.acknowledged.v1',
            'ticket.retargeted.v1', 'ticket.excused.v1', 'ticket.moved.v1'
        )
    )
    SELECT EXISTS (
        SELECT FROM led
        WHERE recorded_at = (SELECT max(recorded_at) FROM led)
            AND occurred_at > 'epoch'::timestamptz + {until} * interval '1 microsecond'
    )
$$;

-- Whether an alert that is told after all was certainly not told before: it was quiet from when it
-- happened until the lost time was over, by what had been said before that.
CREATE OR REPLACE FUNCTION was_quiet_all_the_time(ticket uuid, alert text, happened_at bigint)
RETURNS boolean LANGUAGE sql STABLE AS $$
    WITH lost AS (SELECT 'epoch'::timestamptz + {until} * interval '1 microsecond' AS until)
    SELECT EXISTS (
        SELECT FROM tickets, lost
        WHERE ticket_id = ticket AND snoozed_until > lost.until AND NOT EXISTS (
            SELECT FROM events
            WHERE originator_id = ticket AND topic = 'ticket.snoozed.v1'
                AND occurred_at > lost.until
        )
    ) OR EXISTS (
        SELECT FROM silence_mutes m JOIN silences s USING (silence_id)
        JOIN silence_windows w USING (silence_id), lost
        WHERE m.alert_id = alert AND s.created_at <= lost.until
            AND w.starts_at <= 'epoch'::timestamptz + happened_at * interval '1 microsecond'
            AND least(w.until, s.ended_at) > lost.until
    )
$$;

-- Only in a database that was restored. Instants are microseconds since 1970, as in the bodies; most
-- say when that was what they tell of. What is taken back, or runs again, says when that was found
-- out: found out again, it would be told again.
CREATE OR REPLACE FUNCTION hold_what_may_have_been_sent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM jsonb_array_elements(NEW.body->'alerts') AS told
        WHERE (told->>'occurred_at')::bigint > {until} AND NOT (
                told->>'type' = 'retracted'
                OR told->>'type' = 'transition' AND told->'occurred_at' = told->'raised_at'
            )
            -- It tells that something is still so.
            OR told->>'type' = 'reminder'
            OR told->>'muted' <> '' AND was_quiet_all_the_time(
                NEW.ticket_id, told->>'alert_id', (told->>'occurred_at')::bigint
            )
            -- It takes back an alert that came after the lost time, and was not held.
            OR told->>'type' = 'retracted' AND (told->>'raised_at')::bigint > {until}
                AND NOT EXISTS (
                    SELECT FROM outbox o
                    WHERE o.state = 'held' AND o.ticket_id = NEW.ticket_id
                        AND o.channel = NEW.channel AND o.body->'alerts' @> jsonb_build_array(
                            jsonb_build_object('alert_id', told->'alert_id')
                        )
                )
            OR told->>'type' IN ('retracted', 'transition')
                AND is_led_to_by_what_is_new(NEW.ticket_id, NEW.position)
    ) THEN
        NEW.state := 'held';
        NEW.last_error := 'may have been sent in time that a restore has lost';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER what_may_have_been_sent BEFORE INSERT ON outbox
    FOR EACH ROW EXECUTE FUNCTION hold_what_may_have_been_sent();

-- Messages that are kept up show what is lost: each is shown again as its ticket is known to be now.
UPDATE outbox_threads SET shown = '', position = 0, look_at = 'epoch' WHERE watched_until > now();

-- Who has been refused or held back since is not known any more, nor whether what failed has been well.
UPDATE outbox_channels SET free_at = 'epoch', flood_at = 'epoch', changes_from = NULL, changed_at = '{{}}';
UPDATE outbox_channels
SET failing_since = NULL, failed_at = NULL, failing_reason = NULL, failing_surely = false
WHERE dead_since IS NULL;
