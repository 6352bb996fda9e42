-- Windows in which alerts that match are recorded but not sent.
CREATE TABLE IF NOT EXISTS silences (
    silence_id text PRIMARY KEY,
    matchers jsonb NOT NULL,
    until timestamptz NOT NULL,
    reason text,
    created_by text,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    position bigint NOT NULL
);
