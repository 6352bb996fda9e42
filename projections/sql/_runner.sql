-- The runner's own tables. A projection's row is its position and its lease in one.
CREATE TABLE IF NOT EXISTS projections (
    name text PRIMARY KEY,
    version integer NOT NULL,
    position bigint NOT NULL DEFAULT 0,
    ddl_hash text NOT NULL,
    lease_owner text,
    lease_until timestamptz
) WITH (fillfactor = 50);

CREATE TABLE IF NOT EXISTS parked_events (
    projection text NOT NULL,
    position bigint NOT NULL,
    stream_id uuid NOT NULL,
    topic text NOT NULL,
    error text NOT NULL,
    attempts integer NOT NULL,
    parked_at timestamptz NOT NULL,
    PRIMARY KEY (projection, position)
);
