-- One row per observation, whether it names a status or not: any may say when the ticket was created.
-- Which of them are changes is the reader's question: a late one may turn up between two others.
CREATE TABLE IF NOT EXISTS ticket_status_history (
    ticket_id uuid NOT NULL,
    at timestamptz NOT NULL,
    revision integer NOT NULL,
    status text,
    phase text,
    by text,
    late boolean NOT NULL,
    created_at timestamptz NOT NULL, -- of the ticket, as it was known with this observation
    recorded_at timestamptz NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (ticket_id, at, revision)
);
