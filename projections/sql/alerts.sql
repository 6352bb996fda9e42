-- What was raised, escalated, withdrawn and acknowledged, by position: the log behind the streams.
CREATE TABLE IF NOT EXISTS alerts (
    position bigint PRIMARY KEY,
    type text NOT NULL,
    alert_id text,
    ticket_id uuid NOT NULL,
    source text,
    external_id text NOT NULL,
    clock text,
    cycle integer,
    cycle_started_at timestamptz,
    severity text,
    milestone text,
    generation integer,
    ordinal integer,
    escalation_level integer NOT NULL,
    level_name text,
    due_at timestamptz,
    raised_at timestamptz NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    remaining_seconds double precision,
    priority text NOT NULL,
    customer_tier text NOT NULL,
    rule text,
    team text,
    organization text,
    status text,
    policy integer,
    title text,
    assigned_to text,
    acknowledged_by text,
    acknowledged_until timestamptz,
    note text,
    reason text,
    because text,
    suppressed text,
    channels jsonb NOT NULL DEFAULT '[]',
    sent_at timestamptz
) WITH (fillfactor = 90);

CREATE INDEX IF NOT EXISTS alerts_alert_id ON alerts (alert_id);
CREATE INDEX IF NOT EXISTS alerts_ticket ON alerts (ticket_id, position);
-- The streams look for what is new many times a second, past any number that nobody is told of.
CREATE INDEX IF NOT EXISTS alerts_told ON alerts (position) WHERE suppressed IS NULL;
-- For reports: alerts are written in the order in which they are raised, or nearly.
CREATE INDEX IF NOT EXISTS alerts_raised ON alerts USING brin (raised_at);

-- Which channels took an alert, its escalation or its withdrawal, and when the first message did.
CREATE TABLE IF NOT EXISTS alert_deliveries (
    alert_id text NOT NULL,
    type text NOT NULL,
    channel text NOT NULL,
    delivered_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (alert_id, type, channel)
);
