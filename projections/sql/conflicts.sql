-- Observations refused because their key was taken by other content: kept to be read.
CREATE TABLE IF NOT EXISTS conflicts (
    position bigint PRIMARY KEY,
    ticket_id uuid NOT NULL,
    updated_at timestamptz NOT NULL,
    revision integer NOT NULL,
    content jsonb NOT NULL,
    recorded_at timestamptz NOT NULL,
    correlation_id text
);

CREATE INDEX IF NOT EXISTS conflicts_ticket ON conflicts (ticket_id, position);
