-- Time that is agreed not to count, with the number of the change that made it what it is.
CREATE TABLE IF NOT EXISTS excuses (
    excuse_id text PRIMARY KEY,
    number bigint NOT NULL,
    starts_at timestamptz,
    until timestamptz,
    windows integer NOT NULL,
    match jsonb NOT NULL,
    unless jsonb NOT NULL,
    clocks jsonb,
    reason text NOT NULL,
    rrule text,
    time_zone text,
    granted_at timestamptz NOT NULL,
    granted_by text,
    ended_at timestamptz,
    ended_by text,
    withdrawn_at timestamptz,
    withdrawn_by text,
    withdrawn_reason text,
    position bigint NOT NULL
);

-- A ticket that came under a change, from an earlier one.
CREATE TABLE IF NOT EXISTS excuse_moves (
    number bigint NOT NULL,
    ticket_id uuid NOT NULL,
    previous bigint NOT NULL,
    PRIMARY KEY (number, ticket_id)
);

-- A change under which every ticket stands that it concerns.
CREATE TABLE IF NOT EXISTS excuse_passes (
    number bigint PRIMARY KEY,
    moved bigint NOT NULL
);
