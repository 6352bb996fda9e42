-- Windows in which alerts that match are recorded but not sent.
CREATE TABLE IF NOT EXISTS silences (
    silence_id text PRIMARY KEY,
    matchers jsonb NOT NULL,
    starts_at timestamptz NOT NULL,
    until timestamptz NOT NULL, -- of the last of its windows
    windows integer NOT NULL,
    rrule text,
    time_zone text,
    reason text,
    created_by text,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    position bigint NOT NULL
);

CREATE TABLE IF NOT EXISTS silence_windows (
    silence_id text NOT NULL,
    starts_at timestamptz NOT NULL,
    until timestamptz NOT NULL,
    PRIMARY KEY (silence_id, starts_at)
);

-- What each has kept quiet.
CREATE TABLE IF NOT EXISTS silence_mutes (
    silence_id text NOT NULL,
    alert_id text NOT NULL,
    position bigint NOT NULL,
    ticket_id uuid NOT NULL,
    external_id text NOT NULL,
    type text NOT NULL,
    clock text NOT NULL,
    severity text NOT NULL,
    escalation_level integer NOT NULL,
    raised_at timestamptz NOT NULL,
    PRIMARY KEY (silence_id, alert_id)
);
CREATE INDEX IF NOT EXISTS silence_mutes_newest ON silence_mutes (silence_id, position);

-- Of what was told before, the reminders that it has kept back.
CREATE TABLE IF NOT EXISTS silence_reminders (
    silence_id text NOT NULL,
    position bigint NOT NULL,
    alert_id text NOT NULL,
    route text NOT NULL,
    PRIMARY KEY (silence_id, position, alert_id, route)
);
