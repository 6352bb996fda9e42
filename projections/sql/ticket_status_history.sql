-- One row per observation that names a status. Which of them are changes is the reader's question:
-- a late one may turn up between two others.
CREATE TABLE IF NOT EXISTS ticket_status_history (
    ticket_id uuid NOT NULL,
    at timestamptz NOT NULL,
    revision integer NOT NULL,
    status text NOT NULL,
    phase text NOT NULL,
    by text,
    late boolean NOT NULL,
    created_at timestamptz NOT NULL, -- of the ticket, as it was known with this observation
    recorded_at timestamptz NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (ticket_id, at, revision)
);
