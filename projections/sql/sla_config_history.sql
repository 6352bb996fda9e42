-- Every accepted version of the configuration.
CREATE TABLE IF NOT EXISTS sla_config_history (
    version integer PRIMARY KEY,
    content text NOT NULL,
    hash text NOT NULL,
    author text,
    accepted_at timestamptz NOT NULL,
    apply_to text NOT NULL,
    since timestamptz,
    reason text NOT NULL,
    position bigint NOT NULL
);
