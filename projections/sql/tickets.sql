-- The board: one row a ticket, as decided by its newest facts. `state` holds at the facts' instant;
-- from warning_at, critical_at, breached_at on it is at least that bad. What seldom changes stands first
-- and last: of a row's next version in the same page the log has only what is between.
CREATE TABLE IF NOT EXISTS tickets (
    ticket_id uuid PRIMARY KEY,
    source text NOT NULL,
    external_id text NOT NULL,
    title text,
    description text,
    tags jsonb NOT NULL DEFAULT '[]',
    team text,
    type text,
    organization text,
    priority text NOT NULL,
    customer_tier text NOT NULL,
    created_at timestamptz NOT NULL,
    policy integer NOT NULL,
    rule text,
    on_purpose boolean NOT NULL DEFAULT false,
    search text NOT NULL GENERATED ALWAYS AS (
        lower(external_id || ' ' || coalesce(title, '') || ' ' || coalesce(assigned_to, '')
              || ' ' || source || coalesce(' ' || organization, ''))
    ) STORED,
    assigned_to text,
    updated_by text,
    status text NOT NULL,
    phase text NOT NULL,
    newest_at timestamptz NOT NULL,
    observations integer NOT NULL,
    late integer NOT NULL,
    state text NOT NULL,
    warning_at timestamptz,
    critical_at timestamptz,
    breached_at timestamptz,
    due_at timestamptz,
    resumes_at timestamptz,
    position bigint NOT NULL,
    level integer NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by text,
    acknowledged_until timestamptz,
    snoozed_until timestamptz
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
-- Room for a row's next version, and for the one after it, which takes the place of the first. With
-- less, versions wander to other pages, and the table ends up larger: 2.5 kB a ticket for 1.4.
ALTER TABLE tickets SET (fillfactor = 60);

-- Nearly every update of a row makes an entry in each of these, so they are few. This one lists by
-- deadline, and counts the tickets in motion: all of them have one. By what boards ask for most often
-- it does so without the rows. An entry takes at most 2,704 bytes, which the longest names of a team
-- as well would exceed.
CREATE INDEX IF NOT EXISTS tickets_by_deadline ON tickets (due_at, ticket_id)
    INCLUDE (state, warning_at, critical_at, breached_at, phase, priority, customer_tier, status,
             assigned_to);
-- For counting by state: most tickets are settled, and their index takes a few bytes each.
CREATE INDEX IF NOT EXISTS tickets_settled
    ON tickets (state, phase, priority, customer_tier, status, assigned_to)
    WHERE coalesce(warning_at, critical_at, breached_at) IS NULL;
